// Each planted episode against its own definition, measured from what clients are told.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "simulation.hpp"
#include "trapline/abi/signal.h"

namespace {

using namespace trapline::paper_venue;

constexpr std::int64_t start = 1'760'000'000 * second;

struct sample {  // at each book push
  std::int64_t ts;
  double mid;
};
struct interest {
  std::int64_t ts;
  double lots, index, mid;
};
struct resting_layer {
  std::int64_t begin, end, tick, lots;
  side where;
  double bp_away;  // from the touch of its side
};

struct observed_episode {
  episode_truth truth;
  double sigma60;  // ticks, at onset
  double volume;   // lots a second before onset
};

struct observer : simulation_sink {
  simulation* sim = nullptr;
  std::vector<sample> mids;
  std::vector<trade> trades;
  std::vector<interest> interests;
  std::vector<resting_layer> layers;
  std::vector<observed_episode> episodes;
  std::map<std::pair<int, std::int64_t>, resting_layer> open_layers;

  void on_episode(std::size_t, const episode_truth& t) override {
    if (t.ended) episodes.back().truth = t;
    else episodes.push_back({t, sim->market_of(0).sigma60(), sim->market_of(0).volume_rate()});
  }
  void on_trades(std::size_t, const std::vector<trade>& t) override { trades.insert(trades.end(), t.begin(), t.end()); }
  void on_book(std::size_t) override {
    const auto& f = sim->feed_of(0);
    const auto bid = f.bids().rbegin()->first, ask = f.asks().begin()->first;
    mids.push_back({sim->now(), 0.5 * static_cast<double>(bid + ask)});
    watch_layers(side::buy, f.bid_changes(), bid);
    watch_layers(side::sell, f.ask_changes(), ask);
  }
  void watch_layers(side s, const std::vector<level_change>& changes, std::int64_t touch) {
    for (const auto& c : changes) {
      const std::pair key{static_cast<int>(s), c.tick};
      const auto it = open_layers.find(key);
      if (c.lots >= 100'000 && it == open_layers.end()) {
        open_layers[key] = {sim->now(), 0, c.tick, c.lots, s, std::abs(static_cast<double>(c.tick - touch)) / 64};
      } else if (c.lots < 50'000 && it != open_layers.end()) {
        it->second.end = sim->now();
        layers.push_back(it->second);
        open_layers.erase(it);
      }
    }
  }
  void on_ticker(std::size_t) override {
    const auto& q = sim->market_of(0).quotes();
    interests.push_back({sim->now(), static_cast<double>(q.open_interest()), q.index(), sim->market_of(0).mid()});
  }
  void on_candle(std::size_t, bool) override {}
  void on_order(const order&) override {}
  void on_execution(const execution&) override {}
  void on_plan(const plan_order&) override {}
  void on_position_closed(const position&) override {}
  void on_funding(std::size_t) override {}

  double mid_at(std::int64_t ts) const {
    const auto it = std::upper_bound(mids.begin(), mids.end(), ts, [](auto t, auto& s) { return t < s.ts; });
    return it == mids.begin() ? mids.front().mid : std::prev(it)->mid;
  }
  double interest_at(std::int64_t ts) const {
    const auto it = std::upper_bound(interests.begin(), interests.end(), ts, [](auto t, auto& s) { return t < s.ts; });
    return it == interests.begin() ? interests.front().lots : std::prev(it)->lots;
  }
  // Lots bought and sold by takers in [from, to).
  std::pair<double, double> flow(std::int64_t from, std::int64_t to) const {
    double bought = 0, sold = 0;
    for (const auto& t : trades)
      if (t.ts >= from && t.ts < to) (t.taker == side::buy ? bought : sold) += static_cast<double>(t.lots);
    return {bought, sold};
  }
};

class episodes_test : public testing::TestWithParam<int> {
 protected:
  // Plays `kind` alone, `hours` long.
  void play(episode_kind kind, int hours) {
    settings s;
    s.seed = static_cast<std::uint64_t>(GetParam());
    s.trader = false;
    s.episodes.kinds = {kind};
    s.episodes.after = 60 * second;
    s.episodes.decoys = 0.4;  // more episodes in less time
    simulation sim(s, start, seen_);
    seen_.sim = &sim;
    sim.advance(start + hours * 3600 * second);
    if (!seen_.episodes.empty() && !seen_.episodes.back().truth.ended) seen_.episodes.pop_back();
    ASSERT_GE(seen_.episodes.size(), 4u);
    seen_.sim = nullptr;
  }
  observer seen_;
};

TEST_P(episodes_test, a_stop_hunt_sweeps_a_level_with_a_burst_sheds_interest_and_is_reclaimed) {
  play(episode_kind::stop_hunt, 2);
  int up = 0, down = 0;
  for (const auto& e : seen_.episodes) {
    const auto& t = e.truth;
    SCOPED_TRACE("episode " + std::to_string(t.id) + " level " + std::to_string(*t.level));
    const double way = t.direction == TRAPLINE_DIRECTION_UP ? 1 : -1;
    (way > 0 ? up : down)++;
    const auto beyond = [&](double mid) { return way * (mid - static_cast<double>(*t.level)) / e.sigma60; };
    EXPECT_LT(beyond(seen_.mid_at(t.onset_ts)), 0) << "began beyond the level";
    double extreme = -9;
    std::int64_t reclaimed = 0, back = 0;
    for (const auto& m : seen_.mids) {
      if (m.ts < t.onset_ts || m.ts > t.end_ts) continue;
      extreme = std::max(extreme, beyond(m.mid));
      if (extreme > 0.5 && reclaimed == 0 && beyond(m.mid) <= -1) reclaimed = m.ts;
      if (reclaimed != 0 && beyond(m.mid) >= 0) back = m.ts;
    }
    EXPECT_GE(extreme, 0.5);
    EXPECT_LE(extreme, 6);
    ASSERT_NE(reclaimed, 0) << "never reclaimed";
    EXPECT_GE(reclaimed - t.onset_ts, 15 * second);
    EXPECT_LE(reclaimed - t.onset_ts, 90 * second);
    EXPECT_EQ(back, 0) << "fell back beyond the level";
    EXPECT_GE(t.end_ts - reclaimed, 30 * second);
    // Somewhere in the first seconds, five seconds of one-sided volume.
    bool burst = false;
    for (std::int64_t from = t.onset_ts - 2 * second; from <= t.onset_ts + 2 * second; from += second / 4) {
      const auto [bought, sold] = seen_.flow(from, from + 5 * second);
      const double with = way > 0 ? bought : sold;
      burst = burst || (bought + sold >= 4 * 5 * e.volume && with >= 0.8 * (bought + sold));
    }
    EXPECT_TRUE(burst);
    double lowest = 1e18;
    for (const auto& i : seen_.interests)
      if (i.ts >= t.onset_ts && i.ts <= t.onset_ts + 60 * second) lowest = std::min(lowest, i.lots);
    EXPECT_GE(1 - lowest / seen_.interest_at(t.onset_ts), 0.0005);
  }
  EXPECT_GT(up, 0);
  EXPECT_GT(down, 0);
}

void check_trap(const observer& seen, double way) {
  for (const auto& e : seen.episodes) {
    const auto& t = e.truth;
    SCOPED_TRACE("episode " + std::to_string(t.id));
    EXPECT_EQ(t.direction, way > 0 ? TRAPLINE_DIRECTION_UP : TRAPLINE_DIRECTION_DOWN);
    const auto beyond = [&](double mid) { return way * (mid - static_cast<double>(*t.level)) / e.sigma60; };
    std::int64_t first = 0, last = 0, failed = 0;
    double extreme = 0;
    for (const auto& m : seen.mids) {
      if (m.ts < t.onset_ts || m.ts > t.end_ts) continue;
      const double b = beyond(m.mid);
      if (b > 0 && first == 0) first = m.ts;
      if (b > 0) {
        last = m.ts;
        failed = 0;
      }
      extreme = std::max(extreme, b);
      if (first != 0 && failed == 0 && b <= -1) failed = m.ts;
    }
    ASSERT_NE(first, 0);
    ASSERT_NE(failed, 0) << "never failed";
    EXPECT_GE(last - first, 60 * second);
    EXPECT_LE(last - first, 240 * second);
    EXPECT_LT(extreme, std::sqrt(5.0)) << "followed through by more than one five-minute sigma";
    double highest = 0;
    for (const auto& i : seen.interests)
      if (i.ts >= first && i.ts <= last) highest = std::max(highest, i.lots);
    EXPECT_GE(highest / seen.interest_at(t.onset_ts) - 1, 0.001);
    EXPECT_LT(seen.interest_at(failed), highest);
    EXPECT_LT(seen.interest_at(t.end_ts), highest - 0.1 * (highest - seen.interest_at(t.onset_ts)));
    EXPECT_LT(beyond(seen.mid_at(t.end_ts)), 0);
  }
}

TEST_P(episodes_test, a_bull_trap_is_accepted_above_a_level_builds_interest_and_fails) {
  play(episode_kind::bull_trap, 3);
  check_trap(seen_, 1);
}

TEST_P(episodes_test, a_bear_trap_is_accepted_below_a_level_builds_interest_and_fails) {
  play(episode_kind::bear_trap, 3);
  check_trap(seen_, -1);
}

void check_fake_move(const observer& seen, double way) {
  for (const auto& e : seen.episodes) {
    const auto& t = e.truth;
    SCOPED_TRACE("episode " + std::to_string(t.id));
    const double from = seen.mid_at(t.onset_ts);
    double peak = 0;
    std::int64_t peak_ts = 0;
    for (const auto& m : seen.mids)
      if (m.ts >= t.onset_ts && m.ts <= t.end_ts && way * (m.mid - from) > peak) {
        peak = way * (m.mid - from);
        peak_ts = m.ts;
      }
    EXPECT_GE(peak / e.sigma60, 6);
    EXPECT_LE(peak_ts - t.onset_ts, 180 * second);
    const auto [bought, sold] = seen.flow(t.onset_ts, peak_ts);
    EXPECT_GE((way > 0 ? bought : sold) / (bought + sold), 0.75);
    const double retraced = 1 - way * (seen.mid_at(t.end_ts) - from) / peak;
    EXPECT_GE(retraced, 0.5);
    EXPECT_LE(retraced, 1.0);
    EXPECT_LE(t.end_ts - peak_ts, 300 * second);
    // No new positions behind it.
    EXPECT_LT(seen.interest_at(peak_ts) / seen.interest_at(t.onset_ts) - 1, 0.001);
  }
}

TEST_P(episodes_test, a_fake_pump_is_driven_by_buyers_and_retraced) {
  play(episode_kind::fake_pump, 3);
  check_fake_move(seen_, 1);
}

TEST_P(episodes_test, a_fake_dump_is_driven_by_sellers_and_retraced) {
  play(episode_kind::fake_dump, 3);
  check_fake_move(seen_, -1);
}

TEST_P(episodes_test, spoofing_repeats_a_large_layer_that_is_withdrawn_after_trades_on_the_other_side) {
  play(episode_kind::spoofing, 2);
  int bid = 0, ask = 0;
  for (const auto& e : seen_.episodes) {
    const auto& t = e.truth;
    SCOPED_TRACE("episode " + std::to_string(t.id));
    const side where = t.direction == TRAPLINE_DIRECTION_BID ? side::buy : side::sell;
    (where == side::buy ? bid : ask)++;
    const double way = where == side::buy ? 1 : -1;  // where the price is lured
    int matches = 0, reverted = 0;
    std::int64_t first = 0, fourth = 0;
    for (const auto& l : seen_.layers) {
      if (l.where != where || l.begin < t.onset_ts || l.begin > t.end_ts) continue;
      EXPECT_GE(l.bp_away, 2);
      EXPECT_LE(l.bp_away, 15);
      EXPECT_GE(l.end - l.begin, second / 2);
      EXPECT_LE(l.end - l.begin, 8 * second);
      const auto [bought, sold] = seen_.flow(l.begin, l.end);
      EXPECT_GT(where == side::buy ? bought : sold, 0) << "nobody traded on the other side";
      for (const auto& x : seen_.trades)
        EXPECT_FALSE(x.ts >= l.begin && x.ts < l.end && x.tick == l.tick) << "the layer was traded";
      const double favourable = way * (seen_.mid_at(l.end) - seen_.mid_at(l.begin)) / 64;
      const double after = way * (seen_.mid_at(l.end + 5 * second) - seen_.mid_at(l.begin)) / 64;
      reverted += favourable >= 0.2 && after <= 0.5 * favourable;
      if (++matches == 1) first = l.begin;
      if (matches == 4) fourth = l.end;
    }
    ASSERT_GE(matches, 4);
    EXPECT_LE(fourth - first, 120 * second);
    EXPECT_GE(reverted, 3);
  }
  EXPECT_GT(bid, 0);
  EXPECT_GT(ask, 0);
}

INSTANTIATE_TEST_SUITE_P(seeds, episodes_test, testing::Values(1, 42, 2026));

TEST(episodes, there_are_five_decoys_for_each_episode_unless_another_number_is_asked_for) {
  settings s;
  s.trader = false;
  s.episodes.kinds = {episode_kind::stop_hunt, episode_kind::spoofing};
  s.episodes.interval = 30 * second;
  observer seen;
  simulation sim(s, start, seen);
  seen.sim = &sim;
  sim.advance(start + 6 * 3600 * second);
  ASSERT_GE(seen.episodes.size(), 8u);
  EXPECT_GE(sim.decoys_played(), 5 * (seen.episodes.size() - 1));
  EXPECT_LE(sim.decoys_played(), 5 * (seen.episodes.size() + 1));
}

TEST(episodes, all_kinds_take_turns_do_not_overlap_and_leave_a_sane_market) {
  settings s;
  s.episodes.kinds = {episode_kind::stop_hunt, episode_kind::bull_trap, episode_kind::bear_trap,
                      episode_kind::fake_pump, episode_kind::fake_dump, episode_kind::spoofing};
  s.episodes.decoys = 0.4;
  observer seen;
  simulation sim(s, start, seen);
  seen.sim = &sim;
  sim.advance(start + 12 * 3600 * second);
  ASSERT_GE(seen.episodes.size(), 24u);
  EXPECT_GE(seen.episodes.front().truth.onset_ts, start + 300 * second);
  EXPECT_GT(sim.decoys_played(), 8u);
  std::map<std::pair<int, int>, int> kinds;
  for (std::size_t i = 0; i < seen.episodes.size(); ++i) {
    const auto& t = seen.episodes[i].truth;
    ++kinds[{t.pattern, t.direction}];
    if (i > 0) {
      EXPECT_GE(t.onset_ts, seen.episodes[i - 1].truth.end_ts);
    }
  }
  EXPECT_EQ(kinds.size(), 8u) << "stop hunts and spoofing on both sides, and four more";
  const auto& m = sim.market_of(0);
  EXPECT_NEAR(m.mid(), 640'000, 30'000);
  EXPECT_LT(m.book().best(side::sell) - m.book().best(side::buy), 200);
  EXPECT_GT(m.sigma60() / 64, 2.5);
  EXPECT_LT(m.sigma60() / 64, 12);
}

}  // namespace
