#include <gtest/gtest.h>

#include "scene.hpp"

namespace trapline::trap::test {
namespace {

constexpr int level = 60500;

// Breaks upwards without taker support, open interest built up by `oi_build`, and stays for `dwell` seconds.
void break_out(scene& s, double dwell, double oi_build, double beyond = 1.2) {
  s.glide(level - 2, 20, 1, 0.5);
  s.oi += oi_build;
  s.glide(level + static_cast<int>(std::lround(beyond * s.sig60())), 10, 2, 0.6);
  s.hold(dwell, 1, 0.45);
}
void fail(scene& s, double oi_shed) {
  s.oi -= oi_shed;
  s.glide(level - static_cast<int>(std::lround(1.6 * s.sig60())), 25, 6, 0.1);
}

TEST(range_trap, accepted_break_that_fails_is_a_bull_trap) {
  scene s(level - 40);
  break_out(s, 240, 300);
  fail(s, 250);
  s.calm(240);
  const auto told = s.of("bull_trap");
  ASSERT_TRUE(s.alarmed("bull_trap")) << scene::stages(told) << " peak " << s.peak("bull_trap");
  EXPECT_EQ(told.front().s.stage, TRAPLINE_STAGE_FORMING);
  EXPECT_EQ(told[told.size() - 2].s.stage, TRAPLINE_STAGE_CONFIRMED);
  EXPECT_EQ(told.back().s.stage, TRAPLINE_STAGE_EXPIRED);
  EXPECT_EQ(told.front().id(), "bull_trap:BTCUSDT:1");
  EXPECT_EQ(told.front().s.direction, TRAPLINE_DIRECTION_UP);
  EXPECT_EQ(told.front().s.level, level * 10);
}

TEST(range_trap, accepted_break_below_that_fails_is_a_bear_trap) {
  const int low = 60000;
  scene s(low + 40);
  s.glide(low + 2, 20, 1, 0.5);
  s.oi += 300;
  s.glide(low - static_cast<int>(std::lround(1.2 * s.sig60())), 10, 2, 0.4);
  s.hold(240, 1, 0.55);
  s.oi -= 250;
  s.glide(low + static_cast<int>(std::lround(1.6 * s.sig60())), 25, 6, 0.9);
  s.calm(240);
  const auto told = s.of("bear_trap");
  ASSERT_TRUE(s.alarmed("bear_trap")) << scene::stages(told);
  EXPECT_EQ(told.back().s.direction, TRAPLINE_DIRECTION_DOWN);
  EXPECT_EQ(told.back().s.stage, TRAPLINE_STAGE_EXPIRED);
}

TEST(range_trap, an_accepted_break_alarms_at_no_threshold_before_it_fails) {
  auto eager = scene_settings();
  eager.on = 0.05, eager.off = 0.03;
  eager.range_trap.learned = {};
  scene s(level - 40, eager);
  break_out(s, 240, 300);
  EXPECT_GT(s.peak("bull_trap"), 0.05);
  EXPECT_LE(s.peak("bull_trap"), 0.60);
  EXPECT_FALSE(s.alarmed("bull_trap"));
  fail(s, 250);
  EXPECT_TRUE(s.alarmed("bull_trap"));
}

TEST(range_trap, break_that_holds_is_not_a_trap) {
  scene s(level - 40);
  break_out(s, 35 * 60, 300);
  fail(s, 250);
  EXPECT_FALSE(s.alarmed("bull_trap"));
  EXPECT_EQ(s.stages("bull_trap"), "forming expired");
}

TEST(range_trap, short_stay_beyond_the_level_is_not_a_trap) {
  scene s(level - 40);
  break_out(s, 40, 300);
  fail(s, 250);
  s.calm(120);
  EXPECT_EQ(s.stages("bull_trap"), "");
}

TEST(range_trap, far_follow_through_is_a_genuine_break) {
  scene s(level - 40);
  break_out(s, 240, 300, 1.2);
  s.glide(level + static_cast<int>(std::lround(12 * s.sig60())), 150, 2, 0.6);
  s.hold(30);
  EXPECT_FALSE(s.alarmed("bull_trap"));
  EXPECT_EQ(s.stages("bull_trap"), "forming expired");
}

TEST(range_trap, price_alone_does_not_raise_an_alarm) {
  scene s(level - 40, scene_settings(), 600, false);
  break_out(s, 240, 0);
  s.glide(level - static_cast<int>(std::lround(1.6 * s.sig60())), 60, 1, 0.5);
  s.calm(120);
  ASSERT_FALSE(s.of("bull_trap").empty());
  EXPECT_FALSE(s.alarmed("bull_trap")) << s.peak("bull_trap");
}

}  // namespace
}  // namespace trapline::trap::test
