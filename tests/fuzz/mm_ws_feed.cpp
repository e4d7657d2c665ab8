// The whole feed before a venue that says anything: what it publishes must hold whatever came. Input: a character `2`
// or `3` for the dialect, then lines: `0` or `1` for the public or private connection and a frame, or `+` for a second
// that passes, or `!` for a connection that breaks.
#include "world.hpp"

#include "fuzz.hpp"
#include "payload_rules.hpp"

namespace trapline::fuzz {

using namespace trapline::mm_ws;

void mm_ws_feed(std::string_view input) {
  test::world w;
  test::be_friendly(w);
  auto o = test::default_options();
  o.api = take_char(input) == '3' ? "v3" : "v2";
  o.channels = {"trade", "books", "ticker", "candle1m"};
  o.private_channels = {"positions", "orders", "fills", "plan_orders", "account"};
  if (o.api == "v3") {
    o.endpoint_public = "wss://localhost:1/v3/ws/public";
    o.endpoint_private = "wss://localhost:1/v3/ws/private";
  }
  feed f(o, "feed", w, 1);
  f.start();
  w.run(f, test::second);
  while (!input.empty()) {
    auto line = take_line(input);
    const char to = take_char(line);
    if (to == '+') {
      w.run(f, test::second);
      continue;
    }
    const std::size_t which = to == '1' ? 1 : 0;
    std::size_t latest = SIZE_MAX;  // the newest connection of that kind
    for (std::size_t c = 0; c < w.connections.size(); ++c)
      if (w.connections[c] && (w.connections[c]->options.url == o.endpoint_private) == (which == 1)) latest = c;
    if (latest == SIZE_MAX) continue;
    if (to == '!') w.drop({net::close_info::cause::lost, 0, "the connection broke"}, latest);
    else w.push(std::string(line), latest);
    w.run(f, test::ms);
  }
  w.run(f, 3 * test::second);

  sdk::book book;
  std::set<std::string> trades, fills;
  for (const auto& e : w.events) {
    const auto size = e.head.size - static_cast<std::uint32_t>(sizeof(trapline_event));
    require(testkit::payload_fault(e.head, e.bytes.data(), size).empty(), "payloads have their shape");
    require(e.head.topic != 0 && e.head.ts_event >= 0, "events have a topic and a time");
    switch (e.head.type) {
      case TRAPLINE_EVENT_BOOK_SNAPSHOT:
        require(book.apply_snapshot(e.as<trapline_book>(), e.levels()), "a snapshot makes a book");
        break;
      case TRAPLINE_EVENT_BOOK_DELTA:
        require(book.apply_delta(e.as<trapline_book>(), e.levels()), "a delta fits the book that was published");
        break;
      case TRAPLINE_EVENT_GAP:
        if (e.as<trapline_gap>().channel == TRAPLINE_GAP_BOOK) book.invalidate();
        break;
      case TRAPLINE_EVENT_TRADE: {
        const auto& t = e.as<trapline_trade>();
        require(t.price > 0 && t.size > 0, "a trade has price and size");
        require(t.trade_id[0] == 0 || trades.insert(t.trade_id).second, "a trade is published once");
        break;
      }
      case TRAPLINE_EVENT_FILL:
        require(fills.insert(std::string(e.as<trapline_fill>().order_id) + "/" + e.as<trapline_fill>().trade_id).second,
                "a fill is published once");
        break;
      default:
        break;
    }
  }
}

}  // namespace trapline::fuzz
