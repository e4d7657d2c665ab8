#include <gtest/gtest.h>

#include <random>

#include "features/levels.hpp"

namespace trapline::trap::test {
namespace {

constexpr std::int64_t origin = 1'700'000'040 * second;

minute_bar bar(int i, double high, double low) {
  return {origin + i * minute, (high + low) / 2, high, low, (high + low) / 2};
}

level_settings only_swings(std::vector<int> bars) {
  level_settings s;
  s.swing_bars = std::move(bars);
  s.session = 0;
  s.round_numbers = false;
  return s;
}

TEST(levels, a_swing_is_known_only_when_its_right_side_is_complete) {
  const auto settings = only_swings({3});
  level_set l(settings);
  const double highs[] = {10, 11, 12, 20, 13, 12, 11};
  for (int i = 0; i < 7; ++i) {
    l.on_candle(bar(i, highs[i], 5 + i * 0.001), origin + (i + 1) * minute, 0);
    const bool known = i == 6;
    EXPECT_EQ(l.all().size(), known ? 1u : 0u) << "after bar " << i;
  }
  EXPECT_EQ(l.all()[0].price, 20);
  EXPECT_EQ(l.all()[0].side, 1);
  EXPECT_EQ(l.all()[0].born, origin + 7 * minute);
}

TEST(levels, swings_agree_with_a_search_over_all_bars_and_never_look_ahead) {
  const int n = 5;
  const auto settings = only_swings({n});
  level_settings plain = settings;
  plain.equal_extremes = false;
  std::mt19937 rng(4);
  std::vector<double> highs;
  level_set l(plain);
  for (int i = 0; i < 60; ++i) {
    highs.push_back(100 + std::uniform_real_distribution<>(0, 10)(rng));
    // Lows and closes far below, so that no level is broken by a close.
    l.on_candle({origin + i * minute, 50, highs.back(), 40 - i * 0.01, 50}, origin + (i + 1) * minute, 0);
    std::vector<double> expected;
    for (int c = n; c + n <= i; ++c) {
      bool top = true;
      for (int k = c - n; k <= c + n; ++k)
        top = top && (k == c || highs[static_cast<std::size_t>(k)] < highs[static_cast<std::size_t>(c)]);
      if (top) expected.push_back(highs[static_cast<std::size_t>(c)]);
    }
    std::vector<double> found;
    for (const auto& x : l.all())
      if (x.side > 0) found.push_back(x.price);
    ASSERT_EQ(found, expected) << "after bar " << i;
  }
}

TEST(levels, bars_are_built_from_trades) {
  const auto settings = only_swings({1});
  level_set l(settings);
  l.on_trade(origin, 10, 0);
  l.on_trade(origin + 30 * second, 14, 0);
  l.on_trade(origin + minute, 20, 0);
  l.on_trade(origin + minute + second, 19, 0);
  l.on_trade(origin + 2 * minute, 12, 0);
  EXPECT_EQ(l.bar_count(), 2u);
  EXPECT_EQ(l.close(0), 19);
  EXPECT_EQ(l.close(1), 14);
  EXPECT_TRUE(l.all().empty()) << "the third bar is still running";
  l.on_trade(origin + 3 * minute, 12, 0);
  ASSERT_EQ(l.all().size(), 1u);
  EXPECT_EQ(l.all()[0].price, 20);
}

TEST(levels, candles_of_history_give_the_swings_that_trades_came_too_late_for) {
  const auto settings = only_swings({2});
  level_set l(settings);
  l.on_trade(origin + 20 * minute, 100, 0);
  const double highs[] = {101, 102, 110, 103, 102, 101};
  for (int i = 0; i < 6; ++i) l.on_candle(bar(i, highs[i], 99 + 0.001 * i), origin + 20 * minute, 0);
  l.on_trade(origin + 21 * minute, 100, 0);  // closes the running bar
  ASSERT_EQ(l.all().size(), 1u);
  EXPECT_EQ(l.all()[0].price, 110);
}

TEST(levels, extremes_of_one_height_become_one_strong_level) {
  const auto settings = only_swings({1});
  level_set l(settings);
  const double highs[] = {100, 120, 100, 100, 120.01, 100, 100};
  for (int i = 0; i < 7; ++i) l.on_candle(bar(i, highs[i], 90 - i), origin + (i + 1) * minute, 0);
  std::vector<price_level> tops;
  for (const auto& x : l.all())
    if (x.side > 0) tops.push_back(x);
  ASSERT_EQ(tops.size(), 1u);
  EXPECT_EQ(tops[0].kind, level_kind::equal);
  EXPECT_EQ(tops[0].price, 120.01);
  EXPECT_EQ(tops[0].strength, 3);
}

TEST(levels, a_close_beyond_breaks_a_level) {
  const auto settings = only_swings({1});
  level_set l(settings);
  for (int i = 0; i < 3; ++i) l.on_candle(bar(i, i == 1 ? 120 : 100, 90 - i), origin + (i + 1) * minute, 2);
  ASSERT_EQ(l.all().size(), 1u);
  l.on_candle({origin + 3 * minute, 100, 120.5, 80, 120.5}, origin + 4 * minute, 2);
  EXPECT_EQ(l.all().size(), 1u) << "within half a sig60 it only touched";
  l.on_candle({origin + 4 * minute, 120, 125, 79, 125}, origin + 5 * minute, 2);
  for (const auto& x : l.all()) EXPECT_NE(x.price, 120);
}

TEST(levels, extremes_of_a_session_are_levels_when_it_has_ended) {
  level_settings s;
  s.swing_bars = {};
  s.round_numbers = false;
  s.session = 10 * minute;
  level_set l(s);
  const std::int64_t begin = origin - origin % s.session;
  l.on_trade(begin, 100, 0);
  l.on_trade(begin + minute, 110, 0);
  l.on_trade(begin + 2 * minute, 95, 0);
  EXPECT_TRUE(l.all().empty());
  l.on_trade(begin + s.session, 100, 0);
  ASSERT_EQ(l.all().size(), 2u);
  EXPECT_EQ(l.all()[0].price, 110);
  EXPECT_EQ(l.all()[1].price, 95);
}

TEST(levels, round_numbers_scale_with_the_price) {
  EXPECT_DOUBLE_EQ(level_set::round_step(60'000), 500);
  EXPECT_DOUBLE_EQ(level_set::round_step(30'000), 500);
  EXPECT_DOUBLE_EQ(level_set::round_step(100'000), 1000);
  EXPECT_DOUBLE_EQ(level_set::round_step(0.62), 0.005);
  level_settings s;
  s.swing_bars = {};
  level_set l(s);
  l.watch(60'480);
  ASSERT_EQ(l.above().size(), 1u);
  EXPECT_EQ(l.above()[0].price, 60'500);
  EXPECT_EQ(l.above()[0].strength, 1);
  EXPECT_EQ(l.below()[0].price, 60'000);
  EXPECT_EQ(l.below()[0].strength, 2);
  l.watch(60'500);
  EXPECT_EQ(l.above()[0].price, 61'000) << "strictly beyond the price";
  EXPECT_EQ(l.below()[0].price, 60'000);
}

TEST(levels, the_nearest_are_watched_first_and_a_price_only_once) {
  const auto settings = only_swings({1});
  level_set l(settings);
  const double highs[] = {100, 150, 100, 140, 100, 130, 100, 120, 100, 115, 100};
  for (int i = 0; i < 11; ++i) l.on_candle(bar(i, highs[i], 90 - i), origin + (i + 1) * minute, 0);
  l.watch(99);
  ASSERT_EQ(l.above().size(), level_set::watched);
  EXPECT_EQ(l.above()[0].price, 115);
  EXPECT_EQ(l.above()[1].price, 120);
  EXPECT_EQ(l.above()[3].price, 140);
}

TEST(levels, table_stays_within_its_capacity_and_keeps_the_strong) {
  level_settings s = only_swings({1});
  s.equal_extremes = false;
  level_set l(s);
  for (int i = 0; i < 1000; ++i)
    l.on_candle({origin + i * minute, 50, 100.0 + (i % 2 ? i : 0), 50, 50}, origin + (i + 1) * minute, 0);
  EXPECT_LE(l.all().size(), level_set::capacity);
  EXPECT_LE(l.bar_count(), level_set::bar_capacity);
}

}  // namespace
}  // namespace trapline::trap::test
