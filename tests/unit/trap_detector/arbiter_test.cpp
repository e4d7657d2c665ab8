#include <gtest/gtest.h>

#include "arbiter.hpp"

namespace trapline::trap::test {
namespace {

assessment at(double p, bool confirmed = false, std::int64_t onset = 1) {
  assessment a;
  a.active = true;
  a.confirmed = confirmed;
  a.evidence = score(p);
  a.onset = onset;
  return a;
}

struct fixture {
  settings s;
  tracker t;
  std::int64_t now = 1000 * second;
  tracker::news step(const assessment& a, std::int64_t seconds = 1) {
    now += seconds * second;
    return t.step(kind::stop_hunt_high, a, now, s, 60 * second);
  }
};

TEST(score, what_is_only_noted_is_told_from_evidence) {
  score e(0.5);
  e.add(item::burst_ratio, 7);
  e.note(item::taker_share, 0.9);
  e.add(item::sweep_ratio, 2);
  ASSERT_EQ(e.evidence().size(), 3u);
  EXPECT_TRUE(e.counts(0) && e.counts(2));
  EXPECT_FALSE(e.counts(1));
  EXPECT_EQ(e.evidence()[1].contribution, 0);
}

TEST(arbiter, hysteresis_raises_at_on_and_ends_below_off) {
  fixture f;
  EXPECT_EQ(f.step(at(0.4)).stage, TRAPLINE_STAGE_FORMING);
  EXPECT_EQ(f.step(at(0.69)).stage, TRAPLINE_STAGE_NONE);
  const auto alarm = f.step(at(0.71));
  EXPECT_EQ(alarm.stage, TRAPLINE_STAGE_DETECTED);
  EXPECT_TRUE(alarm.alarm);
  EXPECT_EQ(f.step(at(0.55)).stage, TRAPLINE_STAGE_NONE) << "between off and on nothing changes";
  EXPECT_EQ(f.step(at(0.75)).stage, TRAPLINE_STAGE_NONE) << "one alarm an episode";
  const auto end = f.step(at(0.49));
  EXPECT_EQ(end.stage, TRAPLINE_STAGE_EXPIRED);
  EXPECT_TRUE(end.finished);
  EXPECT_FALSE(f.t.active());
}

TEST(arbiter, a_threshold_of_the_patterns_own_raises_and_ends_before_the_common_one) {
  fixture f;
  auto a = at(0.45);
  a.on = 0.42;
  EXPECT_TRUE(f.step(a).alarm);
  a.evidence = score(0.31);
  EXPECT_EQ(f.step(a).stage, TRAPLINE_STAGE_NONE) << "0.42 * 0.50 / 0.70 = 0.30";
  a.evidence = score(0.29);
  EXPECT_EQ(f.step(a).stage, TRAPLINE_STAGE_EXPIRED);
}

TEST(arbiter, what_is_held_raises_no_alarm_at_any_probability) {
  fixture f;
  f.s.on = 0.05, f.s.off = 0.02;
  auto a = at(0.99, true);
  a.held = true;
  a.last = f.now;
  EXPECT_EQ(f.step(a).stage, TRAPLINE_STAGE_FORMING);
  EXPECT_EQ(f.step(a).stage, TRAPLINE_STAGE_NONE);
  EXPECT_FALSE(f.t.alarmed());
  a.held = false;
  EXPECT_TRUE(f.step(a).alarm);
}

TEST(arbiter, confirmed_probability_fades_and_ends) {
  fixture f;
  f.step(at(0.4));
  auto a = at(0.9, true);
  a.last = f.now + second;
  EXPECT_EQ(f.step(a).stage, TRAPLINE_STAGE_CONFIRMED);
  double p = f.t.probability();
  int seconds = 0;
  for (; seconds < 600; ++seconds) {
    const auto n = f.step(a);
    if (n.stage == TRAPLINE_STAGE_EXPIRED) break;
    EXPECT_LT(f.t.probability(), p);
    p = f.t.probability();
  }
  EXPECT_GT(seconds, 10);
  EXPECT_LT(seconds, 120);
}

TEST(arbiter, an_ended_episode_does_not_begin_again_with_the_same_onset_or_within_the_refractory_time) {
  fixture f;
  f.step(at(0.8));
  f.step(at(0.8));
  f.step({});
  EXPECT_FALSE(f.t.active());
  EXPECT_EQ(f.step(at(0.8)).stage, TRAPLINE_STAGE_NONE) << "same onset";
  EXPECT_EQ(f.step(at(0.8, false, 2)).stage, TRAPLINE_STAGE_NONE) << "refractory";
  EXPECT_NE(f.step(at(0.8, false, 3), 60).stage, TRAPLINE_STAGE_NONE);
  EXPECT_EQ(f.t.number(), 2u);
}

TEST(arbiter, machine_that_gives_up_ends_the_episode_at_the_prior) {
  fixture f;
  f.step(at(0.4));
  const auto n = f.step({});
  EXPECT_EQ(n.stage, TRAPLINE_STAGE_EXPIRED);
  EXPECT_LE(f.t.probability(), prior(kind::stop_hunt_high, state::idle));
}

TEST(arbiter, last_state_without_enough_probability_expires_after_a_grace) {
  fixture f;
  f.step(at(0.4));
  auto a = at(0.6, true);
  a.last = f.now + second;
  std::uint8_t stage = TRAPLINE_STAGE_NONE;
  for (int i = 0; i < 40 && stage == TRAPLINE_STAGE_NONE; ++i) stage = f.step(a).stage;
  EXPECT_EQ(stage, TRAPLINE_STAGE_EXPIRED);
}

TEST(arbiter, overall_is_the_maximum_within_a_group_and_joins_disjoint_groups) {
  settings s;
  std::array<tracker, kind_count> t{};
  const auto set = [&](kind k, double p) { t[index(k)].step(k, at(p), 1000 * second, s, 0); };
  EXPECT_EQ(overall(t).leading, -1);
  EXPECT_NEAR(overall(t).probability, 0.01, 1e-12);
  set(kind::stop_hunt_high, 0.4);
  set(kind::bull_trap, 0.6);
  EXPECT_NEAR(overall(t).probability, 0.6, 1e-12);
  EXPECT_EQ(overall(t).leading, static_cast<int>(index(kind::bull_trap)));
  set(kind::spoofing_bid, 0.5);
  EXPECT_NEAR(overall(t).probability, 1 - 0.4 * 0.5, 1e-12);
  set(kind::pump, 0.95);
  EXPECT_NEAR(overall(t).probability, 0.8, 1e-12) << "a pump is a move, not a trap";
}

TEST(score, missing_evidence_adds_nothing_and_lowers_completeness) {
  score e(0.3);
  e.add(item::burst_ratio, std::nan(""));
  e.add(item::taker_share, 1.0 / 0.0);
  EXPECT_NEAR(e.probability(), 0.3, 1e-12);
  EXPECT_EQ(e.completeness(), 0);
  EXPECT_TRUE(e.evidence().empty());
  e.add(item::burst_ratio, 8);
  EXPECT_GT(e.probability(), 0.3);
  EXPECT_NEAR(e.completeness(), 1.0 / 3, 1e-12);
  e.cap(0.31);
  EXPECT_EQ(e.probability(), 0.31);
}

TEST(score, tables_have_rising_edges_and_finite_ratios) {
  for (std::size_t i = 0; i < item_count; ++i) {
    const auto& t = table_of(static_cast<item>(i));
    ASSERT_NE(t.name, nullptr) << i;
    EXPECT_LT(std::string_view(t.name).size(), sizeof(trapline_evidence::name));
    for (std::size_t k = 1; k < t.edge.size(); ++k) EXPECT_GE(t.edge[k], t.edge[k - 1]) << t.name;
    for (const double l : t.llr) {
      EXPECT_TRUE(std::isfinite(l));
      EXPECT_LE(std::abs(l), 1.2) << t.name << ": no single item may decide";
    }
  }
}

TEST(severity, rises_with_probability_and_is_critical_only_with_intensity) {
  EXPECT_EQ(severity(0.1, 1), TRAPLINE_SEVERITY_NEUTRAL);
  EXPECT_EQ(severity(0.4, 1), TRAPLINE_SEVERITY_WATCH);
  EXPECT_EQ(severity(0.9, 0.1), TRAPLINE_SEVERITY_ELEVATED);
  EXPECT_EQ(severity(0.9, 0.6), TRAPLINE_SEVERITY_CRITICAL);
}

}  // namespace
}  // namespace trapline::trap::test
