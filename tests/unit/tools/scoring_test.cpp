// What counts as a hit, on hand-made sessions.
#include <gtest/gtest.h>

#include "tiers/scoring.hpp"

namespace tiers {
namespace {

using planted::family;
constexpr std::int64_t s = planted::second;

planted::episode hunt(bool trap, std::int64_t onset) {
  planted::episode e;
  e.of = family::stop_hunt;
  e.trap = trap;
  e.what = trap ? "trap" : "break_holds";
  e.up = true;
  e.from = onset - 60 * s, e.onset = onset, e.end = onset + 50 * s, e.until = onset + 100 * s;
  e.levels = {60'000};
  return e;
}
alarm told(std::int64_t ts, double level = 60'000, bool up = true, pattern what = pattern::stop_hunt) {
  return {ts, what, up, level, 0.8};
}
// A trap at 1000 s and a decoy at 2000 s.
played game(std::vector<alarm> alarms, std::vector<reading> readings = {}) {
  played g;
  g.settings.of = family::stop_hunt;
  g.truth.begin = 0, g.truth.end = 3600 * s;
  g.truth.episodes = {hunt(true, 1000 * s), hunt(false, 2000 * s)};
  g.contestants.push_back({"one", std::move(alarms), std::move(readings), {}});
  return g;
}
tally of(const played& g, pattern p = pattern::stop_hunt) { return score({g}, 0, p); }

TEST(scoring, an_alarm_in_time_of_the_right_side_and_level_is_a_hit_with_its_delay) {
  const auto t = of(game({told(1030 * s)}));
  EXPECT_EQ(t.positives, 1u);
  EXPECT_EQ(t.hits, 1u);
  EXPECT_EQ(t.false_alarms, 0u);
  ASSERT_EQ(t.delays.size(), 1u);
  EXPECT_DOUBLE_EQ(t.delays[0], 30);
  EXPECT_DOUBLE_EQ(t.hours, 1);
}

TEST(scoring, the_window_is_from_two_seconds_before_the_onset_to_thirty_after_the_end) {
  EXPECT_EQ(of(game({told(998 * s)})).hits, 1u);
  EXPECT_EQ(of(game({told(998 * s - 1)})).hits, 0u);
  EXPECT_EQ(of(game({told(1080 * s)})).hits, 1u);
  EXPECT_EQ(of(game({told(1080 * s + 1)})).hits, 0u);
}

TEST(scoring, another_side_or_a_level_beyond_one_bp_is_false) {
  EXPECT_EQ(of(game({told(1030 * s, 60'000, false)})).false_alarms, 1u);
  EXPECT_EQ(of(game({told(1030 * s, 60'006)})).hits, 1u);
  const auto off = of(game({told(1030 * s, 60'006.2)}));
  EXPECT_EQ(off.hits, 0u);
  EXPECT_EQ(off.false_alarms, 1u);
  EXPECT_EQ(off.wrong_level, 1u);
}

TEST(scoring, one_alarm_an_episode_and_every_further_one_is_false) {
  const auto t = of(game({told(1010 * s), told(1020 * s), told(2010 * s), told(3000 * s)}));
  EXPECT_EQ(t.hits, 1u);
  EXPECT_EQ(t.false_alarms, 3u);
  EXPECT_EQ(t.false_by.at("same episode"), 1);
  EXPECT_EQ(t.false_by.at("break_holds"), 1);
  EXPECT_EQ(t.false_by.at("between"), 1);
}

TEST(scoring, what_is_told_in_sessions_of_another_family_counts_by_the_hour_only) {
  auto g = game({told(1010 * s, 60'000, true, pattern::spoofing)});
  const auto t = of(g, pattern::spoofing);
  EXPECT_EQ(t.positives, 0u);
  EXPECT_EQ(t.false_alarms, 0u);
  EXPECT_EQ(t.other_false, 1u);
}

TEST(scoring, spoofing_told_of_a_ladder_counts_neither_way_and_of_a_decoy_is_false) {
  auto g = game({told(1010 * s, 60'000, true, pattern::spoofing), told(2010 * s, 60'000, true, pattern::spoofing)});
  g.settings.of = family::layering;
  for (auto& e : g.truth.episodes) e.of = family::layering;
  const auto t = of(g, pattern::spoofing);
  EXPECT_EQ(t.neutral, 1u);
  EXPECT_EQ(t.other_false, 1u);
}

TEST(scoring, a_forecast_is_the_highest_of_the_right_side_in_a_trap_and_of_any_side_in_a_decoy) {
  const auto t = of(game({}, {{1005 * s, pattern::stop_hunt, true, 0.6f},
                              {1006 * s, pattern::stop_hunt, true, 0.4f},
                              {1007 * s, pattern::stop_hunt, false, 0.9f},
                              {1500 * s, pattern::stop_hunt, true, 0.95f},
                              {2005 * s, pattern::stop_hunt, false, 0.3f}}));
  ASSERT_EQ(t.forecasts.size(), 2u);
  EXPECT_NEAR(t.forecasts[0].probability, 0.6, 1e-6);
  EXPECT_TRUE(t.forecasts[0].came);
  EXPECT_NEAR(t.forecasts[1].probability, 0.3, 1e-6);
  EXPECT_FALSE(t.forecasts[1].came);
}

TEST(scoring, silence_is_a_forecast_of_one_per_cent) {
  const auto t = of(game({}));
  EXPECT_EQ(t.forecasts.at(0).probability, 0.01);
}

TEST(scoring, a_fake_is_forecast_at_the_peak_and_not_after_it_was_seen) {
  auto g = game({}, {{1020 * s, pattern::fake_move, true, 0.5f}, {1200 * s, pattern::fake_move, true, 0.99f}});
  g.settings.of = family::impulse;
  for (auto& e : g.truth.episodes) e.of = family::impulse, e.moved = true, e.peak = e.onset + 10 * s;
  const auto t = of(g, pattern::fake_move);
  ASSERT_EQ(t.forecasts.size(), 2u);
  EXPECT_NEAR(t.forecasts[0].probability, 0.5, 1e-6);
}

}  // namespace
}  // namespace tiers
