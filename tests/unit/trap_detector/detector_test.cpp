#include <gtest/gtest.h>

#include "eventful.hpp"

namespace trapline::trap::test {
namespace {

constexpr int level = 60500;

TEST(detector, output_is_the_same_bytes_whatever_the_portions) {
  const auto owned = eventful();
  const scene& s = *owned;
  ASSERT_GT(s.out.signals.size(), 8u);
  for (const std::size_t portion : {1u, 7u, 1000u}) {
    collector out;
    detector d(scene_settings(), out);
    // A portion arrives in one call of the host; between two of them the caller may do anything, here:
    // copy the events elsewhere, so that no pointer of one portion survives into the next.
    for (std::size_t i = 0; i < s.tape.size(); i += portion) {
      const std::vector<recorded> batch(
          s.tape.begin() + static_cast<std::ptrdiff_t>(i),
          s.tape.begin() + static_cast<std::ptrdiff_t>(std::min(i + portion, s.tape.size())));
      for (const auto& r : batch) feed(d, r);
    }
    EXPECT_EQ(out.bytes == s.out.bytes, true) << "portions of " << portion;
  }
}

TEST(detector, another_symbol_between_the_events_changes_nothing) {
  const auto owned = eventful();
  const scene& s = *owned;
  collector out;
  detector d(scene_settings(), out);
  std::size_t other = 0;
  for (const auto& r : s.tape) {
    feed(d, r);
    recorded x = r;
    x.head.instrument = 2;
    feed(d, x);
  }
  std::vector<told_signal> first;
  for (const auto& t : out.signals) {
    if (t.id().find(":BTCUSDT:") != std::string::npos) first.push_back(t);
    else ++other;
  }
  ASSERT_EQ(first.size(), s.out.signals.size());
  EXPECT_EQ(other, s.out.signals.size());
  for (std::size_t i = 0; i < first.size(); ++i)
    EXPECT_EQ(std::memcmp(&first[i].s, &s.out.signals[i].s, sizeof(trapline_signal)), 0);
}

TEST(detector, every_episode_ends_and_keeps_its_id) {
  const auto owned = eventful();
  scene& s = *owned;
  s.calm(20 * 60);
  std::map<std::string, std::vector<std::uint8_t>> stages;
  for (const auto& t : s.out.signals) stages[t.id()].push_back(t.s.stage);
  ASSERT_GE(stages.size(), 3u);
  for (const auto& [id, v] : stages) {
    EXPECT_TRUE(std::is_sorted(v.begin(), v.end())) << id;
    EXPECT_EQ(std::count(v.begin(), v.end(), TRAPLINE_STAGE_EXPIRED), 1) << id;
    EXPECT_EQ(v.back(), TRAPLINE_STAGE_EXPIRED) << id;
  }
}

TEST(detector, numbers_are_finite_and_in_range) {
  const auto owned = eventful();
  const scene& s = *owned;
  for (const auto& t : s.out.signals) {
    for (const double x : {t.s.probability, t.s.confidence, t.s.intensity}) {
      EXPECT_GE(x, 0);
      EXPECT_LE(x, 1);
    }
    for (const auto& e : t.evidence) EXPECT_TRUE(std::isfinite(e.value) && std::isfinite(e.contribution)) << e.name;
    EXPECT_LE(t.s.onset_ts, t.ts);
    EXPECT_GT(t.s.onset_ts, 0);
  }
  for (const auto& t : s.out.matrices)
    for (const auto& r : t.rows) EXPECT_TRUE(r.probability > 0 && r.probability < 1);
}

TEST(detector, contributions_of_every_signal_add_up_to_its_log_odds) {
  settings low_cap = scene_settings();
  low_cap.spoofing.cap_single = 0.002;
  const auto owned = eventful(low_cap);
  bool capped = false, faded = false;
  for (const auto& t : owned->out.signals) {
    ASSERT_FALSE(t.evidence.empty()) << t.id();
    EXPECT_EQ(sdk::view(t.evidence.front().name), "prior");
    double sum = 0;
    for (const auto& e : t.evidence) {
      sum += e.contribution;
      capped |= sdk::view(e.name) == "cap";
      faded |= sdk::view(e.name) == "fade";
    }
    EXPECT_NEAR(logistic(sum), t.s.probability, 1e-9) << t.id();
  }
  EXPECT_TRUE(capped) << "a single layer is capped";
  EXPECT_TRUE(faded) << "the end of a confirmed episode is told with what is left";
}

TEST(detector, matrix_comes_on_the_grid_of_event_time_and_at_once_on_an_alarm) {
  const auto owned = eventful();
  const scene& s = *owned;
  const std::int64_t every = scene_settings().report_every;
  std::size_t on_grid = 0;
  std::int64_t last_slot = scene::start / every;
  std::vector<std::int64_t> alarms;
  std::map<std::string, bool> alarmed;
  for (const auto& t : s.out.signals)
    if ((t.s.stage == TRAPLINE_STAGE_DETECTED || t.s.stage == TRAPLINE_STAGE_CONFIRMED) &&
        !std::exchange(alarmed[t.id()], true))
      alarms.push_back(t.ts);
  ASSERT_GE(alarms.size(), 2u);
  for (const auto& m : s.out.matrices) {
    if (m.ts / every > last_slot) {
      EXPECT_EQ(m.ts / every, last_slot + 1) << "none is skipped while events flow";
      last_slot = m.ts / every;
      ++on_grid;
    } else {
      EXPECT_NE(std::find(alarms.begin(), alarms.end(), m.ts), alarms.end()) << "between the grid only alarms report";
    }
  }
  EXPECT_EQ(s.out.matrices.size(), on_grid + alarms.size());
  EXPECT_EQ(s.out.matrices.back().rows.size(), kind_count);
}

TEST(detector, no_alarm_while_warming_and_the_matrix_says_so) {
  settings cfg = scene_settings();
  cfg.warmup = 900 * second;
  scene s(level - 40, cfg, 300);
  s.oi -= 150;
  s.glide(level + static_cast<int>(1.5 * s.sig60()), 4, 12, 0.95);
  s.glide(level - 25, 15, 6, 0.1);
  s.calm(100);
  EXPECT_TRUE(s.out.signals.empty());
  ASSERT_FALSE(s.out.matrices.empty());
  for (const auto& m : s.out.matrices) {
    EXPECT_EQ(m.m.warming, 1);
    EXPECT_NEAR(m.m.probability, 0.01, 1e-12);
  }
  s.calm(600);
  EXPECT_EQ(s.out.matrices.back().m.warming, 0);
}

TEST(detector, history_warms_the_scales_but_neither_ends_the_warm_up_nor_alarms) {
  collector out;
  detector d(scene_settings(), out);
  std::int64_t ts = scene::start;
  const auto trade = [&](double price, int side, std::uint16_t flags) {
    trapline_trade t{};
    t.price = std::llround(price * 10);
    t.price_exp = -1;
    t.size = 10;
    t.aggressor_side = side > 0 ? TRAPLINE_SIDE_BUY : TRAPLINE_SIDE_SELL;
    d.on_trade(sdk::make_event(TRAPLINE_EVENT_TRADE, 1, 1, ts, 0, flags), t);
    ts += second;
  };
  for (int i = 0; i < 2000; ++i) trade(60'250 + i % 3 + (i > 1900 ? 0.5 * (i - 1900) : 0), 1, TRAPLINE_FLAG_HISTORY);
  EXPECT_TRUE(out.signals.empty());
  EXPECT_TRUE(d.find(1)->warming());
  EXPECT_GT(d.find(1)->view().sigma(), 0);
  EXPECT_GT(d.find(1)->view().vbar(), 0);
}

TEST(detector, trade_from_before_is_ignored_and_counted) {
  scene s(60250);
  const double vbar = s.core.find(1)->view().vbar(), price = s.core.find(1)->view().price();
  trapline_trade t{};
  t.price = 100'000'0;
  t.price_exp = -1;
  t.size = 1'000'000;
  t.aggressor_side = TRAPLINE_SIDE_BUY;
  EXPECT_EQ(s.core.on_trade(sdk::make_event(TRAPLINE_EVENT_TRADE, 1, 1, s.now - second), t), ignored::time_backwards);
  EXPECT_EQ(s.core.on_trade(sdk::make_event(TRAPLINE_EVENT_TRADE, 1, 1, 0), t), ignored::no_time);
  EXPECT_EQ(s.core.find(1)->view().vbar(), vbar);
  EXPECT_EQ(s.core.find(1)->view().price(), price);
}

TEST(detector, book_from_before_is_applied_with_the_clock_held) {
  scene s(60250);
  const std::int64_t now = s.core.find(1)->view().now();
  trapline_book b{};
  b.bid_count = 1;
  b.price_exp = 0;
  const trapline_level l[] = {{60'250, 77}};
  EXPECT_EQ(s.core.on_book(sdk::make_event(TRAPLINE_EVENT_BOOK_DELTA, 2, 1, s.now - second), b, l),
            ignored::time_backwards);
  EXPECT_EQ(s.core.find(1)->view().book().size_at(book_side::bid, 60'250), 77);
  EXPECT_EQ(s.core.find(1)->view().now(), now);
}

TEST(detector, clock_that_is_set_back_for_good_starts_the_symbol_anew_and_ends_its_episodes) {
  scene s(level - 40);
  s.oi -= 150;
  s.glide(level + static_cast<int>(1.5 * s.sig60()), 4, 12, 0.95);
  ASSERT_EQ(s.stages("stop_hunt_high"), "forming");
  s.now = scene::start - 24 * 3600 * second;
  for (int i = 0; i < 400; ++i) s.trade(60'000, 0.1, 1, 0, s.now += second / 10);
  EXPECT_EQ(s.stages("stop_hunt_high"), "forming expired");
  EXPECT_TRUE(s.core.find(1)->warming());
  EXPECT_LT(s.core.find(1)->view().now(), scene::start);
}

TEST(detector, lost_book_reduces_observability_until_the_snapshot) {
  scene s(60250);
  s.gap(TRAPLINE_GAP_BOOK);
  EXPECT_FALSE(s.core.find(1)->view().book_valid());
  trapline_book b{};
  b.bid_count = 1;
  const trapline_level l[] = {{60'250, 1}};
  EXPECT_EQ(s.core.on_book(sdk::make_event(TRAPLINE_EVENT_BOOK_DELTA, 2, 1, s.now), b, l), ignored::book_invalid);
  s.snapshot();
  EXPECT_TRUE(s.core.find(1)->view().book_valid());
}

TEST(detector, delta_that_does_not_join_invalidates_the_book) {
  scene s(60250);
  const auto delta = [&](std::uint64_t prev, std::uint64_t seq) {
    trapline_book b{};
    b.bid_count = 1;
    b.venue_prev_seq = prev;
    b.venue_seq = seq;
    const trapline_level l[] = {{60'249, 5}};
    return s.core.on_book(sdk::make_event(TRAPLINE_EVENT_BOOK_DELTA, 2, 1, s.now), b, l);
  };
  EXPECT_EQ(delta(10, 11), ignored::none) << "nothing to join to yet";
  EXPECT_EQ(delta(11, 12), ignored::none);
  EXPECT_EQ(delta(13, 14), ignored::sequence);
  EXPECT_FALSE(s.core.find(1)->view().book_valid());
}

TEST(detector, delta_before_which_others_were_dropped_invalidates_the_book) {
  for (const auto flag : {TRAPLINE_FLAG_CONFLATED, TRAPLINE_FLAG_AFTER_GAP}) {
    scene s(60250);
    trapline_book b{};  // of a venue without numbers: only the flag tells
    b.bid_count = 1;
    const trapline_level l[] = {{60'249, 5}};
    auto e = sdk::make_event(TRAPLINE_EVENT_BOOK_DELTA, 2, 1, s.now);
    EXPECT_EQ(s.core.on_book(e, b, l), ignored::none);
    e.flags = static_cast<std::uint16_t>(flag);
    EXPECT_EQ(s.core.on_book(e, b, l), ignored::sequence);
    EXPECT_FALSE(s.core.find(1)->view().book_valid());
  }
}

TEST(detector, a_gap_of_the_bus_concerns_every_symbol) {
  scene s(60250);
  trapline_gap g{};
  g.channel = TRAPLINE_GAP_BUS;
  s.core.on_gap(sdk::make_event(TRAPLINE_EVENT_GAP, 9, 0, 0), g);
  EXPECT_FALSE(s.core.find(1)->view().book_valid());
  EXPECT_FALSE(s.core.find(1)->view().trades_complete());
}

TEST(detector, nonsense_is_counted_and_harmless) {
  scene s(60250);
  trapline_trade t{};
  t.price = -5;
  t.size = 1;
  EXPECT_EQ(s.core.on_trade(sdk::make_event(TRAPLINE_EVENT_TRADE, 1, 1, s.now), t), ignored::malformed);
  t.price = 5, t.size = 0;
  EXPECT_EQ(s.core.on_trade(sdk::make_event(TRAPLINE_EVENT_TRADE, 1, 1, s.now), t), ignored::malformed);
  t.size = 1, t.price_exp = 100;
  EXPECT_EQ(s.core.on_trade(sdk::make_event(TRAPLINE_EVENT_TRADE, 1, 1, s.now), t), ignored::malformed);
  trapline_book b{};
  b.bid_count = 3;
  const trapline_level l[] = {{60'250, 1}};
  EXPECT_EQ(s.core.on_book(sdk::make_event(TRAPLINE_EVENT_BOOK_SNAPSHOT, 2, 1, s.now), b, l), ignored::malformed);
  trapline_candle c{};
  c.interval_ns = minute;
  c.closed = 1;
  EXPECT_EQ(s.core.on_candle(sdk::make_event(TRAPLINE_EVENT_CANDLE, 4, 1, s.now), c), ignored::malformed);
  trapline_ticker k{};
  k.present = 0xffff;
  k.open_interest = -1;
  EXPECT_EQ(s.core.on_ticker(sdk::make_event(TRAPLINE_EVENT_TICKER, 3, 1, s.now), k), ignored::none);
  EXPECT_EQ(s.core.find(1)->view().open_interest(), s.oi);
}

TEST(detector, symbols_are_bounded) {
  settings cfg = scene_settings();
  cfg.max_symbols = 3;
  collector out;
  detector d(cfg, out);
  trapline_trade t{};
  t.price = t.size = 1;
  for (std::uint32_t i = 1; i <= 3; ++i)
    EXPECT_EQ(d.on_trade(sdk::make_event(TRAPLINE_EVENT_TRADE, 1, 10 - i, scene::start), t), ignored::none);
  EXPECT_EQ(d.on_trade(sdk::make_event(TRAPLINE_EVENT_TRADE, 1, 77, scene::start), t), ignored::max_symbols);
  EXPECT_EQ(d.symbols(), 3u);
  EXPECT_NE(d.find(8), nullptr);
  EXPECT_EQ(d.find(77), nullptr);
}

TEST(detector, only_the_patterns_asked_for_are_watched) {
  settings cfg = scene_settings();
  cfg.patterns = {"spoofing"};
  scene s(level - 40, cfg);
  s.oi -= 150;
  s.glide(level + static_cast<int>(1.5 * s.sig60()), 4, 12, 0.95);
  s.glide(level - 25, 15, 6, 0.1);
  s.calm(60);
  EXPECT_TRUE(s.out.signals.empty());
  EXPECT_EQ(s.out.matrices.back().rows.size(), 2u);
}

}  // namespace
}  // namespace trapline::trap::test
