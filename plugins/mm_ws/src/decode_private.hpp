// From the `data` of private channels to payloads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dialect.hpp"
#include "json_scalar.hpp"
#include "trapline/abi/account.h"

namespace trapline::mm_ws {

template <class Payload>
struct private_row {
  std::string_view symbol;      // into the frame; empty for accounts
  std::int64_t updated_ts = 0;  // ns, 0 = not said
  bool inexact = false;         // decimals beyond what fits were cut off
  Payload payload{};
};
using position_row = private_row<trapline_position>;
using order_row = private_row<trapline_order>;
using account_row = private_row<trapline_account>;

// All answer whether the data was well formed. A row that lacks what makes it usable (symbol, side, size of a
// position, and the entry price unless that size is 0; id, symbol of an order; coin of an account) is malformed, and
// with it the list. `null` is an empty list of orders or accounts. It is none of positions: only `[]` says flat.
bool decode_positions(const dialect& d, ondemand::value data, std::vector<position_row>& out);
bool decode_orders(const dialect& d, ondemand::value data, std::vector<order_row>& out);
bool decode_accounts(const dialect& d, ondemand::value data, std::vector<account_row>& out);

// Direction of the change in position. In hedge mode the venue's own `side` is the side of the position, not of the
// trade, so it is taken from posSide and tradeSide: (long, open) and (short, close) buy, the others sell. tradeSide may
// carry prefixes (`burst_close_long`, `dte_sys_adl_close_short`). UNKNOWN rather than a guess.
std::uint8_t order_direction(std::string_view side, std::string_view position_side, std::string_view trade_side,
                             bool hedge);

}  // namespace trapline::mm_ws
