#include <gtest/gtest.h>

#include "scene.hpp"

namespace trapline::trap::test {
namespace {

constexpr int centre = 60250;  // halfway between two round numbers: no level nearby

void pump(scene& s, double sigmas = 8, double seconds = 30) {
  s.glide(centre + static_cast<int>(std::lround(sigmas * s.sig60())), seconds, 15, 0.92);
}

TEST(impulse, retraced_pump_is_confirmed_fake) {
  scene s(centre);
  pump(s);
  s.hold(25);
  s.glide(centre + 10, 60, 5, 0.2);
  s.calm(200);
  const auto told = s.of("fake_pump");
  ASSERT_GE(told.size(), 3u) << scene::stages(told);
  EXPECT_EQ(told.front().s.stage, TRAPLINE_STAGE_FORMING);
  EXPECT_EQ(told[told.size() - 2].s.stage, TRAPLINE_STAGE_CONFIRMED);
  EXPECT_EQ(told.back().s.stage, TRAPLINE_STAGE_EXPIRED);
  EXPECT_EQ(told.front().s.direction, TRAPLINE_DIRECTION_UP);
  EXPECT_EQ(told.front().id(), "fake_pump:BTCUSDT:1");
}

TEST(impulse, retraced_dump_is_confirmed_fake) {
  scene s(centre);
  s.glide(centre - static_cast<int>(std::lround(8 * s.sig60())), 30, 15, 0.08);
  s.hold(25);
  s.glide(centre - 10, 60, 5, 0.8);
  s.calm(200);
  const auto told = s.of("fake_dump");
  ASSERT_GE(told.size(), 3u);
  EXPECT_EQ(told[told.size() - 2].s.stage, TRAPLINE_STAGE_CONFIRMED);
  EXPECT_EQ(told.back().s.direction, TRAPLINE_DIRECTION_DOWN);
}

TEST(impulse, probability_at_the_impulse_is_the_base_rate_when_nothing_else_is_known) {
  // Trades only: no book, no open interest, no index.
  settings cfg = scene_settings();
  cfg.impulse.use_onset = false;
  cfg.impulse.learned_fake = {};
  collector out;
  detector d(cfg, out);
  std::int64_t ts = scene::start;
  std::uint32_t seed = 7;
  const auto trade = [&](double price, double size, int side) {
    trapline_trade t{};
    t.price = std::llround(price * 10);
    t.price_exp = -1;
    t.size = std::llround(size * 1e4);
    t.size_exp = -4;
    t.aggressor_side = side > 0 ? TRAPLINE_SIDE_BUY : TRAPLINE_SIDE_SELL;
    d.on_trade(sdk::make_event(TRAPLINE_EVENT_TRADE, 1, 1, ts), t);
  };
  for (int i = 0; i < 6000; ++i) {
    seed = seed * 1664525u + 1013904223u;
    trade(centre + static_cast<int>(seed >> 16) % 5 - 2, 0.1, seed & 0x10000 ? 1 : -1);
    ts += 100'000'000;
  }
  const double sig60 = d.find(1)->view().sig60_price();
  for (int i = 1; i <= 200; ++i, ts += 100'000'000) trade(centre + 9 * sig60 * i / 200, 1.5, 1);
  const told_signal* first = nullptr;
  for (const auto& s : out.signals)
    if (s.id().starts_with("fake_pump") && !first) first = &s;
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->s.stage, TRAPLINE_STAGE_FORMING);
  EXPECT_NEAR(first->s.probability, 0.48, 1e-9) << "with the reasoned tables; those that are learned begin elsewhere";
  EXPECT_EQ(first->s.observability, TRAPLINE_OBSERVABILITY_REDUCED);
}

TEST(impulse, pump_that_holds_is_a_pump_and_not_confirmed_fake) {
  scene s(centre);
  pump(s);
  s.calm(20 * 60);
  EXPECT_EQ(s.stages("pump:"), "detected confirmed expired");
  for (const auto& t : s.of("fake_pump")) EXPECT_NE(t.s.stage, TRAPLINE_STAGE_CONFIRMED);
  ASSERT_FALSE(s.of("fake_pump").empty());
  EXPECT_EQ(s.of("fake_pump").back().s.stage, TRAPLINE_STAGE_EXPIRED);
}

TEST(impulse, index_and_open_interest_that_confirm_lower_the_probability) {
  scene followed(centre), alone(centre);
  alone.index_share = 0;
  followed.oi += 500;
  pump(followed);
  pump(alone);
  ASSERT_FALSE(followed.of("fake_pump").empty());
  ASSERT_FALSE(alone.of("fake_pump").empty());
  followed.hold(30);
  alone.hold(30);
  EXPECT_LT(followed.peak("fake_pump"), alone.peak("fake_pump"));
  EXPECT_FALSE(followed.alarmed("fake_pump"));
}

TEST(impulse, slow_drift_is_no_impulse) {
  scene s(centre);
  s.glide(centre + static_cast<int>(std::lround(8 * s.sig60())), 900, 2, 0.6);
  EXPECT_EQ(s.stages("pump:"), "");
  EXPECT_EQ(s.stages("fake_pump"), "");
}

TEST(impulse, the_way_back_of_a_pump_is_not_called_a_dump) {
  scene s(centre);
  pump(s);
  s.hold(25);
  s.glide(centre + 5, 30, 15, 0.05);
  s.calm(60);
  ASSERT_TRUE(s.alarmed("fake_pump"));
  EXPECT_EQ(s.stages("dump:"), "");
  EXPECT_EQ(s.stages("fake_dump"), "");
}

TEST(impulse, an_extreme_long_after_the_last_is_another_move) {
  scene s(centre);
  pump(s);
  s.hold(240);
  s.glide(s.mid() + 30, 20, 1, 0.5);
  EXPECT_EQ(s.stages("fake_pump"), "forming expired") << "it held, and the machine does not drag on";
}

TEST(impulse, a_move_that_a_stop_hunt_explains_is_not_told_twice) {
  scene s(60460);
  // Quick enough for an impulse, and a hunt of 60,500: the hunt was there first.
  s.oi -= 150;
  s.glide(60500 + static_cast<int>(std::lround(3.4 * s.sig60())), 4, 14, 0.96);
  s.glide(60500 - static_cast<int>(std::lround(2.6 * s.sig60())), 20, 6, 0.1);
  s.calm(120);
  ASSERT_TRUE(s.alarmed("stop_hunt_high"));
  ASSERT_FALSE(s.of("fake_pump").empty()) << "the scene must reach an impulse";
  EXPECT_FALSE(s.alarmed("fake_pump"));
}

}  // namespace
}  // namespace trapline::trap::test
