// Arithmetic of the features against straightforward references.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "features/depth_book.hpp"
#include "features/ew.hpp"
#include "features/intensity.hpp"
#include "features/log_quantile.hpp"
#include "features/market.hpp"
#include "features/p2_quantile.hpp"
#include "features/pulse.hpp"
#include "scene.hpp"

namespace trapline::trap::test {
namespace {

TEST(ew_mean, equals_the_weighted_sum_written_out) {
  const double half_life = 7;
  ew_mean m(half_life);
  std::vector<double> xs;
  std::mt19937 rng(1);
  for (int i = 0; i < 200; ++i) {
    xs.push_back(std::uniform_real_distribution<>(-1, 3)(rng));
    m.add(xs.back());
  }
  double sum = 0, weight = 0;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    const double w = std::exp2(-static_cast<double>(xs.size() - 1 - i) / half_life);
    sum += w * xs[i];
    weight += w;
  }
  EXPECT_NEAR(m.mean(), sum / weight, 1e-12);
  EXPECT_NEAR(m.weight(), weight, 1e-9);
}

TEST(ew_mean, skipping_zeros_equals_adding_them) {
  ew_mean a(30), b(30);
  for (int i = 0; i < 20; ++i) a.add(i), b.add(i);
  for (int i = 0; i < 100; ++i) a.add(0);
  b.add_zeros(100);
  EXPECT_NEAR(a.mean(), b.mean(), 1e-12);
  EXPECT_NEAR(a.weight(), b.weight(), 1e-9);
}

TEST(ew_moments, young_series_is_an_ordinary_average) {
  ew_moments m(1e9);
  for (const double x : {1.0, 2.0, 3.0, 4.0}) m.add(x);
  EXPECT_NEAR(m.mean(), 2.5, 1e-6);
  EXPECT_NEAR(m.stddev(), std::sqrt(1.25), 1e-6);
}

TEST(log_quantile, is_a_sample_within_a_bin_of_the_sorted_quantile) {
  for (const double q : {0.5, 0.9, 0.99, 0.999}) {
    log_quantile p(q, 1 << 30);
    std::vector<double> xs;
    std::uint32_t seed = 5;
    for (int i = 0; i < 20'000; ++i) {
      seed = seed * 1664525u + 1013904223u;
      xs.push_back(std::exp((seed >> 8) * 0x1p-24 * 12 - 6));
      p.add(xs.back());
    }
    std::sort(xs.begin(), xs.end());
    EXPECT_TRUE(std::binary_search(xs.begin(), xs.end(), p.value())) << q;
    const double exact = xs[static_cast<std::size_t>(q * static_cast<double>(xs.size()))];
    EXPECT_NEAR(p.value() / exact, 1, 0.1) << q;
  }
}

TEST(log_quantile, takes_zero_and_what_is_beyond_its_bins) {
  log_quantile p(0.5, 1000);
  EXPECT_EQ(p.value(), 0);
  for (int i = 0; i < 10; ++i) p.add(0);
  EXPECT_EQ(p.value(), 0);
  for (int i = 0; i < 100; ++i) p.add(1e14);
  EXPECT_EQ(p.value(), 1e14);
}

TEST(log_quantile, with_a_memory_it_follows_a_change_of_regime) {
  log_quantile forgets(0.9, 1000), keeps(0.9, 1u << 30);
  for (int i = 0; i < 20'000; ++i) {
    forgets.add(1);
    keeps.add(1);
  }
  for (int i = 0; i < 1'500; ++i) {
    forgets.add(8);
    keeps.add(8);
  }
  EXPECT_EQ(forgets.value(), 8);
  EXPECT_EQ(keeps.value(), 1);
  EXPECT_LT(forgets.samples(), 1000u);
}

TEST(order_intensity, settles_at_rate_times_kernel_and_decays_with_it) {
  order_intensity x;
  std::int64_t ts = 1'700'000'000 * second;
  for (int i = 0; i < 2000; ++i) x.add(1, ts += second / 20);
  // A regular stream of 20 a second: the sum after an event is 1 / (1 - exp(-dt / tau)).
  const auto settled = [](double tau) { return 1 / (1 - std::exp(-0.05 / tau)); };
  EXPECT_NEAR(x.value(1, order_intensity::tenth_second, ts), settled(0.1), 1e-9);
  EXPECT_NEAR(x.value(1, order_intensity::one_second, ts), settled(1), 1e-6);
  EXPECT_NEAR(x.value(1, order_intensity::ten_seconds, ts), settled(10), 0.01);
  EXPECT_EQ(x.value(-1, order_intensity::one_second, ts), 0);
  EXPECT_NEAR(x.value(1, order_intensity::one_second, ts + second), settled(1) * std::exp(-1.0), 1e-6);
}

TEST(branching, is_none_for_even_or_poisson_counts_and_grows_with_clusters) {
  branching even(1e9), clustered(1e9);
  for (int i = 0; i < 3000; ++i) {
    even.add(10);
    clustered.add(i % 10 == 0 ? 100 : 0);
  }
  EXPECT_EQ(even.n(), 0);
  // Mean 10, variance 900: 1 - 1 / sqrt(90).
  EXPECT_NEAR(clustered.n(), 1 - 1 / std::sqrt(90.0), 1e-3);
  EXPECT_NEAR(clustered.rate(), 10, 1e-2);
}

TEST(pulse, repeats_the_book_over_quiet_steps_and_forgets_trades_past_its_span) {
  pulse p;
  const std::int64_t start = 1'700'000'000 * second;
  p.advance(start);
  p.on_book(7, 9, 100);
  p.on_trade(book_side::ask, 2);
  p.advance(start + second);
  p.on_trade(book_side::ask, 3);
  EXPECT_EQ(p.ago(0).depth[1], 9);
  EXPECT_EQ(p.ago(5).mid, 100);
  EXPECT_EQ(p.hit(book_side::ask, 9), 3);
  EXPECT_EQ(p.hit(book_side::ask, 10), 5);
  EXPECT_EQ(p.hit(book_side::bid, 10), 0);
  p.advance(start + 100 * second);
  EXPECT_EQ(p.hit(book_side::ask, pulse::span - 1), 0);
  EXPECT_EQ(p.ago(pulse::span - 1).depth[0], 7);
}

TEST(p2_quantile, is_near_the_sorted_quantile) {
  std::mt19937 rng(3);
  for (const double q : {0.5, 0.9, 0.99, 0.999}) {
    p2_quantile p(q);
    std::vector<double> xs;
    for (int i = 0; i < 50'000; ++i) {
      const double x = std::lognormal_distribution<>(0, 1)(rng);
      xs.push_back(x);
      p.add(x);
    }
    std::sort(xs.begin(), xs.end());
    const double exact = xs[static_cast<std::size_t>(q * static_cast<double>(xs.size()))];
    EXPECT_NEAR(p.value() / exact, 1.0, 0.1) << "q = " << q;
  }
}

TEST(p2_quantile, reproduces_the_example_of_its_paper) {
  // Jain and Chlamtac 1985, table I: the median of twenty observations.
  p2_quantile p(0.5);
  for (const double x : {0.02,  0.15,  0.74, 3.39, 0.83, 22.37, 10.15, 15.43, 38.62, 15.92,
                         34.60, 10.28, 1.47, 0.40, 0.05, 11.39, 0.27,  0.42,  0.09,  11.37})
    p.add(x);
  EXPECT_NEAR(p.value(), 4.44, 0.01);
}

TEST(p2_quantile, fewer_than_five_samples_give_an_order_statistic) {
  p2_quantile p(0.5);
  EXPECT_EQ(p.value(), 0);
  p.add(9), p.add(1), p.add(5);
  EXPECT_EQ(p.value(), 5);
}

TEST(p2_quantile, with_a_memory_it_follows_a_change_of_regime) {
  p2_quantile forgets(0.5, 1000), keeps(0.5);
  std::mt19937 rng(5);
  std::uniform_real_distribution<> before(0, 1), after(10, 11);
  for (int i = 0; i < 20'000; ++i) {
    const double x = before(rng);
    forgets.add(x), keeps.add(x);
  }
  for (int i = 0; i < 5'000; ++i) {
    const double x = after(rng);
    forgets.add(x), keeps.add(x);
  }
  EXPECT_NEAR(forgets.value(), 10.5, 0.5);
  EXPECT_LT(keeps.value(), 1.5);
}

trapline_book head(std::uint32_t bids, std::uint32_t asks, int exp = -1) {
  trapline_book b{};
  b.bid_count = bids;
  b.ask_count = asks;
  b.price_exp = static_cast<std::int8_t>(exp);
  b.size_exp = -1;
  return b;
}

TEST(depth_book, tells_every_changed_level_with_its_sizes) {
  depth_book b;
  const trapline_level first[] = {{1000, 10}, {990, 20}, {1010, 30}};
  ASSERT_TRUE(b.snapshot(head(2, 1), first));
  struct change {
    book_side side;
    double price, before, after;
  };
  std::vector<change> seen;
  const trapline_level then[] = {{1000, 15}, {990, 0}, {980, 5}, {970, 0}, {1010, 30}};
  ASSERT_TRUE(b.delta(head(4, 1), then, [&](book_side s, double p, double o, double n) {
    seen.push_back({s, p, o, n});
  }));
  ASSERT_EQ(seen.size(), 3u) << "an absent level deleted and an equal size are no changes";
  EXPECT_EQ(seen[0].price, 100.0);
  EXPECT_EQ(seen[0].before, 1.0);
  EXPECT_EQ(seen[0].after, 1.5);
  EXPECT_EQ(seen[1].after, 0.0);
  EXPECT_EQ(seen[2].before, 0.0);
  EXPECT_EQ(b.size_at(book_side::bid, 98.0), 0.5);
}

TEST(depth_book, same_price_at_another_exponent_is_the_same_level) {
  depth_book b;
  const trapline_level first[] = {{587102, 10}, {587103, 10}};
  ASSERT_TRUE(b.snapshot(head(1, 1, -1), first));
  const trapline_level then[] = {{58710200, 40}};
  ASSERT_TRUE(b.delta(head(1, 0, -3), then, [](auto...) {}));
  EXPECT_EQ(b.count(book_side::bid), 1u);
  EXPECT_EQ(b.at(book_side::bid, 0).size, 4.0);
}

TEST(depth_book, crossing_or_malformed_events_invalidate_until_the_next_snapshot) {
  const trapline_level first[] = {{1000, 10}, {1010, 10}};
  const auto nothing = [](auto...) {};
  depth_book b;
  ASSERT_TRUE(b.snapshot(head(1, 1), first));
  const trapline_level crossing[] = {{1010, 10}};
  EXPECT_FALSE(b.delta(head(1, 0), crossing, nothing));
  EXPECT_FALSE(b.valid());
  const trapline_level fine[] = {{1000, 11}};
  EXPECT_FALSE(b.delta(head(1, 0), fine, nothing)) << "still waiting for a snapshot";
  ASSERT_TRUE(b.snapshot(head(1, 1), first));
  const trapline_level negative[] = {{1000, -1}};
  EXPECT_FALSE(b.delta(head(1, 0), negative, nothing));
  const trapline_level unsorted[] = {{990, 10}, {1000, 10}, {1010, 10}};
  EXPECT_FALSE(b.snapshot(head(2, 1), unsorted));
}

TEST(depth_book, random_deltas_agree_with_a_map) {
  depth_book b;
  std::map<std::int64_t, std::int64_t> bids{{10'000, 5}}, asks{{10'001, 5}};
  const trapline_level first[] = {{10'000, 5}, {10'001, 5}};
  ASSERT_TRUE(b.snapshot(head(1, 1, 0), first));
  std::mt19937 rng(11);
  for (int i = 0; i < 20'000; ++i) {
    const bool bid = rng() % 2;
    // Away from the best level, so that the sides never empty or cross.
    const std::int64_t price =
        bid ? 9'999 - static_cast<std::int64_t>(rng() % 400) : 10'002 + static_cast<std::int64_t>(rng() % 400);
    const trapline_level l[] = {{price, static_cast<std::int64_t>(rng() % 4)}};
    ASSERT_TRUE(b.delta(head(bid, !bid, 0), l, [](auto...) {}));
    auto& m = bid ? bids : asks;
    if (l[0].size == 0) m.erase(price);
    else m[price] = l[0].size;
  }
  ASSERT_EQ(b.count(book_side::bid), bids.size());
  std::size_t i = 0;
  for (auto it = bids.rbegin(); it != bids.rend(); ++it, ++i)
    EXPECT_EQ(b.at(book_side::bid, i).price, static_cast<double>(it->first));
  i = 0;
  for (const auto& [p, q] : asks) {
    EXPECT_EQ(b.at(book_side::ask, i).price, static_cast<double>(p));
    EXPECT_EQ(b.at(book_side::ask, i++).size, static_cast<double>(q) / 10);
  }
}

TEST(depth_book, beyond_its_capacity_the_farthest_levels_are_dropped) {
  depth_book b;
  std::vector<trapline_level> levels;
  for (int i = 0; i < 1500; ++i) levels.push_back({100'000 - i, 1});
  levels.push_back({100'001, 1});
  ASSERT_TRUE(b.snapshot(head(1500, 1, 0), levels));
  EXPECT_EQ(b.count(book_side::bid), depth_book::capacity);
  const trapline_level far[] = {{1000, 7}};
  ASSERT_TRUE(b.delta(head(1, 0, 0), far, [](auto...) { FAIL() << "beyond the window nothing is seen to change"; }));
  levels.clear();
  const trapline_level hole[] = {{99'999, 0}}, back[] = {{99'999, 2}}, extra[] = {{99'999, 3}};
  ASSERT_TRUE(b.delta(head(1, 0, 0), hole, [](auto...) {}));
  ASSERT_TRUE(b.delta(head(1, 0, 0), back, [](auto...) {}));
  ASSERT_TRUE(b.delta(head(1, 0, 0), extra, [](auto...) {}));
  EXPECT_EQ(b.size_at(book_side::bid, 99'999), 0.3);
  EXPECT_EQ(b.count(book_side::bid), depth_book::capacity);
}

TEST(market, order_flow_imbalance_follows_its_definition) {
  market m;
  m.advance(100 * second);
  const trapline_level first[] = {{1000, 100}, {1010, 50}};
  ASSERT_TRUE(m.on_snapshot(head(1, 1), first));
  const auto nothing = [](auto...) {};
  // Bid grows by 2 at the same price: +2. Ask shrinks by 1 at the same price: +1.
  const trapline_level bid_up[] = {{1000, 120}, {1010, 40}};
  ASSERT_TRUE(m.on_delta(head(1, 1), bid_up, nothing));
  EXPECT_NEAR(m.bins().ofi(1), 3.0, 1e-12);
  // Bid rises to a new price with 3 coins: +3.
  const trapline_level higher[] = {{1005, 30}};
  ASSERT_TRUE(m.on_delta(head(1, 0), higher, nothing));
  EXPECT_NEAR(m.bins().ofi(1), 6.0, 1e-12);
  // That bid vanishes: -3.
  const trapline_level gone[] = {{1005, 0}};
  ASSERT_TRUE(m.on_delta(head(1, 0), gone, nothing));
  EXPECT_NEAR(m.bins().ofi(1), 3.0, 1e-12);
}

TEST(market, sigma_is_the_root_mean_square_of_one_second_returns) {
  market m;
  double sum = 0, weight = 0, last = 0;
  std::mt19937 rng(2);
  const int n = 600;
  for (int i = 0; i < n; ++i) {
    m.advance((1000 + i) * second);
    const std::int64_t bid = 600'000 + static_cast<std::int64_t>(rng() % 100);
    const trapline_level l[] = {{bid, 10}, {bid + 2, 10}};
    ASSERT_TRUE(m.on_snapshot(head(1, 1), l));
    const double mid = (static_cast<double>(bid) + 1) / 10;
    if (last > 0) {
      const double r = std::log(mid / last), d = std::exp2(-1.0 / 900);
      sum = sum * d + r * r;
      weight = weight * d + 1;
    }
    last = mid;
  }
  m.advance((1000 + n) * second);
  EXPECT_NEAR(m.sigma(), std::sqrt(sum / weight), 1e-12);
}

TEST(market, one_jump_is_no_volatility_but_a_wild_market_is) {
  market m;
  std::int64_t now = 1000, bid = 600'000;
  const auto move = [&](std::int64_t ticks, int seconds) {
    for (int i = 0; i < seconds; ++i) {
      m.advance(++now * second);
      bid += i % 2 == 0 ? ticks : -ticks;
      const trapline_level l[] = {{bid, 10}, {bid + 2, 10}};
      ASSERT_TRUE(m.on_snapshot(head(1, 1), l));
    }
  };
  move(20, 900);
  const double before = m.sigma();
  bid += 3000;  // 150 deviations in a second
  move(20, 10);
  EXPECT_NEAR(m.sigma() / before, 1.0, 0.05);
  move(200, 300);
  EXPECT_GT(m.sigma() / before, 4);
}

TEST(market, a_long_hole_in_the_data_is_not_taken_for_quiet) {
  scene s(60250, scene_settings(), 400);
  const double before = s.core.find(1)->view().sigma();
  s.now += 3600 * second;
  s.book(60400);
  s.now += second;
  s.book(60400);
  const double after = s.core.find(1)->view().sigma();
  EXPECT_NEAR(after / before, 1.0, 0.05);
}

TEST(flow, windows_hold_the_last_seconds_and_no_more) {
  flow f;
  for (int s = 0; s < 60; ++s) {
    f.open(1000 + s);
    f.now().buy += s;
  }
  EXPECT_EQ(f.buy(flow::two), 58 + 59);
  EXPECT_EQ(f.buy(flow::five), 55 + 56 + 57 + 58 + 59);
  f.open(1000 + 63);
  EXPECT_EQ(f.buy(flow::five), 59) << "55..58 are older than five seconds now";
  f.open(1000 + 5000);
  EXPECT_EQ(f.buy(flow::twenty_five), 0);
  EXPECT_EQ(f.held(), flow::span);
}

}  // namespace
}  // namespace trapline::trap::test
