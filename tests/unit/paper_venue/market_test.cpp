#include "market.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "simulation.hpp"

namespace {

using namespace trapline::paper_venue;

constexpr std::int64_t start = 1'760'000'000 * second;

// Writes down everything a simulation tells.
struct recorder : simulation_sink {
  std::string text;
  simulation* from = nullptr;
  void put(const char* what, std::initializer_list<std::int64_t> numbers) {
    text += what;
    for (const auto n : numbers) text += ' ' + std::to_string(n);
    text += '\n';
  }
  void on_episode(std::size_t, const episode_truth& t) override {
    put("episode",
        {t.pattern, t.direction, t.onset_ts, t.end_ts, t.level.value_or(0), static_cast<std::int64_t>(t.id)});
  }
  void on_trades(std::size_t, const std::vector<trade>& trades) override {
    for (const auto& t : trades) put("trade", {t.ts, t.tick, t.lots, static_cast<int>(t.taker)});
  }
  void on_book(std::size_t s) override {
    const auto& f = from->feed_of(s);
    put("book", {f.seq(), f.checksum(from->instruments()[s])});
  }
  void on_ticker(std::size_t s) override { put("ticker", {from->market_of(s).quotes().open_interest()}); }
  void on_candle(std::size_t, bool closed) override { put("candle", {closed}); }
  void on_order(const order& o) override {
    put("order", {static_cast<std::int64_t>(o.id), static_cast<int>(o.status), o.filled, o.fees});
  }
  void on_execution(const execution& x) override { put("execution", {x.tick, x.lots, x.profit}); }
  void on_plan(const plan_order& p) override { put("plan", {static_cast<std::int64_t>(p.id)}); }
  void on_position_closed(const position& p) override { put("closed", {p.realised}); }
  void on_funding(std::size_t s) override { put("funding", {static_cast<std::int64_t>(s)}); }
};

std::string record(std::uint64_t seed, std::int64_t chunk) {
  settings s;
  s.seed = seed;
  s.symbols = {"BTCUSDT", "ETHUSDT"};
  s.episodes.kinds = {episode_kind::spoofing, episode_kind::stop_hunt};
  s.episodes.after = 10 * second;
  recorder r;
  simulation sim(s, start, r);
  r.from = &sim;
  for (std::int64_t t = start; t < start + 600 * second; t += chunk) sim.advance(t + chunk);
  return r.text;
}

TEST(simulation, the_same_seed_gives_the_same_events_in_whatever_steps_time_passes) {
  const auto once = record(42, 25'000'000);
  EXPECT_GT(once.size(), 100'000u);
  EXPECT_NE(once.find("episode"), std::string::npos);
  EXPECT_EQ(once, record(42, 600 * second));
  EXPECT_EQ(once, record(42, 1'000'000'000));
}

TEST(simulation, another_seed_gives_other_events) { EXPECT_NE(record(42, second), record(43, second)); }

class market_test : public testing::Test {
 protected:
  static market_settings settings_for(std::uint64_t seed) {
    market_settings s;
    s.seed = seed;
    s.start_ts = start;
    s.start_tick = 640'000;
    return s;
  }
};

TEST_F(market_test, the_book_is_never_crossed_nor_empty_nor_negative) {
  market m(settings_for(7));
  director d({{episode_kind::stop_hunt, episode_kind::fake_pump, episode_kind::bear_trap}, 20 * second, 5 * second}, m,
             9);
  for (int i = 0; i < 40 * 3600; ++i) {
    d.advance(m);
    m.step();
    const auto& b = m.book();
    ASSERT_FALSE(b.empty(side::buy));
    ASSERT_FALSE(b.empty(side::sell));
    ASSERT_LT(b.best(side::buy), b.best(side::sell)) << "after " << i << " steps";
    if (i % 100 != 0) continue;
    for (const side s : {side::buy, side::sell})
      for (const auto& [tick, lots] : b.of(s)) ASSERT_GT(lots, 0) << tick;
  }
}

TEST_F(market_test, trade_times_and_ids_rise) {
  market m(settings_for(3));
  std::int64_t last_ts = 0;
  std::uint64_t last_id = 0;
  for (int i = 0; i < 40 * 120; ++i) {
    m.step();
    for (const auto& t : m.trades()) {
      EXPECT_GE(t.ts, last_ts);
      EXPECT_GT(t.id, last_id);
      EXPECT_GT(t.ts, m.now() - market::step_ns);
      EXPECT_LE(t.ts, m.now());
      last_ts = t.ts;
      last_id = t.id;
    }
  }
}

// The quiet market against what is measured of real ones, scaled down; see README.
TEST_F(market_test, the_background_has_the_rates_and_the_shape_that_the_readme_states) {
  double trades = 0, lots = 0, tight = 0, depth = 0, variance_1 = 0, variance_60 = 0;
  int seconds = 0, n_60 = 0;
  for (const std::uint64_t seed : {11, 12, 13, 14}) {
    market m(settings_for(seed));
    std::vector<double> mids;
    for (int i = 0; i < 40 * 3600; ++i) {
      m.step();
      trades += static_cast<double>(m.trades().size());
      for (const auto& t : m.trades()) lots += static_cast<double>(t.lots);
      if (i % 40 != 0) continue;
      ++seconds;
      tight += m.book().best(side::sell) - m.book().best(side::buy) <= 5;
      depth += static_cast<double>(m.book().depth(side::buy, m.book().best(side::buy) - 640)) * 1e-4;
      mids.push_back(m.mid());
      const auto n = mids.size();
      if (n > 1) variance_1 += std::pow(mids[n - 1] - mids[n - 2], 2);
      if (n > 60) {
        variance_60 += std::pow(mids[n - 1] - mids[n - 61], 2);
        ++n_60;
      }
    }
  }
  EXPECT_GT(trades / seconds, 8);
  EXPECT_LT(trades / seconds, 25);
  EXPECT_GT(lots / seconds * 1e-4, 0.6);
  EXPECT_LT(lots / seconds * 1e-4, 2.5);
  EXPECT_GT(tight / seconds, 0.7);
  EXPECT_GT(depth / seconds, 10);
  EXPECT_LT(depth / seconds, 40);
  // Close to a random walk: neither momentum nor reversion that a detector could live on.
  const double ratio = (variance_60 / n_60) / (60 * variance_1 / seconds);
  EXPECT_GT(ratio, 0.6);
  EXPECT_LT(ratio, 1.5);
  const double sigma60_bp = std::sqrt(60 * variance_1 / seconds) / 64;
  EXPECT_GT(sigma60_bp, 3);
  EXPECT_LT(sigma60_bp, 9);
}

TEST_F(market_test, bars_join_without_holes_and_contain_their_trades) {
  market m(settings_for(5));
  for (int i = 0; i < 40 * 300; ++i) m.step();
  const auto& bars_now = m.minute_bars().all();
  EXPECT_EQ(bars_now.size(), bars::kept);
  for (std::size_t i = 1; i < bars_now.size(); ++i) {
    EXPECT_EQ(bars_now[i].start - bars_now[i - 1].start, bars::interval);
    EXPECT_GE(bars_now[i].high, std::max(bars_now[i].open, bars_now[i].close));
    EXPECT_LE(bars_now[i].low, std::min(bars_now[i].open, bars_now[i].close));
  }
}

TEST_F(market_test, untouched_swings_are_extremes_that_nothing_has_passed_since) {
  market m(settings_for(6));
  for (const auto tick : m.minute_bars().untouched_swing_highs()) {
    const auto& all = m.minute_bars().all();
    std::size_t at = 0;
    while (at < all.size() && all[at].high != tick) ++at;
    ASSERT_LT(at + bars::swing_width, all.size());
    for (std::size_t i = at + 1; i < all.size(); ++i) EXPECT_LT(all[i].high, tick);
  }
}

}  // namespace
