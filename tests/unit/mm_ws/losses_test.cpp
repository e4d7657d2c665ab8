// What the venue forgets, refuses or breaks half-way, and what the feed makes of it.
#include "rest_world.hpp"

namespace trapline::mm_ws::test {
namespace {

struct losses : testing::Test {
  world w;
  std::unique_ptr<feed> f;

  void start(const options& o, std::int64_t duration = second) {
    f = std::make_unique<feed>(o, "feed", w, 1);
    f->start();
    w.run(*f, duration);
  }
};

// How soon the feed is back after each of ten breaks, if the venue answers the subscriptions of DEADUSDT with `dead`.
struct refused_subscription : losses, testing::WithParamInterface<const char*> {};
TEST_P(refused_subscription, does_not_keep_a_connection_that_lasted_from_being_a_good_one) {
  w.venue = [&](std::size_t c, const std::string& text) {
    if (text == "ping") return w.push("pong", c);
    for (const auto& a : args_of(text, "subscribe"))
      if (a.find("DEAD") == a.npos) w.push(R"({"event":"subscribe","arg":)" + a + "}", c);
      else if (*GetParam()) w.push(R"({"event":"error","arg":)" + a + GetParam(), c);
  };
  auto o = default_options();
  o.symbols = {"BTCUSDT", "DEADUSDT"};
  o.channels = {"trade"};
  start(o);
  for (int n_th = 0; n_th < 10; ++n_th) {
    w.run(*f, 600 * second);
    EXPECT_NE(f->public_state(), TRAPLINE_FEED_LIVE);
    const auto n = w.connects.size();
    const auto lost_at = w.time;
    w.drop();
    w.run(*f, 400 * second);
    ASSERT_EQ(w.connects.size(), n + 1);
    EXPECT_LE(w.connects[n] - lost_at, second) << "break " << n_th;
  }
}
INSTANTIATE_TEST_SUITE_P(by_error_or_silence, refused_subscription,
                         testing::Values(R"(,"code":30001,"msg":"doesn't exist","op":"subscribe"})", ""));

// A second connection takes a book over, breaks it and is gone before it can take the rest over.
TEST_F(losses, a_book_that_broke_on_a_second_connection_that_went_is_right_again_on_the_first) {
  be_friendly(w);
  auto o = default_options();
  o.channels = {"books", "trade"};
  o.rotate_after = 3600 * second;
  start(o, 10 * second);
  w.venue = [this, friendly = w.venue, once = false](std::size_t c, const std::string& text) mutable {
    if (c > 1) return;
    if (c == 0) return friendly(c, text);
    if (!args_of(text, "unsubscribe").empty()) return w.drop({net::close_info::cause::lost, 0, "x"}, 1);
    if (args_of(text, "subscribe").empty() || std::exchange(once, true)) return friendly(c, text);
    for (const auto& a : args_of(text, "subscribe"))
      if (a.find("books") != a.npos) {
        w.push(R"({"event":"subscribe","arg":)" + a + "}", c);
        w.push(book_snapshot(100), c);
        w.push(book_update(777, 778), c);
      }
  };
  w.run(*f, 3700 * second);
  ASSERT_GE(w.connects.size(), 2u);
  EXPECT_EQ(f->public_state(), TRAPLINE_FEED_LIVE);
  w.events.clear();
  for (int k = 0; k < 5; ++k) {
    w.push(book_update(100 + k, 101 + k), 0);
    w.run(*f, second);
  }
  EXPECT_EQ(w.of(TRAPLINE_EVENT_BOOK_DELTA).size(), 5u);
  EXPECT_EQ(w.count("feed_resyncs_total"), 2u);  // on the second connection, and on the first
}

struct forgotten_trades : losses {
  std::int64_t trades = 0, volume = 0;
  bool forgotten = false;

  void trade() {
    if (forgotten) return;
    w.push(sdk::cat(
        R"({"action":"update","arg":{"instType":"USDT-FUTURES","channel":"trade","instId":"BTCUSDT"},"data":[{"ts":"1760000000565","price":"64000.5","size":"0.0010","side":"buy","tradeId":")",
        1000 + trades++, R"("}],"ts":1760000000589})"));
  }
  void ticker() {
    w.push(sdk::cat(
        R"({"action":"snapshot","arg":{"instType":"USDT-FUTURES","channel":"ticker","instId":"BTCUSDT"},"data":[{"instId":"BTCUSDT","lastPr":"64000.5","baseVolume":"36890.)",
        1000 + volume, R"(","ts":"1760000000021"}],"ts":1760000000039})"));
  }
  void bar() {
    w.push(sdk::cat(
        R"({"action":"update","arg":{"instType":"USDT-FUTURES","channel":"candle1m","instId":"BTCUSDT"},"data":[["1759999920000","10","20","5","11","1.)",
        1000 + volume, R"(","9","9"]],"ts":1760000003250})"));
  }
  std::size_t subscribed_to_trades() const {
    std::size_t n = 0;
    for (const auto& s : w.sent)
      for (const auto& a : args_of(s.text, "subscribe")) n += a.find("\"trade\"") != a.npos;
    return n;
  }
};

TEST_F(forgotten_trades, are_subscribed_anew_and_then_cost_the_connection_when_the_volume_shows_them) {
  for (const bool by_ticker : {true, false}) {
    w.sent.clear();
    w.connects.clear();
    forgotten = false;
    be_friendly(w);
    auto o = default_options();
    o.channels = {"trade", by_ticker ? "ticker" : "candle1m"};
    start(o);
    const auto tell = [&] {
      ++volume;
      by_ticker ? ticker() : bar();
      w.run(*f, second);
    };
    for (int i = 0; i < 60; ++i) trade(), tell();
    forgotten = true;
    for (int i = 0; i < 27; ++i) tell();
    EXPECT_EQ(f->public_state(), TRAPLINE_FEED_LIVE);
    for (int i = 0; i < 5; ++i) tell();
    EXPECT_EQ(subscribed_to_trades(), 2u);
    EXPECT_EQ(w.connects.size(), 1u);
    EXPECT_EQ(f->public_state(), TRAPLINE_FEED_STALE);
    for (int i = 0; i < 40; ++i) tell();
    EXPECT_EQ(w.connects.size(), 2u);
    forgotten = false;
    for (int i = 0; i < 120; ++i) trade(), tell();
    EXPECT_EQ(f->public_state(), TRAPLINE_FEED_LIVE);
    EXPECT_EQ(w.connects.size(), 2u);
    f.reset();
  }
}

TEST_F(forgotten_trades, are_not_suspected_of_a_symbol_that_does_not_trade) {
  be_friendly(w);
  auto o = default_options();
  o.channels = {"trade", "ticker", "candle1m"};
  start(o);
  // A trade a minute, which ticker and bar tell once each, a second later; or only shrinking volumes.
  for (int minute = 0; minute < 60; ++minute) {
    if (minute < 30) trade(), ++volume;
    for (int i = 0; i < 30; ++i) {
      if (minute >= 30 && i == 0) --volume;
      w.run(*f, second);
      ticker();
      bar();
      w.run(*f, second);
    }
  }
  EXPECT_EQ(f->public_state(), TRAPLINE_FEED_LIVE);
  EXPECT_EQ(subscribed_to_trades(), 1u);
  EXPECT_EQ(w.connects.size(), 1u);
}

}  // namespace
}  // namespace trapline::mm_ws::test
