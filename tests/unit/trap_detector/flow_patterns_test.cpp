// Momentum ignition, the two liquidity grabs, and the wash index.
#include <gtest/gtest.h>

#include "scene.hpp"

namespace trapline::trap::test {
namespace {

constexpr int level = 60500;

// --- momentum ignition

// A few sweeping orders a step: bought at the best ask and the one above in one millisecond.
void sweeping(scene& s) {
  s.every_step = [&s] { s.trade(s.mid() + 2, 1.0, 1); };
}
// Five more orders a step, each in a millisecond of its own.
void followers(scene& s) {
  s.every_step = [&s] {
    for (int k = 1; k <= 5; ++k) s.trade(s.mid() + 1, 0.3, 1, 0, s.now + k * 5'000'000);
  };
}
void alone(scene& s) {
  s.every_step = [] {};
}

void ignite(scene& s, bool follow) {
  const int up = static_cast<int>(3 * s.sig60());
  sweeping(s);
  s.glide(s.mid() + up / 3, 2, 15, 1);
  if (follow) followers(s);
  else alone(s);
  s.glide(s.mid() + up, 8, follow ? 3 : 0.5, 1);
  alone(s);
}

TEST(momentum_ignition, burst_out_of_calm_that_others_follow_and_that_is_taken_back_is_told) {
  scene s(60250);
  const int start = s.mid();
  ignite(s, true);
  EXPECT_FALSE(s.alarmed("momentum_ignition")) << "a move that holds so far is no alarm";
  s.glide(start + 2, 40, 1, 0.2);
  s.calm(200);
  const auto told = s.of("momentum_ignition_up");
  ASSERT_EQ(scene::stages(told), "forming confirmed expired");
  EXPECT_EQ(told[1].s.pattern, TRAPLINE_PATTERN_MOMENTUM_IGNITION);
  EXPECT_EQ(told[1].s.direction, TRAPLINE_DIRECTION_UP);
  EXPECT_GE(told[1].item("burst_z"), 6);
  EXPECT_GE(told[1].item("sweep_count"), 3);
  EXPECT_GE(told[1].item("follow_n"), 0.3);
  EXPECT_GE(told[1].item("revert_share"), 0.5);
  EXPECT_LE(told[1].item("calm_ratio"), 1.3);
}

TEST(momentum_ignition, nobody_follows_and_nothing_is_told_but_the_burst) {
  scene s(60250);
  const int start = s.mid();
  ignite(s, false);
  s.glide(start, 30, 1, 0.2);
  s.calm(60);
  EXPECT_EQ(s.stages("momentum_ignition_up"), "forming expired");
  EXPECT_LE(s.peak("momentum_ignition"), 0.35);
}

TEST(momentum_ignition, move_that_holds_is_no_alarm) {
  scene s(60250);
  ignite(s, true);
  s.calm(400);
  EXPECT_FALSE(s.alarmed("momentum_ignition"));
  EXPECT_EQ(s.stages("momentum_ignition_up"), "forming expired");
}

TEST(momentum_ignition, burst_out_of_a_wild_market_is_not_looked_at) {
  scene s(60250);
  for (int i = 0; i < 20; ++i) s.glide(60250 + (i % 2 ? 0 : 40), 5, 1, i % 2 ? 0.3 : 0.7);
  ignite(s, true);
  s.glide(60250, 40, 1, 0.2);
  EXPECT_EQ(s.stages("momentum_ignition"), "");
}

// --- liquidity grabs: forms of the stop hunt

void hunt(scene& s, double sigmas, bool thin) {
  s.glide(level - 2, 10, 1, 0.5);
  s.oi -= 150;
  if (thin) s.ask_scale = 0.3;
  s.glide(level + std::max(1, static_cast<int>(std::lround(sigmas * s.sig60()))), 3, 12, 0.95);
  s.ask_scale = 1;
  s.glide(level - static_cast<int>(std::lround(1.6 * s.sig60())), 15, 6, 0.1);
  s.calm(200);
}

TEST(liquidity_grab, is_a_hunt_in_which_the_swept_side_thinned_out) {
  scene s(level - 40);
  hunt(s, 1.5, true);
  const auto told = s.of("liquidity_grab_high");
  ASSERT_EQ(scene::stages(told), "forming detected confirmed expired");
  EXPECT_EQ(told[2].s.pattern, TRAPLINE_PATTERN_LIQUIDITY_GRAB);
  EXPECT_NEAR(told[2].item("depth_depletion"), 0.7, 0.1);
  EXPECT_TRUE(s.alarmed("stop_hunt_high")) << "the hunt is told beside it";
  EXPECT_EQ(told[0].s.onset_ts, s.of("stop_hunt_high")[0].s.onset_ts);
}

TEST(liquidity_grab, hunt_through_standing_depth_is_none) {
  scene s(level - 40);
  hunt(s, 1.5, false);
  EXPECT_TRUE(s.alarmed("stop_hunt_high"));
  EXPECT_EQ(s.stages("liquidity_grab"), "");
}

TEST(half_liquidity_grab, is_told_for_a_sweep_too_small_for_a_hunt) {
  scene s(level - 40);
  hunt(s, 0.38, false);
  EXPECT_EQ(s.stages("stop_hunt_high"), "");
  const auto told = s.of("half_liquidity_grab_high");
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told[0].s.pattern, TRAPLINE_PATTERN_HALF_LIQUIDITY_GRAB);
  EXPECT_LT(told[0].item("overshoot_sigma"), 0.5);
  EXPECT_EQ(told.back().s.stage, TRAPLINE_STAGE_EXPIRED);
}

TEST(half_liquidity_grab, gives_way_to_the_hunt) {
  scene s(level - 40);
  hunt(s, 1.5, false);
  EXPECT_TRUE(s.alarmed("stop_hunt_high"));
  EXPECT_FALSE(s.alarmed("half_liquidity_grab_high"));
}

// --- wash trading

// Sizes as people send them: random, with three digits.
double random_size(std::uint32_t& seed) {
  seed = seed * 1664525u + 1013904223u;
  return std::round(1000 * std::exp2(static_cast<double>(seed >> 16) / 65536 * 6)) * 1e-4;
}

TEST(wash_trading, equal_sizes_in_turn_show_in_the_index_and_never_alarm) {
  scene s(60250);
  std::uint32_t seed = 7;
  for (int i = 0; i < 1500; ++i) {
    s.now += 200'000'000;
    const double size = random_size(seed);
    const bool washed = i % 3 == 0;
    s.trade(60251, size, 1);
    s.now += 50'000'000;
    s.trade(60251, washed ? size : random_size(seed), -1);
  }
  const auto told = s.of("wash_trading");
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told[0].s.pattern, TRAPLINE_PATTERN_WASH_TRADING);
  EXPECT_EQ(told[0].s.direction, TRAPLINE_DIRECTION_UNKNOWN);
  EXPECT_GE(told[0].item("alternation_z"), 4);
  EXPECT_FALSE(s.alarmed("wash_trading"));
}

TEST(wash_trading, random_sizes_and_a_market_of_one_size_do_not_show) {
  scene s(60250);  // whose calm trades all have one size, bought and sold at random
  s.calm(300);
  std::uint32_t seed = 7;
  for (int i = 0; i < 3000; ++i) {
    s.now += 200'000'000;
    s.trade(60251, random_size(seed), (seed & 0x200000) != 0 ? 1 : -1);
  }
  EXPECT_EQ(s.stages("wash_trading"), "");
}

}  // namespace
}  // namespace trapline::trap::test
