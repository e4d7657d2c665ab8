// Learned tables: what the fit finds, that its numbers are probabilities, and that what is shipped is what was learned.
#include "tiers/learning.hpp"

#include <gtest/gtest.h>

#include "measure/hash.hpp"
#include "planted/chance.hpp"

namespace tiers {
namespace {

using trap::item;

// One item tells, one is noise; a fifth of the candidates came.
std::vector<sample> candidates(std::size_t n, std::uint64_t seed) {
  planted::chance r(seed);
  std::vector<sample> out;
  for (std::size_t i = 0; i < n; ++i) {
    sample s;
    s.came = r.happens(0.2);
    s.at = r.happens(0.5) ? trap::state::two : trap::state::confirmed;
    s.session = i;
    s.evidence = {{item::burst_ratio, r.normal() + (s.came ? 2 : 0)}, {item::level_strength, r.normal()}};
    if (i % 3 == 0) s.evidence.pop_back();
    out.push_back(std::move(s));
  }
  return out;
}

TEST(learning, a_telling_item_gets_rising_ratios_and_noise_next_to_none) {
  const auto l = learn(candidates(3000, 1), trap::kind::stop_hunt_high, "test");
  const auto* tells = l.numbers.find(item::burst_ratio);
  const auto* noise = l.numbers.find(item::level_strength);
  ASSERT_TRUE(tells && noise);
  EXPECT_GT(tells->llr[7] - tells->llr[0], 3);
  for (const double x : noise->llr) EXPECT_LT(std::abs(x), 0.6);
  for (std::size_t i = 1; i < 5; ++i) EXPECT_GT(tells->llr[i], tells->llr[i - 1]) << "where there are values";
}

// Seven items tell, loudly, the opposite of what they are for; the fit begins far off, and a whole step of Newton's
// method goes much too far.
TEST(learning, what_runs_against_its_definition_is_left_out_and_the_rest_is_learned) {
  planted::chance r(5);
  std::vector<sample> all;
  for (std::size_t i = 0; i < 1600; ++i) {
    sample s;
    s.came = r.happens(0.3);
    s.at = trap::state::one;
    s.session = i;
    const double x = (s.came ? 0 : 1) + 0.1 * r.normal();
    s.evidence = {
        {item::oi_drop_pct, 0.4 * x},    {item::taker_share, 0.5 + 0.5 * x}, {item::burst_ratio, 20 * x},
        {item::sweep_ratio, 5 * x},      {item::ofi_flip, 2 * x - 1},        {item::depth_refill, 1.5 * x},
        {item::chance_log10, 1 + 7 * x}, {item::level_strength, 3 - 3 * x},  {item::match_count, 12 - 12 * x}};
    all.push_back(std::move(s));
  }
  const auto l = learn(all, trap::kind::stop_hunt_high, "test");
  for (const auto i : {item::oi_drop_pct, item::taker_share, item::burst_ratio, item::sweep_ratio, item::ofi_flip,
                       item::depth_refill, item::chance_log10})
    EXPECT_FALSE(l.numbers.find(i)) << trap::table_of(i).name;
  EXPECT_TRUE(l.numbers.find(item::level_strength) && l.numbers.find(item::match_count));
  std::vector<measure::forecast> said;
  for (const auto& s : all) said.push_back({trap::logistic(logit_of(l.numbers, s)), s.came});
  EXPECT_GT(measure::brier_skill(said), 0.95);
}

TEST(learning, on_candidates_it_never_saw_it_says_as_many_as_come) {
  const auto l = learn(candidates(3000, 1), trap::kind::stop_hunt_high, "test");
  std::vector<measure::forecast> said;
  for (const auto& s : candidates(3000, 2)) said.push_back({trap::logistic(logit_of(l.numbers, s)), s.came});
  EXPECT_LT(measure::calibration_error(said, 10), 0.03);
  EXPECT_GT(measure::brier_skill(said), 0.4);
}

TEST(learning, without_anything_to_learn_the_reasoned_priors_stay) {
  const auto l = learn({}, trap::kind::stop_hunt_high, "test");
  EXPECT_EQ(l.numbers.count, 0u);
  EXPECT_NEAR(l.numbers.offset[5], trap::logit(trap::prior(trap::kind::stop_hunt_high, trap::state::confirmed)), 1e-3);
}

TEST(learning, another_base_rate_moves_every_logit_by_the_difference_of_log_odds) {
  auto c = learn(candidates(500, 1), trap::kind::stop_hunt_high, "test").numbers;
  const auto before = c;
  const auto s = candidates(1, 3)[0];
  shift_to(c, 0.5, 0.01);
  EXPECT_NEAR(logit_of(c, s) - logit_of(before, s), trap::logit(0.01), 1e-9);
}

TEST(learning, the_detector_adds_up_a_learned_table_as_the_learner_does) {
  const auto l = learn(candidates(1000, 1), trap::kind::stop_hunt_high, "test");
  for (const auto& x : candidates(50, 4)) {
    trap::score e(l.numbers, trap::kind::stop_hunt_high, x.at);
    for (const auto& [i, v] : x.evidence) e.add(i, v);
    EXPECT_NEAR(e.probability(), trap::logistic(logit_of(l.numbers, x)), 1e-12);
  }
}

TEST(learning, an_item_without_a_learned_table_is_shown_and_adds_nothing) {
  const auto l = learn(candidates(1000, 1), trap::kind::stop_hunt_high, "test");
  trap::score e(l.numbers, trap::kind::stop_hunt_high, trap::state::two);
  const double before = e.probability();
  e.add(item::oi_drop_pct, 0.3);
  EXPECT_EQ(e.probability(), before);
  ASSERT_EQ(e.evidence().size(), 1u);
  EXPECT_EQ(e.evidence()[0].contribution, 0);
}

TEST(learning, a_table_that_runs_against_its_definition_is_named) {
  auto c = learn(candidates(3000, 1), trap::kind::stop_hunt_high, "test").numbers;
  EXPECT_TRUE(contradictions(c).empty()) << "more volume speaks for a hunt, here and by its definition";
  for (std::size_t t = 0; t < c.count; ++t)
    if (c.tables[t].of == item::burst_ratio) std::reverse(c.tables[t].llr.begin(), c.tables[t].llr.end());
  EXPECT_EQ(contradictions(c), std::vector<std::string>{"burst_ratio"});
}

TEST(shipped_calibration, no_table_runs_against_its_definition) {
  trap::settings s;
  for (const auto& x : slots()) EXPECT_TRUE(contradictions(x.of(s)).empty()) << x.name;
}

TEST(shipped_calibration, numbers_are_those_that_the_id_was_made_from) {
  trap::settings s;
  for (const auto& x : slots()) {
    const auto& c = x.of(s);
    if (!c.id) continue;  // the reasoned tables hold
    EXPECT_EQ(text_of(c), c.text) << x.name;
    EXPECT_EQ(measure::sha256(c.text), c.hash) << x.name;
    EXPECT_EQ(std::string(x.name) + "-" + std::string(c.hash).substr(0, 12), c.id);
    for (std::size_t t = 0; t < c.count; ++t)
      for (const double l : c.tables[t].llr) EXPECT_LE(std::abs(l), 4) << "no single item may decide";
  }
}

TEST(collect, candidates_of_a_planted_session_carry_states_evidence_and_truth) {
  planted::session_settings s;
  s.seed = 21;
  s.how = planted::difficulty::easy;
  s.of = planted::family::spoofing;
  s.traps = 1;
  const auto all = collect({s}, 1);
  const auto& of = all[static_cast<std::size_t>(pattern::spoofing)];
  ASSERT_FALSE(of.empty());
  bool came = false;
  for (const auto& x : of) {
    came |= x.came;
    EXPECT_NE(x.at, trap::state::idle);
    EXPECT_FALSE(x.evidence.empty());
  }
  EXPECT_TRUE(came) << "the trap must have been a candidate";
}

}  // namespace
}  // namespace tiers
