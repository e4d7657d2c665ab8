#include "threshold/move_detector.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace trapline::trap::test
