// Frames as an enemy or a broken line would send them. Run it with sanitizers.
#include <random>

#include "world.hpp"

namespace trapline::mm_ws::test {
namespace {

const std::vector<std::string>& samples() {
  static const std::vector<std::string> all = {
      book_snapshot(100),
      book_update(100, 110),
      R"({"action":"update","arg":{"instType":"USDT-FUTURES","channel":"trade","instId":"BTCUSDT"},"data":[{"ts":"1760000000565","price":"64000.5","size":"0.0010","side":"buy","tradeId":"1"}],"ts":1760000000589})",
      R"({"action":"snapshot","arg":{"instType":"USDT-FUTURES","channel":"ticker","instId":"BTCUSDT"},"data":[{"instId":"BTCUSDT","lastPr":"64000.5","fundingRate":"0.000100","ts":"1760000000021"}],"ts":1760000000039})",
      R"({"action":"update","arg":{"instType":"USDT-FUTURES","channel":"candle1m","instId":"BTCUSDT"},"data":[["1760000000000","64000.5","64001.0","63999.9","64001.0","0.1570","10048.09","10048.09"]],"ts":1760000004255})",
      R"({"action":"snapshot","arg":{"instType":"USDT-FUTURES","channel":"positions","instId":"default"},"data":[{"posId":"1","instId":"BTCUSDT","holdSide":"long","total":"0.01","openPriceAvg":"64000.5","leverage":20}],"ts":1760000002010})",
      R"({"action":"snapshot","arg":{"instType":"USDT-FUTURES","channel":"orders","instId":"default"},"data":[{"orderId":"1","instId":"BTCUSDT","size":"1","status":"live","side":"buy","feeDetail":[{"fee":"0"}]}],"ts":1742560160318})",
      R"({"action":"snapshot","arg":{"instType":"USDT-FUTURES","channel":"account","coin":"default"},"data":[{"marginCoin":"USDT","available":"1","equity":"1"}],"ts":1760000000146})",
      R"({"event":"subscribe","arg":{"instType":"USDT-FUTURES","channel":"books","instId":"BTCUSDT"}})",
      R"({"event":"error","arg":{"instType":"USDT-FUTURES","channel":"ticker","instId":"NOPEUSDT"},"code":30001,"msg":"Symbol not exists","op":"subscribe"})"};
  return all;
}

struct any_frame : testing::Test {
  world w;
  std::unique_ptr<feed> f;
  void SetUp() override {
    be_friendly(w);
    auto o = default_options();
    o.private_channels = {"positions", "orders", "account"};
    f = std::make_unique<feed>(o, "feed", w, 1);
    f->start();
    w.run(*f, second);
    ASSERT_EQ(f->public_state(), TRAPLINE_FEED_LIVE);
    ASSERT_EQ(f->private_state(), TRAPLINE_FEED_LIVE);
  }
  void push_everywhere(const std::string& text) {
    for (std::size_t c = 0; c < w.connections.size(); ++c)
      if (w.connections[c]) w.push(text, c);
  }
  // What was published must hold whatever came in.
  void check() {
    sdk::book book;
    for (const auto& e : w.events) {
      if (e.head.type == TRAPLINE_EVENT_BOOK_SNAPSHOT) {
        ASSERT_TRUE(book.apply_snapshot(e.as<trapline_book>(), e.levels()));
      } else if (e.head.type == TRAPLINE_EVENT_BOOK_DELTA) {
        ASSERT_TRUE(book.apply_delta(e.as<trapline_book>(), e.levels()));
      } else if (e.head.type == TRAPLINE_EVENT_GAP && e.as<trapline_gap>().channel == TRAPLINE_GAP_BOOK) {
        book.invalidate();
      } else if (e.head.type == TRAPLINE_EVENT_TRADE) {
        ASSERT_GT(e.as<trapline_trade>().price, 0);
        ASSERT_GT(e.as<trapline_trade>().size, 0);
      }
    }
  }
};

TEST_F(any_frame, truncated_anywhere_is_counted_and_survived) {
  for (const auto& s : samples())
    for (std::size_t n = 0; n < s.size(); ++n) {
      push_everywhere(s.substr(0, n));
      w.run(*f, 10 * ms);
    }
  EXPECT_GT(w.count("feed_malformed_total"), 1000u);
  check();
}

TEST_F(any_frame, that_is_cut_off_invalidates_the_book_it_was_about) {
  const auto update = book_update(100, 110);
  w.push(update.substr(0, update.size() - 30), 0);
  w.run(*f);
  const auto gaps = w.of(TRAPLINE_EVENT_GAP);
  ASSERT_EQ(gaps.size(), 1u);
  EXPECT_EQ(gaps[0]->topic, "md.book.bitget.BTCUSDT");
  EXPECT_EQ(gaps[0]->as<trapline_gap>().reason, TRAPLINE_GAP_MALFORMED);
  w.run(*f, second);
  EXPECT_EQ(f->public_state(), TRAPLINE_FEED_LIVE);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_BOOK_SNAPSHOT).size(), 2u);
}

TEST_F(any_frame, that_is_cut_off_tells_of_lost_trades) {
  w.push(samples()[2].substr(0, 160), 0);
  w.run(*f);
  ASSERT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 1u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP)[0]->topic, "md.trade.bitget.BTCUSDT");
}

TEST_F(any_frame, with_random_bytes_changed_is_survived) {
  std::mt19937 random(11);
  for (int i = 0; i < 20'000; ++i) {
    auto s = samples()[random() % samples().size()];
    for (auto n = 1 + random() % 4; n > 0; --n) {
      static constexpr char interesting[] = "\"[]{},:\\0123456789.-eE\n\t\0\x80\xff";
      s[random() % s.size()] = interesting[random() % (sizeof interesting - 1)];
    }
    push_everywhere(s);
    w.run(*f, 10 * ms);
  }
  check();
}

TEST_F(any_frame, that_is_nonsense_is_survived) {
  std::string deep = R"({"action":"snapshot","arg":{"channel":"books","instId":"BTCUSDT"},"data":)";
  const std::string nested = deep + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  std::string wide = deep + R"([{"bids":[],"asks":[)";
  for (int i = 0; i < 100'000; ++i) wide += (i ? ",[\"" : "[\"") + std::to_string(i + 1) + R"(","1"])";
  wide += R"(],"seq":1}]})";
  for (const auto& s : {std::string(),
                        std::string(" "),
                        std::string("{}"),
                        std::string("[]"),
                        std::string("null"),
                        std::string("pong "),
                        std::string("\0\0", 2),
                        std::string("\xef\xbb\xbf{}"),
                        std::string(1 << 20, 'x'),
                        std::string(1 << 20, '{'),
                        nested,
                        wide,
                        std::string(R"({"event":5})"),
                        std::string(R"({"event":"login","code":{"a":1}})"),
                        std::string(R"({"event":"error","code":"x","msg":[]})"),
                        std::string(R"({"data":[],"action":"update"})"),
                        std::string(R"({"arg":null,"action":"update","data":[]})"),
                        deep + "[]}",
                        deep + "[{}]}",
                        deep + "[null]}",
                        deep + "{}}",
                        deep + R"([{"bids":5,"asks":[]}]})",
                        deep + R"([{"bids":[["1"]],"asks":[]}]})",
                        deep + R"([{"bids":[["-1","1"]],"asks":[]}]})",
                        deep + R"([{"bids":[["1","99999999999999999999"]],"asks":[]}]})",
                        deep + R"([{"bids":[["1","1"]],"asks":[],"seq":-5}]})",
                        deep + R"([{"bids":[["1","1"],["1","2"]],"asks":[]}]})"}) {
    push_everywhere(s);
    w.run(*f, 10 * ms);
  }
  check();
}

TEST_F(any_frame, in_a_flood_of_bad_ones_makes_few_log_lines) {
  const auto before = w.logs.size();
  for (int i = 0; i < 10'000; ++i) {
    w.push("{broken", 0);
    w.run(*f, 10 * ms);
  }
  EXPECT_EQ(w.count("feed_malformed_total"), 10'000u);
  EXPECT_LE(w.logs.size() - before, 3u);
}

TEST_F(any_frame, text_of_the_venue_cannot_forge_log_lines) {
  w.push("{\"event\":\"error\",\"code\":30002,\"msg\":\"x\xc3\xa4 \\n 2026 fake line\"}", 0);
  w.run(*f);
  for (const auto& l : w.logs)
    for (const char c : l.text) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << l.text;
}

}  // namespace
}  // namespace trapline::mm_ws::test
