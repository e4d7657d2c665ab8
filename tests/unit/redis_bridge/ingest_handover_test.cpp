// Readers that end, die, are silent for too long, or share a name.
#include "ingest_rig.hpp"

namespace trapline::redis_bridge {
namespace {

using namespace test;

TEST_F(ingested, an_orderly_end_leaves_no_gap_and_no_wait) {
  config.ingest_lease = 60 * second;
  connect();
  for (int i = 0; i < 5; ++i) {
    auto r = read("boot-" + std::to_string(i), "host-" + std::to_string(i));
    trades(10 * i + 1, 10 * i + 10);
    ASSERT_TRUE(until([&] { return r->reading == 1 && !r->bus.events.empty(); }));
    ASSERT_TRUE(ended(*r));
    trades(1'000 * i + 1'001, 1'000 * i + 1'001);
    const auto ids = r->trade_ids();
    r.reset();
    auto next = read("next-" + std::to_string(i), "next-host-" + std::to_string(i));
    ASSERT_TRUE(until([&] {
      next->handle();
      const auto more = next->trade_ids();
      return !more.empty() && more.back() == 1'000 * i + 1'001;
    }));
    EXPECT_EQ(next->gaps(TRAPLINE_GAP_TRADE).size(), 0u);
    EXPECT_EQ(ids.size() + next->trade_ids().size(), 11u);
    ASSERT_TRUE(ended(*next));
  }
}

TEST_F(ingested, another_host_stands_by_and_takes_over_when_the_lease_has_run_out) {
  connect();
  auto first = read("boot-1", "host-1");
  ASSERT_TRUE(until([&] { return first->reading == 1; }));
  auto second = read("boot-2", "host-2");
  ASSERT_TRUE(until([&] { return second->env.logged("stands by") == 1; }));
  trades(1, 5);
  ASSERT_TRUE(got(*first, 5));
  trades(6, 9);
  ASSERT_TRUE(until([&] { return first->trade_ids().size() == 9; }));  // not handled: it dies over these
  EXPECT_TRUE(second->bus.events.empty());
  first.reset();
  trades(10, 12);
  ASSERT_TRUE(got(*second, 3));
  EXPECT_EQ(second->trade_ids(), range(10, 12));
  ASSERT_EQ(second->gaps(TRAPLINE_GAP_TRADE).size(), 1u);
  EXPECT_EQ(second->gaps(TRAPLINE_GAP_TRADE)[0].lost, 4u);
}

TEST_F(ingested, what_a_dead_reader_left_is_passed_on_if_so_configured) {
  config.ingest_repeat = true;
  connect();
  auto first = read("boot-1", "host-1");
  trades(1, 9);
  ASSERT_TRUE(until([&] { return first->trade_ids().size() == 9; }));
  first.reset();
  auto second = read("boot-2", "host-2");
  ASSERT_TRUE(got(*second, 9));
  EXPECT_EQ(second->trade_ids(), range(1, 9));
}

TEST_F(ingested, what_a_dead_reader_left_is_announced_also_if_nothing_comes_behind_it) {
  connect();
  auto first = read("boot-1");
  trades(1, 5);
  ASSERT_TRUE(got(*first, 5));
  trades(6, 9);
  ASSERT_TRUE(until([&] { return first->trade_ids().size() == 9; }));
  first.reset();
  auto second = read("boot-2");
  ASSERT_TRUE(until([&] {
    second->handle();
    return second->gaps(TRAPLINE_GAP_TRADE).size() == 1;
  }));
  EXPECT_EQ(second->gaps(TRAPLINE_GAP_TRADE)[0].lost, 4u);
  trades(10, 10);
  ASSERT_TRUE(got(*second, 1));
  EXPECT_EQ(second->gaps(TRAPLINE_GAP_TRADE).size(), 1u);
}

TEST_F(ingested, a_reader_that_lost_its_lease_passes_nothing_on_twice_and_stands_by) {
  connect();
  auto first = read("boot-1", "host-1");
  trades(1, 5);
  ASSERT_TRUE(got(*first, 5));
  // As if it had been stopped for longer than its lease: another has come.
  server->ask({"HSET", key + ":detectors", "token", "boot-2", "consumer", "host-2", "until_ms", "99999999999999"});
  trades(6, 9);
  ASSERT_TRUE(until([&] { return first->env.logged("taken over by 'host-2'") == 1; }));
  ASSERT_TRUE(until([&] { return first->env.logged("stands by") == 1; }));
  EXPECT_EQ(first->reading, 0);
  EXPECT_EQ(first->trade_ids(), range(1, 5));
}

TEST_F(ingested, of_two_processes_with_one_name_the_older_one_reads_no_more_and_says_so) {
  connect();
  auto first = read("boot-1");
  ASSERT_TRUE(until([&] { return first->reading == 1; }));
  auto second = read("boot-2");
  ASSERT_TRUE(until([&] { return second->reading == 1; })) << "a restarted process need not wait for its own lease";
  ASSERT_TRUE(until([&] { return first->env.health_state == TRAPLINE_HEALTH_FAILED; }));
  EXPECT_NE(first->env.health_text.find("ingest.consumer"), std::string::npos);
  trades(1, 5);
  ASSERT_TRUE(got(*second, 5));
  EXPECT_TRUE(first->bus.events.empty());
}

}  // namespace
}  // namespace trapline::redis_bridge
