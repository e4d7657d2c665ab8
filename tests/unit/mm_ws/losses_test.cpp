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

}  // namespace
}  // namespace trapline::mm_ws::test
