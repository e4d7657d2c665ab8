// Normalised events as JSON lines: the parser. One object a line, prices and sizes as decimal strings, times as integer
// nanoseconds UTC. Nothing passes through binary floating point.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "trapline/abi/event.h"
#include "trapline/abi/market.h"
#include "trapline/abi/system.h"

namespace trapline::offline {

enum class line_type : std::uint8_t { instrument, trade, book, quote, ticker, candle, liquidation, gap };

// What a line says. Which payload counts follows from `type`; a quote is a ticker with best bid and ask, and a
// liquidation is checked, but the plugin ABI has no event for it yet.
struct line_event {
  line_type type = line_type::trade;
  std::int64_t ts = 0;      // 0 only for an instrument without `ts`
  std::string_view symbol;  // valid until the next parse()
  std::string_view venue;   // of an instrument
  bool snapshot = false;    // of a book
  trapline_instrument instrument{};
  trapline_trade trade{};
  trapline_book book{};
  std::vector<trapline_level> levels;  // bids, then asks
  trapline_ticker ticker{};
  trapline_candle candle{};
  trapline_gap gap{};
};

class event_parser {
 public:
  event_parser();
  ~event_parser();
  event_parser(const event_parser&) = delete;
  event_parser& operator=(const event_parser&) = delete;

  // `padding` bytes after the text must be readable; their content does not matter.
  static std::size_t padding() noexcept;
  // Empty: `out` holds the event. Otherwise what is wrong, for people. Unknown keys are ignored.
  const std::string& parse(std::string_view line, line_event& out);

 private:
  struct state;
  std::unique_ptr<state> state_;
  std::string error_;
};

}  // namespace trapline::offline
