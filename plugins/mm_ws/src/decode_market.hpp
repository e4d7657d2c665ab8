// From the `data` of public channels to numbers. No allocation once the buffers have grown.
#pragma once

#include <cstdint>
#include <string_view>

#include "dialect.hpp"
#include "json_scalar.hpp"
#include "trapline/abi/market.h"
#include "venue_book.hpp"

namespace trapline::mm_ws {

struct trade_row {
  std::int64_t ts = 0;  // ns
  sdk::decimal price, size;
  std::uint8_t side = 0;  // TRAPLINE_SIDE_*
  std::string_view id;    // into the frame; empty if the venue gives none
};

struct candle_row {
  std::int64_t start = 0;  // ns
  sdk::decimal open, high, low, close, volume;
};

struct ticker_row {
  std::int64_t ts = 0;  // ns, 0 = not said in the row
  trapline_ticker payload{};
};

// Of REST. Tick and lot are positive.
struct contract_row {
  std::string_view symbol;  // into the answer
  sdk::decimal tick, lot;
};

// All answer whether the data was well formed; outputs are meaningful only then.

// Appends rows in the order of the frame.
bool decode_trades(const dialect& d, ondemand::value data, std::vector<trade_row>& out);
bool decode_book(const dialect& d, ondemand::value data, book_message& out);
// Rows are arrays, or objects where the dialect names their members.
bool decode_candles(const dialect& d, ondemand::value data, std::vector<candle_row>& out);
// The last row counts. Exponents of the payload are those of the row, joined with `s`, which may become finer.
bool decode_ticker(const dialect& d, ondemand::value data, scale& s, ticker_row& out);
// Appends. Contracts that do not say their steps are left out.
bool decode_contracts(const dialect& d, ondemand::value data, std::vector<contract_row>& out);

}  // namespace trapline::mm_ws
