// All faults at random, a few seeds; many more with ./dev sim. A seed that fails here: ./dev sim --first SEED
// --seeds 1.
#include "chaos.hpp"

#include <gtest/gtest.h>

namespace trapline::sim {
namespace {

constexpr chaos_run brief{4 * minute, 15 * minute, 20 * second};

}  // namespace

TEST(sim, all_faults_at_random_leave_the_feed_equal_to_the_venue) {
  for (const std::uint64_t seed : {3, 4, 5, 7}) {
    world w(setup_of_seed(seed));
    const auto r = run_chaos(w, 5 * minute, brief);
    EXPECT_EQ(w.findings.count(), 0u) << "seed " << seed << ":\n" << w.findings.text();
    EXPECT_GE(r.faults, 3u) << seed;
  }
}

TEST(sim, the_same_seed_publishes_the_same_bytes_and_another_seed_does_not) {
  const auto hash_of = [](std::uint64_t seed) {
    auto s = setup_of_seed(seed);
    s.detector = true;
    world w(s);
    run_chaos(w, 2 * minute, {2 * minute, 15 * minute, 15 * second});
    return w.hash.value();
  };
  const auto first = hash_of(11);
  EXPECT_EQ(hash_of(11), first);
  EXPECT_NE(hash_of(12), first);
}

TEST(sim, without_faults_the_detectors_signals_come_and_nothing_is_found_wrong) {
  setup s;
  s.detector = true;
  s.hedge = true;
  world w(s);
  ASSERT_TRUE(w.run_until([&] { return w.live(); }, minute));
  w.run(20 * minute);
  EXPECT_GT(w.signals, 0u);
  EXPECT_GT(w.market->counts().trades, 5000u);
  EXPECT_GE(w.market->counts().bars, 14u);
  EXPECT_EQ(w.market->counts().gaps, 0u);
  EXPECT_EQ(w.connects, 2u);
  EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
}

}  // namespace trapline::sim
