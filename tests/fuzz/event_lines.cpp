// Recorded events, as `trapline detect` reads them. Input: lines.
#include "offline/event_lines.hpp"

#include "fuzz.hpp"

namespace trapline::fuzz {

using namespace trapline::offline;

void event_lines(std::string_view input) {
  event_parser parser;
  line_event e;
  while (!input.empty()) {
    const padded_copy line(take_line(input), event_parser::padding());
    if (!parser.parse(line.text(), e).empty()) continue;
    require(e.ts > 0 || e.type == line_type::instrument, "an event has a time");
    switch (e.type) {
      case line_type::trade:
        require(e.trade.price > 0 && e.trade.size > 0, "a trade has price and size");
        require(std::memchr(e.trade.trade_id, 0, sizeof e.trade.trade_id) != nullptr, "an id ends");
        break;
      case line_type::book:
        require(e.levels.size() == std::size_t{e.book.bid_count} + e.book.ask_count, "a book's levels are counted");
        for (const auto& l : e.levels) require(l.price > 0 && l.size >= 0, "a level has price and size");
        break;
      case line_type::quote:
        require(e.ticker.bid > 0 && e.ticker.ask > 0, "a quote has prices");
        break;
      case line_type::candle:
        require(e.candle.low > 0 && e.candle.low <= e.candle.high && e.candle.interval_ns > 0, "a bar is one");
        break;
      default:
        break;
    }
  }
}

}  // namespace trapline::fuzz
