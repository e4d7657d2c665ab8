// What REST answers: client, pages, reconciliation, bars, contracts. Input: `2` or `3` for the dialect, then lines: an
// HTTP status, a space and a body; or `-` for an answer that never comes whole. Each request gets the next line; when
// they are used up, none.
#include <charconv>

#include "fuzz.hpp"
#include "payload_rules.hpp"
#include "rest_world.hpp"

namespace trapline::fuzz {

using namespace trapline::mm_ws;

void mm_ws_rest(std::string_view input) {
  test::world w;
  test::be_friendly(w);
  auto o = test::rest_options(take_char(input) == '3' ? "v3" : "v2");
  o.channels = {"candle1m"};
  o.backfill = 10;
  std::size_t asked = 0;
  w.rest = [&](const test::world::asked& a) -> std::optional<net::http_answer> {
    require(++asked < 1000, "a venue is not asked without end");
    require(a.request.target.find_first_of(" \r\n") == std::string::npos, "a target is one word");
    if (input.empty()) return std::nullopt;
    auto line = take_line(input);
    if (line == "-") return test::broken_answer();
    net::http_answer r;
    r.sent = true;
    r.status = 200;
    const auto space = std::min(line.find(' '), line.size());
    std::from_chars(line.data(), line.data() + space, r.status);
    r.body = line.substr(std::min(space + 1, line.size()));
    return r;
  };
  feed f(o, "feed", w, 1);
  f.start();
  w.run(f, 20 * test::second);
  w.run(f, 60 * test::second);
  std::set<std::string> fills;
  for (const auto& e : w.events) {
    const auto size = e.head.size - static_cast<std::uint32_t>(sizeof(trapline_event));
    require(testkit::payload_fault(e.head, e.bytes.data(), size).empty(), "payloads have their shape");
    if (e.head.type == TRAPLINE_EVENT_FILL)
      require(fills.insert(std::string(e.as<trapline_fill>().order_id) + "/" + e.as<trapline_fill>().trade_id).second,
              "a fill is published once");
  }
}

}  // namespace trapline::fuzz
