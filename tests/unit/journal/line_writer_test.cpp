// Events as JSON lines and back: what the parser made of a line becomes the same line.
#include "offline/event_line_writer.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "offline/event_lines.hpp"
#include "trapline/sdk/event.hpp"

namespace {

using namespace trapline;

std::string again(std::string line) {
  const std::size_t size = line.size();
  line.append(offline::event_parser::padding(), ' ');
  offline::event_parser parser;
  offline::line_event l;
  EXPECT_EQ(parser.parse({line.data(), size}, l), "");
  std::vector<std::byte> bytes(65'536);
  auto& e = *reinterpret_cast<trapline_event*>(bytes.data());
  const auto fill = [&](std::uint16_t type, const auto& head, std::size_t more = 0) {
    e.type = type;
    e.size = static_cast<std::uint32_t>(sizeof e + sizeof head + more);
    std::memcpy(&e + 1, &head, sizeof head);
  };
  e.ts_event = l.ts;
  switch (l.type) {
    case offline::line_type::instrument:
      fill(TRAPLINE_EVENT_INSTRUMENT, l.instrument);
      break;
    case offline::line_type::trade:
      fill(TRAPLINE_EVENT_TRADE, l.trade);
      break;
    case offline::line_type::book:
      fill(l.snapshot ? TRAPLINE_EVENT_BOOK_SNAPSHOT : TRAPLINE_EVENT_BOOK_DELTA, l.book,
           l.levels.size() * sizeof(trapline_level));
      std::memcpy(reinterpret_cast<std::byte*>(&e + 1) + sizeof l.book, l.levels.data(),
                  l.levels.size() * sizeof(trapline_level));
      break;
    case offline::line_type::quote:
    case offline::line_type::ticker:
      fill(TRAPLINE_EVENT_TICKER, l.ticker);
      break;
    case offline::line_type::candle:
      fill(TRAPLINE_EVENT_CANDLE, l.candle);
      break;
    default:
      fill(TRAPLINE_EVENT_GAP, l.gap);
  }
  std::string out;
  EXPECT_TRUE(offline::append_event(out, e, l.venue, l.symbol));
  return out;
}

TEST(an_event_as_a_line, is_the_line_it_came_from) {
  for (
      const std::string line : {
          R"({"type":"instrument","ts":5,"symbol":"BTCUSDT","venue":"bitget","tick":"0.1","lot":"0.0001"})",
          R"({"type":"trade","ts":1723161256000000000,"symbol":"BTCUSDT","price":"58710.2","size":"0.014","side":"buy","id":"12\"3"})",
          R"({"type":"book","ts":7,"symbol":"S","action":"snapshot","seq":10,"bids":[["58710.1","2.5"]],"asks":[["58710.2","1.0"],["58711.0","3.0"]]})",
          R"({"type":"book","ts":7,"symbol":"S","action":"delta","seq":11,"prev_seq":10,"bids":[["58710.1","0.0"]],"asks":[]})",
          R"({"type":"quote","ts":7,"symbol":"S","bid":"1.5","bid_size":"2.50","ask":"1.6","ask_size":"1.00"})",
          R"({"type":"ticker","ts":7,"symbol":"S","last":"58710.2","mark":"58709.9","index":"58712.0","funding_rate":"-0.0001","open_interest":"92950.2"})",
          R"({"type":"ticker","ts":7,"symbol":"S","mark":"9.9"})",
          R"({"type":"candle","ts":7,"symbol":"S","interval":"15m","start":3,"open":"1.0","high":"2.0","low":"0.5","close":"1.5","volume":"7","closed":true})",
          R"({"type":"gap","ts":7,"symbol":"S","channel":"book"})",
      })
    EXPECT_EQ(again(line), line + "\n");
}

TEST(an_event_as_a_line, is_refused_where_its_payload_is_too_short) {
  trapline_event e{};
  e.size = sizeof e;
  std::string out;
  for (const int type : {TRAPLINE_EVENT_TRADE, TRAPLINE_EVENT_BOOK_DELTA, TRAPLINE_EVENT_TICKER, TRAPLINE_EVENT_CANDLE,
                         TRAPLINE_EVENT_GAP, TRAPLINE_EVENT_INSTRUMENT, TRAPLINE_EVENT_SIGNAL, 63}) {
    e.type = static_cast<std::uint16_t>(type);
    EXPECT_FALSE(offline::append_event(out, e, "v", "S")) << type;
  }
  EXPECT_EQ(out, "");
}

}  // namespace
