#include "world.hpp"

namespace trapline::mm_ws::test {
namespace {

std::vector<std::uint8_t> changes(const world& w, std::uint8_t endpoint) {
  std::vector<std::uint8_t> out;
  for (const auto* e : w.of(TRAPLINE_EVENT_FEED_STATUS)) {
    const auto& s = e->as<trapline_feed_status>();
    if (s.endpoint == endpoint && s.state != s.previous_state) out.push_back(s.state);
  }
  return out;
}

TEST(feed_status, tells_every_change_of_each_connection) {
  world w;
  be_friendly(w);
  auto o = default_options();
  o.private_channels = {"positions"};
  feed f(o, "my_feed", w, 1);
  f.start();
  w.run(f, second);
  w.drop({net::close_info::cause::lost, 0, "the connection broke"}, 0);
  w.run(f, 3 * second);
  using v = std::vector<std::uint8_t>;
  EXPECT_EQ(changes(w, TRAPLINE_ENDPOINT_PUBLIC),
            (v{TRAPLINE_FEED_CONNECTING, TRAPLINE_FEED_SUBSCRIBING, TRAPLINE_FEED_LIVE, TRAPLINE_FEED_BACKOFF,
               TRAPLINE_FEED_CONNECTING, TRAPLINE_FEED_SUBSCRIBING, TRAPLINE_FEED_LIVE}));
  EXPECT_EQ(changes(w, TRAPLINE_ENDPOINT_PRIVATE),
            (v{TRAPLINE_FEED_CONNECTING, TRAPLINE_FEED_AUTHENTICATING, TRAPLINE_FEED_SUBSCRIBING, TRAPLINE_FEED_LIVE}));
  EXPECT_EQ(w.of(TRAPLINE_EVENT_FEED_STATUS)[0]->topic, "feed.status.my_feed");
  f.stop();
  EXPECT_EQ(changes(w, TRAPLINE_ENDPOINT_PUBLIC).back(), TRAPLINE_FEED_STOPPED);
}

TEST(feed_status, says_why_a_connection_was_lost) {
  world w;
  be_friendly(w);
  auto o = default_options();
  feed f(o, "feed", w, 1);
  f.start();
  w.run(f, second);
  w.drop({net::close_info::cause::lost, 0, "read: connection reset by peer"});
  w.run(f);
  const auto& s = w.of(TRAPLINE_EVENT_FEED_STATUS).back()->as<trapline_feed_status>();
  EXPECT_EQ(s.state, TRAPLINE_FEED_BACKOFF);
  EXPECT_EQ(s.code, TRAPLINE_FEED_CODE_CONNECTION_LOST);
  EXPECT_NE(std::string(s.text).find("reset by peer"), std::string::npos);
}

TEST(feed_status, comes_at_least_every_status_interval) {
  world w;
  be_friendly(w);
  feed f(default_options(), "feed", w, 1);
  f.start();
  w.run(f, second);
  const auto before = w.of(TRAPLINE_EVENT_FEED_STATUS).size();
  w.run(f, 100 * second);
  const auto n = w.of(TRAPLINE_EVENT_FEED_STATUS).size() - before;
  EXPECT_GE(n, 20u);
  EXPECT_LE(n, 21u);
  const auto& s = w.of(TRAPLINE_EVENT_FEED_STATUS).back()->as<trapline_feed_status>();
  EXPECT_EQ(s.state, s.previous_state);
  EXPECT_EQ(s.attempt, 0u);
  EXPECT_EQ(s.subscriptions_acked, 4u);
  EXPECT_EQ(s.subscriptions_wanted, 4u);
}

TEST(feed_status, that_the_bus_refused_is_published_when_it_takes_events_again) {
  world w;
  be_friendly(w);
  w.bus_full = true;
  feed f(default_options(), "feed", w, 1);
  f.start();
  w.run(f, second);
  w.bus_full = false;
  w.run(f, 50 * ms);
  EXPECT_GE(w.of(TRAPLINE_EVENT_FEED_STATUS).size(), 1u);
}

TEST(feed_status, asks_for_its_turn_only_when_something_is_due) {
  world w;
  be_friendly(w);
  feed f(default_options(), "feed", w, 1);
  f.start();
  w.run(f, second);
  int turns = 0;
  for (const auto end = w.time + 100 * second; w.time < end; ++turns) {
    const auto due = f.deadline();
    ASSERT_GT(due, w.time);
    w.time = due;
    f.advance();
    w.run(f);
  }
  EXPECT_LE(turns, 130);
}

}  // namespace
}  // namespace trapline::mm_ws::test
