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

// How soon the feed is back after each of ten days, if the venue answers the subscriptions of DEADUSDT with `dead`.
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
  for (int day = 0; day < 10; ++day) {
    w.run(*f, 24 * 3600 * second);
    EXPECT_NE(f->public_state(), TRAPLINE_FEED_LIVE);
    const auto n = w.connects.size();
    const auto lost_at = w.time;
    w.drop();
    w.run(*f, 400 * second);
    ASSERT_EQ(w.connects.size(), n + 1);
    EXPECT_LE(w.connects[n] - lost_at, second) << "day " << day;
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

}  // namespace
}  // namespace trapline::mm_ws::test
