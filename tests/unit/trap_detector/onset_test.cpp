// What the onset model reads, against sums written out.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>
#include <vector>

#include "features/market.hpp"

namespace trapline::trap::test {
namespace {

double at(const onset_values& x, onset_feature f) { return x[static_cast<std::size_t>(f)]; }

void feed(market& m, const trade_tick& t) {
  m.advance(t.ts);
  m.on_trade(t, false);
}

// Two hours of one order in ten seconds, sides in turn, price 100.
market quiet_market(std::int64_t& now) {
  market m;
  m.see_price_exp(-2);
  for (int i = 0; i < 720; ++i, now += 10 * second) feed(m, {now, 100, 1, i % 2 ? 1 : -1});
  return m;
}

TEST(onset, every_input_equals_the_sum_written_out) {
  std::mt19937 random(3);
  const auto unit = [&] { return std::uniform_real_distribution<>(0, 1)(random); };
  market m;
  m.see_price_exp(-8);
  std::vector<trade_tick> all;
  const std::int64_t begin = 1'600'000'000 * second;
  std::int64_t now = begin;
  int compared = 0;
  for (int i = 0; i < 6000; ++i) {
    // Often in the same millisecond or second, sometimes after a minute: windows empty and fill again.
    const double u = unit();
    if (u > 0.4) now += static_cast<std::int64_t>((u > 0.95 ? 60 : u > 0.7 ? 3 : 0.3) * unit() * 1e3) * 1'000'000;
    const int side = unit() < 0.5 ? 1 : unit() < 0.8 ? -1 : 0;
    all.push_back({now, 100 * (1 + 0.1 * unit()), 0.1 + unit(), side});
    feed(m, all.back());
    const std::int64_t sec = now / second, first = begin / second;
    for (const sign s : {1, -1}) {
      onset_values x;
      if (!m.onset(s, x)) continue;
      ++compared;
      // Means over closed seconds, weighted by age; counts over the running second and those before it.
      double volume = 0, trades = 0, orders = 0, weight = 0, of_2s = 0, orders_2s = 0, orders_25s = 0, side_25s = 0,
             volume_25s = 0, extreme = 0;
      for (std::int64_t k = first; k < sec; ++k) weight += std::exp2(-static_cast<double>(sec - 1 - k) / 14400);
      for (std::size_t k = 0; k < all.size(); ++k) {
        const trade_tick& t = all[k];
        const std::int64_t age = sec - t.ts / second;
        const double w = age > 0 ? std::exp2(-static_cast<double>(age - 1) / 14400) : 0;
        const bool opens = k == 0 || all[k - 1].ts != t.ts || all[k - 1].side != t.side;
        const double order = t.side == s && opens;
        volume += w * (t.side != 0 ? t.size : 0), trades += w, orders += w * order;
        if (age < 2) of_2s += t.side == s ? t.size : 0, orders_2s += order;
        if (age < 25) orders_25s += order, side_25s += t.side == s ? t.size : 0, volume_25s += t.side ? t.size : 0;
        if (age < 60 && (extreme == 0 || s * (t.price - extreme) < 0)) extreme = t.price;
        // A second without trades stands at the close before it.
        if (age >= 60 && all[k + 1].ts / second > sec - 59) extreme = t.price;
      }
      const double rate = orders / weight;
      ASSERT_NEAR(at(x, onset_feature::return_pct), std::log1p(100 * s * std::log(all.back().price / extreme)), 1e-9);
      ASSERT_NEAR(at(x, onset_feature::volume_2s), std::log1p(of_2s / (2 * volume / weight)), 1e-9);
      ASSERT_NEAR(at(x, onset_feature::orders_25s), std::log1p(orders_25s / (1 + 25 * rate)), 1e-9);
      ASSERT_NEAR(at(x, onset_feature::orders_2s), std::log1p(orders_2s / (1 + 2 * rate)), 1e-9);
      ASSERT_NEAR(at(x, onset_feature::pushing_share), volume_25s > 0 ? side_25s / volume_25s : 0.5, 1e-9);
      ASSERT_NEAR(at(x, onset_feature::quiet), -std::log1p(trades / weight / onset_watch::busy_rate), 1e-9);
    }
  }
  EXPECT_GT(compared, 1000);
}

TEST(onset, one_order_that_sweeps_many_levels_is_no_crowd) {
  onset_values swept, crowd;
  for (const bool one : {true, false}) {
    std::int64_t now = 1'600'000'000 * second;
    market m = quiet_market(now);
    for (int i = 0; i < 20; ++i, now += one ? 0 : 1'000'000) feed(m, {now, 100 + 0.25 * i, 1, 1});
    ASSERT_TRUE(m.onset(1, one ? swept : crowd));
  }
  EXPECT_EQ(at(swept, onset_feature::return_pct), at(crowd, onset_feature::return_pct));
  EXPECT_EQ(at(swept, onset_feature::volume_2s), at(crowd, onset_feature::volume_2s));
  EXPECT_LT(at(swept, onset_feature::orders_2s), 0.7);
  EXPECT_GT(at(crowd, onset_feature::orders_2s), 2.8);
  const onset_model m = shipped_onset.model;
  EXPECT_LT(m.logit(swept) + 3, m.logit(crowd));
}

TEST(onset, shipped_weights_never_let_more_of_what_pumps_have_speak_against_one) {
  for (const double w : shipped_onset.model.weight) EXPECT_GE(w, 0);
}

TEST(onset, there_are_no_values_in_the_first_hour_nor_for_less_than_one_per_cent) {
  onset_values x;
  market young;
  std::int64_t now = 1'600'000'000 * second;
  for (int i = 0; i < 300; ++i, now += 10 * second) feed(young, {now, 100, 1, 1});
  feed(young, {now, 120, 1, 1});
  EXPECT_FALSE(young.onset(1, x));
  market m = quiet_market(now);
  feed(m, {now, 100.9, 1, 1});
  EXPECT_FALSE(m.onset(1, x));
  feed(m, {now, 101.1, 1, 1});
  EXPECT_TRUE(m.onset(1, x));
  EXPECT_FALSE(m.onset(-1, x));
}

}  // namespace
}  // namespace trapline::trap::test
