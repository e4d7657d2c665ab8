// Liquidity pulls, quote stuffing, absorption.
#include <gtest/gtest.h>

#include "scene.hpp"

namespace trapline::trap::test {
namespace {

// --- liquidity pull

int sig10(const scene& s, double times) { return static_cast<int>(std::ceil(times * s.sig60() / 2.449)); }

TEST(liquidity_pull, asks_vanish_untraded_and_the_price_goes_through) {
  scene s(60250);
  s.ask_scale = 0.15;
  s.hold(0.5, 0.1);
  ASSERT_EQ(s.stages("liquidity_pull_up"), "forming");
  EXPECT_LE(s.peak("liquidity_pull_up"), 0.45);
  s.glide(s.mid() + sig10(s, 3.5), 3, 2, 0.9);
  s.ask_scale = 1;
  s.calm(150);
  const auto told = s.of("liquidity_pull_up");
  ASSERT_EQ(scene::stages(told), "forming confirmed expired");
  EXPECT_EQ(told[1].s.pattern, TRAPLINE_PATTERN_LIQUIDITY_PULL);
  EXPECT_EQ(told[1].s.direction, TRAPLINE_DIRECTION_UP);
  EXPECT_NEAR(told[1].item("pull_share"), 0.85, 0.05);
  EXPECT_LT(told[1].item("pull_traded_share"), 0.01);
  EXPECT_GE(told[1].item("pull_move_sig10"), 2);
}

TEST(liquidity_pull, works_downwards) {
  scene s(60250);
  s.bid_scale = 0.15;
  s.hold(0.3, 0.1);
  s.glide(s.mid() - sig10(s, 3.5), 3, 2, 0.1);
  EXPECT_TRUE(s.alarmed("liquidity_pull_down"));
  EXPECT_EQ(s.stages("liquidity_pull_up"), "");
}

TEST(liquidity_pull, depth_that_comes_back_ends_it) {
  scene s(60250);
  s.ask_scale = 0.15;
  s.hold(0.5, 0.1);
  s.ask_scale = 1;
  s.hold(0.3, 0.1);
  s.glide(s.mid() + sig10(s, 3.5), 3, 2, 0.9);
  EXPECT_EQ(s.stages("liquidity_pull_up"), "forming expired");
}

TEST(liquidity_pull, price_that_does_not_use_the_hole_is_no_alarm) {
  scene s(60250);
  s.ask_scale = 0.15;
  s.hold(30, 0.1);
  EXPECT_EQ(s.stages("liquidity_pull_up"), "forming expired");
}

TEST(liquidity_pull, depth_that_was_traded_away_is_none) {
  scene s(60250);
  s.ask_scale = 0.15;
  s.glide(s.mid(), 0.5, 400, 1);
  EXPECT_EQ(s.stages("liquidity_pull_up"), "");
}

TEST(liquidity_pull, makers_who_leave_both_sides_are_no_alarm) {
  scene s(60250);
  s.ask_scale = s.bid_scale = 0.15;
  s.hold(0.3, 0.1);
  s.glide(s.mid() + sig10(s, 3.5), 3, 2, 0.9);
  EXPECT_FALSE(s.alarmed("liquidity_pull"));
}

// --- quote stuffing

settings fast_feed() {
  settings s = scene_settings();
  s.stuffing.throttled_from = 10 * second;  // nothing is throttled
  return s;
}

// One level far from the touch comes and goes `times` a second.
void flicker(scene& s, double seconds, int times) {
  const int price = s.mid() - 100;
  for (int i = 0; i < static_cast<int>(seconds * times); ++i) {
    s.now += second / times;
    s.layer(price, i % 2 ? 0 : 3);
    s.book(s.mid());
  }
  s.layer(price, 0);
}

TEST(quote_stuffing, level_that_flickers_for_seconds_is_told) {
  scene s(60250, fast_feed());
  flicker(s, 6, 100);
  s.calm(60);
  const auto told = s.of("quote_stuffing_bid");
  ASSERT_GE(told.size(), 2u);
  EXPECT_EQ(told[0].s.stage, TRAPLINE_STAGE_FORMING);
  EXPECT_TRUE(s.alarmed("quote_stuffing_bid"));
  EXPECT_EQ(told[1].s.pattern, TRAPLINE_PATTERN_QUOTE_STUFFING);
  EXPECT_EQ(told[1].s.direction, TRAPLINE_DIRECTION_BID);
  EXPECT_GE(told[1].item("flips_z"), 8);
  EXPECT_EQ(told[1].s.level, (60250 - 100) * 10);
  EXPECT_EQ(told[1].s.observability, TRAPLINE_OBSERVABILITY_FULL);
  EXPECT_EQ(told.back().s.stage, TRAPLINE_STAGE_EXPIRED);
  EXPECT_EQ(s.stages("quote_stuffing_ask"), "");
}

TEST(quote_stuffing, short_flicker_is_no_alarm) {
  scene s(60250, fast_feed());
  flicker(s, 1.5, 100);
  s.calm(60);
  EXPECT_FALSE(s.alarmed("quote_stuffing"));
}

TEST(quote_stuffing, throttled_feed_caps_the_probability_and_says_that_it_sees_little) {
  scene s(60250);
  flicker(s, 6, 100);
  const auto told = s.of("quote_stuffing_bid");
  ASSERT_FALSE(told.empty());
  EXPECT_LE(s.peak("quote_stuffing"), 0.5);
  EXPECT_FALSE(s.alarmed("quote_stuffing"));
  EXPECT_EQ(told[0].s.observability, TRAPLINE_OBSERVABILITY_LOW);
}

// --- absorption

TEST(absorption, price_that_is_hit_and_filled_up_again_is_told_as_context) {
  scene s(60250);
  s.hold(4, 15, 0.0);  // displays 2, is hit for 1.5 in each of 40 steps, and stands again in the next message
  const auto told = s.of("absorption_down");
  ASSERT_EQ(scene::stages(told), "forming");
  EXPECT_EQ(told[0].s.pattern, TRAPLINE_PATTERN_ABSORPTION);
  EXPECT_EQ(told[0].s.level, 60250 * 10);
  EXPECT_GE(told[0].item("absorbed_ratio"), 3);
  EXPECT_GE(told[0].item("refill_count"), 3);
  s.glide(60240, 2, 5, 0.0);
  s.calm(60);
  EXPECT_EQ(s.stages("absorption_down"), "forming expired") << "it gave way";
  EXPECT_FALSE(s.alarmed("absorption"));
}

TEST(absorption, price_that_is_eaten_up_is_none) {
  scene s(60250);
  s.layer(60250, 58);
  s.hold(1, 0.1);
  for (int i = 1; i <= 40; ++i) {
    s.layer(60250, 58 - 1.4 * i);
    s.hold(0.1, 14, 0.0);
  }
  EXPECT_EQ(s.stages("absorption_down"), "");
}

TEST(absorption, ordinary_trades_at_a_standing_price_are_too_little) {
  scene s(60250);
  s.hold(20, 1, 0.0);
  EXPECT_EQ(s.stages("absorption_down"), "");
}

}  // namespace
}  // namespace trapline::trap::test
