#include <gtest/gtest.h>

#include "scene.hpp"

namespace trapline::trap::test {
namespace {

constexpr int level = 60500;

// Up through the level on a burst and back below it. `volume`: coins a second of the push (1 is usual).
void sweep(scene& s, double volume, double oi_drop, double overshoot = 1.5) {
  const int far = static_cast<int>(std::lround(overshoot * s.sig60()));
  s.glide(level - 2, 10, 1, 0.5);
  s.oi -= oi_drop;
  s.glide(level + far, 3, volume, 0.95);
}
void reclaim(scene& s, double seconds = 15) {
  s.glide(level - static_cast<int>(std::lround(1.6 * s.sig60())), seconds, 6, 0.1);
}

TEST(stop_hunt, swept_on_a_burst_and_reclaimed_is_confirmed_and_ends) {
  scene s(level - 40);
  sweep(s, 12, 150);
  reclaim(s);
  s.calm(200);
  const auto told = s.of("stop_hunt_high");
  ASSERT_EQ(scene::stages(told), "forming detected confirmed expired");
  for (const auto& t : told) {
    EXPECT_EQ(t.id(), "stop_hunt_high:BTCUSDT:1");
    EXPECT_EQ(t.s.pattern, TRAPLINE_PATTERN_STOP_HUNT);
    EXPECT_EQ(t.s.direction, TRAPLINE_DIRECTION_UP);
    ASSERT_TRUE(t.s.has_level);
    EXPECT_EQ(t.s.level, level * 10);
    EXPECT_EQ(t.s.price_exp, -1);
  }
  EXPECT_GE(told[2].s.probability, 0.7);
  EXPECT_LT(told[3].s.probability, 0.5);
  EXPECT_GE(told[2].item("burst_ratio"), 4);
  EXPECT_NEAR(told[2].item("oi_drop_pct"), 0.15, 0.01);
  EXPECT_EQ(s.stages("stop_hunt_low"), "");
}

TEST(stop_hunt, works_below_a_low_as_above_a_high) {
  const int low = 60000;
  scene s(low + 40);
  s.glide(low + 2, 10, 1, 0.5);
  s.oi -= 150;
  s.glide(low - static_cast<int>(std::lround(1.5 * s.sig60())), 3, 12, 0.05);
  s.glide(low + static_cast<int>(std::lround(1.6 * s.sig60())), 15, 6, 0.9);
  s.calm(200);
  const auto told = s.of("stop_hunt_low");
  ASSERT_EQ(scene::stages(told), "forming detected confirmed expired");
  EXPECT_EQ(told[0].s.direction, TRAPLINE_DIRECTION_DOWN);
  EXPECT_EQ(told[0].s.level, low * 10);
}

TEST(stop_hunt, each_contribution_is_told_and_adds_up_to_the_probability) {
  scene s(level - 40);
  sweep(s, 12, 150);
  reclaim(s);
  s.calm(60);
  const auto told = s.of("stop_hunt_high");
  ASSERT_GE(told.size(), 3u);
  const auto& c = told[2];
  EXPECT_EQ(sdk::view(c.evidence[0].name), "prior");
  EXPECT_EQ(c.evidence[0].contribution,
            scene_settings().stop_hunt.learned.offset[static_cast<std::size_t>(state::confirmed)]);
  double sum = 0;
  for (const auto& e : c.evidence) sum += e.contribution;
  EXPECT_NEAR(c.s.probability, logistic(sum), 1e-12);
}

TEST(stop_hunt, sweep_without_burst_or_open_interest_stays_below_its_cap) {
  scene s(level - 40);
  // Slowly, on the usual volume: price action alone, which chance gives as well.
  s.glide(level + static_cast<int>(std::lround(1.5 * s.sig60())), 40, 1, 0.5);
  reclaim(s, 30);
  s.calm(120);
  const auto told = s.of("stop_hunt_high");
  ASSERT_FALSE(told.empty()) << "the sweep was not seen at all";
  EXPECT_LE(s.peak("stop_hunt_high"), 0.35);
  EXPECT_FALSE(s.alarmed("stop_hunt_high"));
  EXPECT_EQ(told.back().s.stage, TRAPLINE_STAGE_EXPIRED);
}

TEST(stop_hunt, a_thrust_through_two_levels_is_one_hunt_about_the_first) {
  auto with_swings = scene_settings();
  with_swings.levels.swing_bars = {10};
  scene s(level - 40, with_swings);
  // The second level: a high of an hour ago, a little beyond.
  const int outer = level + static_cast<int>(std::lround(0.8 * s.sig60()));
  for (int i = 0; i < 60; ++i) {
    trapline_candle c{};
    c.interval_ns = minute;
    c.closed = 1;
    c.start_ts = scene::start + (i - 70) * minute;
    c.price_exp = 0;
    c.open = c.low = c.close = level - 40;
    c.high = i == 20 ? outer : level - 35;
    s.core.on_candle(sdk::make_event(TRAPLINE_EVENT_CANDLE, 1, 1, s.now), c);
  }
  s.calm(90);
  const auto levels = s.core.find(1)->levels().all();
  ASSERT_TRUE(std::any_of(levels.begin(), levels.end(), [&](const auto& l) { return l.price == outer; }));
  sweep(s, 12, 150, 2.5);
  reclaim(s);
  s.calm(60);
  const auto told = s.of("stop_hunt_high");
  EXPECT_TRUE(s.alarmed("stop_hunt_high"));
  for (const auto& t : told) {
    EXPECT_EQ(t.id(), "stop_hunt_high:BTCUSDT:1");
    // While it forms, whatever was run over so far.
    if (t.s.stage != TRAPLINE_STAGE_FORMING) {
      EXPECT_EQ(t.s.level, level * 10);
    }
  }
}

TEST(stop_hunt, break_that_holds_is_not_a_stop_hunt) {
  scene s(level - 40);
  sweep(s, 12, 150);
  s.hold(200);
  EXPECT_FALSE(s.alarmed("stop_hunt_high"));
  EXPECT_EQ(s.stages("stop_hunt_high"), "forming expired");
}

TEST(stop_hunt, move_too_far_beyond_the_level_is_a_break) {
  scene s(level - 40);
  sweep(s, 12, 150, 8.0);
  reclaim(s);
  s.calm(60);
  EXPECT_FALSE(s.alarmed("stop_hunt_high"));
}

TEST(stop_hunt, reclaim_that_does_not_hold_is_not_confirmed) {
  scene s(level - 40);
  sweep(s, 12, 150);
  reclaim(s);
  s.glide(level + static_cast<int>(s.sig60()), 10, 3, 0.7);
  s.hold(200);
  for (const auto& t : s.of("stop_hunt_high")) EXPECT_NE(t.s.stage, TRAPLINE_STAGE_CONFIRMED);
  EXPECT_EQ(s.of("stop_hunt_high").back().s.stage, TRAPLINE_STAGE_EXPIRED);
}

TEST(stop_hunt, missing_open_interest_adds_nothing_and_reduces_observability) {
  scene s(level - 40, scene_settings(), 600, false);
  sweep(s, 12, 150);
  reclaim(s);
  s.calm(60);
  const auto told = s.of("stop_hunt_high");
  ASSERT_FALSE(told.empty());
  for (const auto& t : told) {
    EXPECT_TRUE(std::isnan(t.item("oi_drop_pct")));
    EXPECT_EQ(t.s.observability, TRAPLINE_OBSERVABILITY_REDUCED);
    EXPECT_LT(t.s.confidence, 0.75);
  }
}

TEST(stop_hunt, a_second_hunt_gets_the_next_number) {
  scene s(level - 40);
  for (int i = 0; i < 2; ++i) {
    sweep(s, 14, 150);
    reclaim(s);
    s.glide(level - 40, 5, 1, 0.5);
    s.calm(400);
  }
  const auto told = s.of("stop_hunt_high");
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.front().id(), "stop_hunt_high:BTCUSDT:1");
  EXPECT_EQ(told.back().id(), "stop_hunt_high:BTCUSDT:2");
}

}  // namespace
}  // namespace trapline::trap::test
