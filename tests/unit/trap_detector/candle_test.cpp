#include "candle/bar_detector.hpp"

#include <gtest/gtest.h>

#include "scene.hpp"

namespace trapline::trap::test {
namespace {

// Feeds bars of a market round 1000 whose minutes close 1 up and 1 down in turn: sigma is 0.1 %.
class bars {
 public:
  explicit bars(settings s = with_warmup()) : core(std::move(s), out) {}
  static settings with_warmup() {
    settings s;
    s.warmup = 60 * minute;
    s.levels.swing_bars = {10};
    s.levels.round_numbers = false;
    s.levels.session = 0;
    return s;
  }
  void add(double open, double high, double low, double close, double volume = 10, bool closed = true) {
    trapline_candle c{};
    c.interval_ns = minute;
    c.start_ts = now;
    c.price_exp = -2;
    c.open = std::llround(open * 100), c.high = std::llround(high * 100), c.low = std::llround(low * 100);
    c.close = std::llround(close * 100);
    c.volume = std::llround(volume);
    c.closed = closed;
    if (closed) now += minute;
    core.on_candle(sdk::make_event(TRAPLINE_EVENT_CANDLE, 1, 1, now), c);
  }
  void calm(int n) {
    for (int i = 0; i < n; ++i) i % 2 == 0 ? add(1000, 1001.2, 999.8, 1001) : add(1001, 1001.2, 999.8, 1000);
  }
  // A swing high at 1004 that becomes known ten bars later.
  void swing_high() {
    add(1000, 1004, 999.8, 1001);
    for (int i = 0; i < 12; ++i) i % 2 == 0 ? add(1001, 1001.2, 999.8, 1000) : add(1000, 1001.2, 999.8, 1001);
  }
  std::vector<told_signal> of(std::string_view prefix) const {
    std::vector<told_signal> v;
    for (const auto& s : out.signals)
      if (s.id().starts_with(prefix)) v.push_back(s);
    return v;
  }
  collector out;
  bar_detector core;
  std::int64_t now = scene::start;
};

TEST(candle, a_swept_and_reclaimed_swing_is_told_at_its_base_rate_and_with_low_observability) {
  bars b;
  b.calm(80);
  b.swing_high();
  b.add(1001, 1005, 1000.5, 1001, 80);
  b.calm(4);
  const auto told = b.of("stop_hunt_high");
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told[0].s.stage, TRAPLINE_STAGE_FORMING);
  EXPECT_NEAR(told[0].s.probability, 0.35, 1e-9);
  EXPECT_EQ(told[0].s.observability, TRAPLINE_OBSERVABILITY_LOW);
  EXPECT_EQ(told[0].s.level, 100400);
  EXPECT_EQ(told[0].s.price_exp, -2);
  EXPECT_EQ(sdk::view(told[0].s.detector), "trap_detector_candle");
  for (const auto& t : told) EXPECT_LT(t.s.probability, 0.7) << "bars alone raise no alarm";
}

TEST(candle, an_accepted_break_that_is_given_back_is_a_bull_trap) {
  bars b;
  b.calm(80);
  b.swing_high();
  b.add(1001, 1005.5, 1000.5, 1005);
  for (int i = 0; i < 4; ++i) b.add(1005, 1005.5, 1004.5, i % 2 == 0 ? 1004.8 : 1005);
  b.add(1005, 1005, 1001, 1001);
  b.calm(4);
  const auto told = b.of("bull_trap");
  ASSERT_GE(told.size(), 2u);
  EXPECT_EQ(told.back().s.stage, TRAPLINE_STAGE_EXPIRED);
  double peak = 0;
  for (const auto& m : b.out.matrices)
    for (const auto& r : m.rows)
      if (r.pattern == TRAPLINE_PATTERN_BULL_TRAP) peak = std::max(peak, r.probability);
  EXPECT_NEAR(peak, 0.42, 1e-9) << "given back after acceptance";
}

TEST(candle, a_fast_rise_is_a_pump_and_fake_once_half_is_taken_back) {
  bars b;
  b.calm(80);
  b.add(1000, 1011, 1000, 1010, 100);
  ASSERT_EQ(b.of("pump").size(), 1u);
  EXPECT_EQ(b.of("pump")[0].s.stage, TRAPLINE_STAGE_DETECTED);
  EXPECT_TRUE(b.of("fake_pump")[0].s.probability < 0.5);
  b.add(1010, 1010, 1003, 1004, 50);
  b.calm(4);
  const auto fake = b.of("fake_pump");
  ASSERT_EQ(fake.size(), 3u);
  EXPECT_EQ(fake[1].s.stage, TRAPLINE_STAGE_CONFIRMED);
  EXPECT_EQ(fake[2].s.stage, TRAPLINE_STAGE_EXPIRED);
}

TEST(candle, nothing_is_told_while_warming_from_running_bars_or_of_a_quiet_market) {
  bars b;
  b.calm(20);
  b.add(1000, 1021, 1000, 1020, 100);
  b.calm(100);
  b.add(1000, 1100, 1000, 1100, 100, false);
  b.calm(100);
  EXPECT_TRUE(b.out.signals.empty());
  ASSERT_FALSE(b.out.matrices.empty());
  EXPECT_EQ(b.out.matrices.front().m.warming, 1);
  EXPECT_EQ(b.out.matrices.back().m.warming, 0);
  EXPECT_EQ(b.out.matrices.back().rows.size(), 8u) << "no rows for patterns that bars cannot show";
}

TEST(candle, trades_make_the_bars_where_no_candles_come) {
  bars from_candles;
  collector out;
  bar_detector from_trades(bars::with_warmup(), out);
  const auto trade = [&](std::int64_t ts, double price, int size) {
    trapline_trade t{};
    t.price = std::llround(price * 100);
    t.price_exp = -2;
    t.size = size;
    from_trades.on_trade(sdk::make_event(TRAPLINE_EVENT_TRADE, 1, 1, ts), t);
  };
  std::int64_t ts = scene::start;
  for (int i = 0; i < 100; ++i, ts += minute) {
    const double close = i == 90 ? 1010 : i == 91 ? 1003 : i % 2 == 0 ? 1001 : 1000;
    const double high = std::max(close, 1001.2);
    for (const double p : {1000.0, high, 999.8, close}) trade(ts, p, 5);
    from_candles.add(1000, high, 999.8, close, 20);
  }
  trade(ts, 1000, 1);
  EXPECT_FALSE(out.signals.empty());
  EXPECT_EQ(out.bytes, from_candles.out.bytes);
}

}  // namespace
}  // namespace trapline::trap::test
