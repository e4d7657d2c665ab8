#include "threshold/move_detector.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "scene.hpp"

namespace trapline::trap::test {
namespace {

class prices {
 public:
  explicit prices(move_settings s = {}) : core(s, out) {}
  void at(double price, double seconds_later = 1) {
    now += static_cast<std::int64_t>(seconds_later * 1e9);
    trapline_trade t{};
    t.price = std::llround(price * 100);
    t.price_exp = -2;
    t.size = 1;
    core.on_trade(sdk::make_event(TRAPLINE_EVENT_TRADE, 1, 1, now), t);
  }
  std::string stages(std::string_view prefix) const {
    std::vector<told_signal> v;
    for (const auto& s : out.signals)
      if (s.id().starts_with(prefix)) v.push_back(s);
    return scene::stages(v);
  }
  collector out;
  move_detector core;
  std::int64_t now = scene::start;
};

TEST(threshold, a_rise_of_the_threshold_is_a_pump_and_less_is_nothing) {
  prices p;
  p.at(100);
  p.at(102.99, 60);
  EXPECT_TRUE(p.out.signals.empty());
  p.at(103, 60);
  ASSERT_EQ(p.stages("pump"), "detected");
  EXPECT_NEAR(p.out.signals[0].s.probability, 0.7, 1e-9);
  EXPECT_EQ(p.out.signals[0].s.onset_ts, scene::start + 60 * second) << "the last second at the window's low";
  EXPECT_EQ(p.stages("dump"), "");
}

TEST(threshold, the_same_rise_over_a_longer_time_is_nothing) {
  prices p;
  for (int i = 0; i <= 100; ++i) p.at(100 + 0.04 * i, 10);
  EXPECT_TRUE(p.out.signals.empty());
}

TEST(threshold, half_taken_back_makes_it_fake) {
  prices p;
  p.at(100);
  p.at(104);
  p.at(102.1);
  EXPECT_EQ(p.stages("fake_pump"), "forming");
  p.at(101.99);
  EXPECT_EQ(p.stages("fake_pump"), "forming confirmed");
  EXPECT_EQ(p.stages("pump"), "detected expired");
}

TEST(threshold, a_fall_is_the_mirror_image) {
  prices p;
  p.at(100);
  p.at(96);
  p.at(98.5);
  EXPECT_EQ(p.stages("dump"), "detected expired");
  EXPECT_EQ(p.stages("fake_dump"), "forming confirmed");
  EXPECT_EQ(p.out.signals[0].s.direction, TRAPLINE_DIRECTION_DOWN);
  EXPECT_EQ(sdk::view(p.out.signals[0].s.detector), "trap_detector_threshold");
}

TEST(threshold, a_move_that_holds_expires_without_having_been_fake) {
  prices p;
  p.at(100);
  p.at(104);
  for (int i = 0; i < 20; ++i) p.at(103.9, 60);
  EXPECT_EQ(p.stages("pump"), "detected expired");
  EXPECT_EQ(p.stages("fake_pump"), "forming expired");
}

TEST(threshold, times_that_go_back_and_prices_that_are_none_are_ignored) {
  prices p;
  p.at(100);
  p.at(0);
  p.at(-5);
  p.now -= 10 * second;
  p.at(110, 0);
  EXPECT_TRUE(p.out.signals.empty());
}

// A price that wanders through moves up and down, with pauses, told to `p`.
void wander(prices& p, int from, int to) {
  for (int i = from; i < to; ++i)
    p.at(100 + 6 * std::sin(i / 40.0) + 2.5 * std::sin(i / 7.0), i % 97 == 0 ? 400 : 1 + i % 5);
}

TEST(threshold, a_successor_with_its_state_says_what_it_would_have_said_itself) {
  prices whole;
  wander(whole, 0, 3000);
  for (const int cut : {1, 700, 1501, 2222}) {
    prices begin, rest;
    wander(begin, 0, cut);
    rest.core.load(begin.core.save());
    rest.now = begin.now;
    wander(rest, cut, 3000);
    ASSERT_EQ(begin.out.signals.size() + rest.out.signals.size(), whole.out.signals.size()) << cut;
    ASSERT_GT(rest.out.signals.size(), 20u);
    for (std::size_t n = 0; n < whole.out.signals.size(); ++n) {
      const auto& told =
          n < begin.out.signals.size() ? begin.out.signals[n] : rest.out.signals[n - begin.out.signals.size()];
      EXPECT_EQ(told.id(), whole.out.signals[n].id());
      EXPECT_EQ(std::memcmp(&told.s, &whole.out.signals[n].s, sizeof told.s), 0) << told.id();
    }
  }
}

TEST(threshold, what_is_no_state_is_refused_and_changes_nothing) {
  prices p, few({.max_symbols = 0});
  wander(p, 0, 500);
  const std::string good = p.core.save();
  for (const auto& bad :
       {std::string(), good.substr(0, 5), good.substr(0, good.size() - 1), good + "x", std::string(good.size(), '\0')})
    EXPECT_THROW(p.core.load(bad), sdk::error);
  EXPECT_THROW(few.core.load(good), sdk::error);
  EXPECT_EQ(p.core.save(), good);
}

}  // namespace
}  // namespace trapline::trap::test
