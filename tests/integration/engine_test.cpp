#include "trapline/engine.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "engine_fixture.hpp"
#include "support/effort.hpp"
#include "support/eventually.hpp"
#include "trapline/sdk/event.hpp"

using trapline::engine;

namespace {

class engine_test : public engine_fixture {};

}  // namespace

TEST_F(engine_test, carries_every_event_from_a_source_to_a_sink_in_order) {
  engine e(options());
  start(e, "plugins:\n  ticks: {use: ticks, options: {count: 20000, burst: 500}}\n  tally: {use: tally}\n");
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("tally_trades_total") == 20000; }));
  stop(e);
  EXPECT_EQ(e.metric_total("tally_trades_total"), 20000u);
  EXPECT_EQ(e.metric_total("tally_disorder_total"), 0u);
  EXPECT_EQ(e.metric_total("tally_clock_moved_total"), 0u);
}

TEST_F(engine_test, a_drained_stop_delivers_what_was_published) {
  engine e(options());
  std::atomic<std::uint64_t> published{0};  // the source's own numbers tell how many there were
  e.observe("watch", {"test.>"}, [&](const trapline_event& ev) { published = ev.source_seq; });
  start(e,
        "plugins:\n  ticks: {use: ticks, options: {count: 1000000, burst: 1000}}\n  tally: {use: tally, options: "
        "{stall: 200ms}}\n");
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("tally_trades_total") > 0; }));
  stop(e);
  EXPECT_GT(published, 1000u);
  EXPECT_EQ(e.metric_total("tally_trades_total"), published);
  EXPECT_EQ(e.metric_total("tally_disorder_total"), 0u);
}

TEST_F(engine_test, a_stalled_gate_lane_makes_publishers_wait_and_loses_nothing) {
  engine e(options());
  const auto problems =
      e.load_text("engine: {ring_size: 256KiB, log: {file: " + dir_.path() +
                      "/log}}\n"
                      "lanes: {out: {overflow: gate}, in: {}}\n"
                      "plugins:\n  ticks: {use: ticks, lane: in, options: {count: 50000, burst: 1000}}\n"
                      "  tally: {use: tally, lane: out, options: {stall: 300ms}}\n",
                  "test.yaml");
  ASSERT_TRUE(problems.empty()) << all(problems);
  std::string error;
  ASSERT_TRUE(e.start(error)) << error;
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("tally_trades_total") == 50000; }));
  stop(e);
  EXPECT_GT(e.bus_refusals(), 0u);
  EXPECT_EQ(e.metric_total("tally_disorder_total"), 0u);
  EXPECT_EQ(e.metric_total("tally_lost_total"), 0u);
}

TEST_F(engine_test, a_stalled_lag_lane_is_told_exactly_how_much_it_missed) {
  engine e(options());
  const auto problems =
      e.load_text("engine: {ring_size: 256KiB, log: {file: " + dir_.path() +
                      "/log}}\n"
                      "lanes: {out: {overflow: lag}, in: {}}\n"
                      "plugins:\n  ticks: {use: ticks, lane: in, options: {count: 20000, burst: 1000}}\n"
                      "  tally: {use: tally, lane: out, options: {stall: 500ms}}\n",
                  "test.yaml");
  ASSERT_TRUE(problems.empty()) << all(problems);
  std::string error;
  ASSERT_TRUE(e.start(error)) << error;
  std::uint64_t other = 0;  // lost events that were no trades: timers and lifecycle
  EXPECT_TRUE(test::eventually([&] {
    for (const auto& l : e.lanes())
      if (l.name == "in") other = l.events;
    return other >= 20'000 && e.metric_total("tally_trades_total") + e.metric_total("tally_lost_total") >= 20'000;
  }));
  stop(e);
  EXPECT_GT(e.metric_total("tally_lost_total"), 0u);
  std::uint64_t seen_out = 0, seen_in = 0, lost = 0;
  for (const auto& l : e.lanes()) (l.name == "in" ? seen_in : seen_out) = l.events, lost += l.lost;
  EXPECT_EQ(lost, e.metric_total("tally_lost_total"));
  EXPECT_EQ(seen_out + lost, seen_in);
}

TEST_F(engine_test, a_throwing_instance_is_quarantined_and_the_others_go_on) {
  engine e(options());
  start(e, "plugins:\n  ticks: {use: ticks, options: {count: 5000}}\n  bad: {use: throws}\n  tally: {use: tally}\n");
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("tally_trades_total") == 5000; }));
  EXPECT_TRUE(test::eventually([&] { return state_of(e, "bad") == "quarantined"; }));
  EXPECT_EQ(e.metric_total("instance_faults_total"), 1u);
  EXPECT_EQ(e.stop_requested(), trapline::stop_cause::none);
  stop(e);
  EXPECT_NE(log().find("error [bad] fault (status -10): third event"), std::string::npos) << log();
}

TEST_F(engine_test, on_fault_stop_engine_asks_for_a_stop) {
  engine e(options());
  start(e, "plugins:\n  ticks: {use: ticks}\n  bad: {use: throws, on_fault: stop_engine}\n");
  EXPECT_TRUE(test::eventually([&] { return e.stop_requested() == trapline::stop_cause::fault; }));
  EXPECT_EQ(e.stop_reason(), "bad: third event");
  stop(e);
}

TEST_F(engine_test, a_start_that_fails_stops_what_had_started) {
  engine e(options());
  ASSERT_TRUE(
      e.load_text(engine_section() + "plugins:\n  tally: {use: tally}\n  bad: {use: fails_to_start}\n", "test.yaml")
          .empty());
  std::string error;
  EXPECT_FALSE(e.start(error));
  EXPECT_EQ(error, "bad: the port is taken");
  EXPECT_EQ(state_of(e, "tally"), "stopped");
}

TEST_F(engine_test, all_problems_of_a_configuration_are_told_in_order_of_the_file) {
  engine e(options());
  const auto p = e.load_text(
      "engine: {log: {level: loud}}\n"
      "plugins:\n"
      "  a: {use: no_such_plugin}\n"
      "  b: {use: wrong_major}\n"
      "  c: {use: ticks, options: {cuont: 5}}\n"
      "  d: {use: tally, options: {refuse: yes}}\n",
      "test.yaml");
  ASSERT_EQ(p.size(), 5u) << all(p);
  EXPECT_NE(p[0].find("test.yaml:1:23: engine.log.level"), std::string::npos) << p[0];
  EXPECT_NE(p[1].find("test.yaml:3:12: plugins.a.use: there is no plugin 'no_such_plugin'"), std::string::npos) << p[1];
  EXPECT_NE(p[2].find("test.yaml:4:12: plugins.b.use"), std::string::npos) << p[2];
  EXPECT_NE(p[3].find("test.yaml:5:29: plugins.c.options.cuont: unknown option; did you mean 'count'?"),
            std::string::npos)
      << p[3];
  EXPECT_EQ(p[4], "test.yaml:6:37: plugins.d.options.refuse: told to refuse");
}

TEST_F(engine_test, an_instance_with_an_incomplete_table_is_refused) {
  engine e(options());
  const auto p = e.load_text("plugins: {a: {use: null_callback}}", "t");
  ASSERT_EQ(p.size(), 1u);
  EXPECT_NE(p[0].find("incomplete plugin table"), std::string::npos) << p[0];
}

TEST_F(engine_test, a_secret_never_reaches_the_log) {
  ::setenv("TRAPLINE_TEST_KEY", "canary-9f8e7d6c5b4a", 1);
  {
    engine e(options());
    start(e, "plugins: {tally: {use: tally, options: {key: env:TRAPLINE_TEST_KEY}}}");
    stop(e);
  }
  ::unsetenv("TRAPLINE_TEST_KEY");
  EXPECT_NE(log().find("the key is ***"), std::string::npos) << log();
  EXPECT_EQ(log().find("canary"), std::string::npos);
}

TEST_F(engine_test, one_run_directory_serves_one_engine) {
  engine first(options());
  ASSERT_TRUE(first.load_text("plugins: {tally: {use: tally}}", "t").empty());
  engine second(options());
  const auto p = second.load_text("plugins: {tally: {use: tally}}", "t");
  ASSERT_EQ(p.size(), 1u);
  EXPECT_NE(p[0].find("another engine runs with run_dir"), std::string::npos);
}

TEST_F(engine_test, clears_what_a_killed_engine_left_and_tells_lanes_in_its_metrics) {
  const std::string copies = dir_.path() + "/run/plugin-copies";
  std::filesystem::create_directories(copies);
  std::filesystem::permissions(copies, std::filesystem::perms::owner_all);
  std::ofstream(copies + "/old.0123456789ab.1-1.so") << "left over";
  std::ofstream(copies + "/somebody-elses.so") << "not ours";
  engine e(options());
  start(e, "plugins: {tally: {use: tally}}");
  EXPECT_FALSE(std::filesystem::exists(copies + "/old.0123456789ab.1-1.so"));
  EXPECT_TRUE(std::filesystem::exists(copies + "/somebody-elses.so"));
  EXPECT_NE(e.metrics_text().find("trapline_lane_lag_bytes{instance=\"engine\",lane=\"tally\"}"), std::string::npos);
  stop(e);
}

TEST_F(engine_test, copies_are_not_put_where_others_can_change_them) {
  const std::string copies = dir_.path() + "/run/plugin-copies";
  std::filesystem::create_directories(copies);
  std::filesystem::permissions(copies, std::filesystem::perms::all);
  engine e(options());
  const auto p = e.load_text("plugins: {tally: {use: tally}}", "t");
  ASSERT_EQ(p.size(), 1u);
  EXPECT_NE(p[0].find("can be written by others"), std::string::npos) << p[0];
}

TEST_F(engine_test, a_source_that_never_pauses_is_stopped_and_all_it_published_is_delivered) {
  engine e(options());
  std::atomic<std::uint64_t> published{0};
  e.observe("watch", {"test.>"}, [&](const trapline_event& ev) { published = ev.source_seq; });
  start(e, "plugins:\n  flood: {use: flood}\n  tally: {use: tally}\n");
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("tally_trades_total") > 10'000; }));
  stop(e);
  EXPECT_EQ(e.metric_total("tally_trades_total"), published);
  EXPECT_EQ(e.metric_total("tally_disorder_total"), 0u);
}

TEST_F(engine_test, the_names_of_observers_are_not_free_for_configurations) {
  engine e(options());
  e.observe("watch", {"test.>"}, [](const trapline_event&) {});
  const auto p = e.load_text("lanes: {watch: {}}\nplugins: {watch: {use: tally}}", "t");
  ASSERT_EQ(p.size(), 2u) << all(p);
  EXPECT_NE(p[0].find("t:1:9: lanes.watch: this name is taken by the program"), std::string::npos) << p[0];
}

TEST_F(engine_test, a_run_directory_that_cannot_be_made_is_told) {
  engine e({TRAPLINE_BUILD_DIR "/tests/modules", "/proc/nowhere/run", true});
  const auto p = e.load_text("plugins: {tally: {use: tally}}", "t");
  ASSERT_EQ(p.size(), 1u);
  EXPECT_NE(p[0].find("cannot create the run directory /proc/nowhere/run"), std::string::npos) << p[0];
}

TEST_F(engine_test, tells_its_memory_budget_at_the_start) {
  engine e(options());
  start(e, "lanes: {side: {overflow: conflate, conflate_memory: 4MiB}}\nplugins: {tally: {use: tally, lane: side}}",
        "ring_size: 1MiB");
  stop(e);
  // The ring, an eighth for its commit words, the lane's copies and what it keeps of what it was moved past.
  EXPECT_NE(log().find("bus 1 MiB, with cursors and copies 6 MiB, log queue 8192 lines"), std::string::npos) << log();
}

TEST_F(engine_test, two_engines_in_one_process_do_not_meet) {
  const test::temp_dir other;
  engine a(options());
  engine b({TRAPLINE_BUILD_DIR "/tests/modules", other.path(), true});
  start(a, "plugins:\n  ticks: {use: ticks, options: {count: 1000}}\n  tally: {use: tally}\n");
  ASSERT_TRUE(
      b.load_text("plugins:\n  ticks: {use: ticks, options: {count: 10}}\n  tally: {use: tally}\n", "t").empty());
  std::string error;
  ASSERT_TRUE(b.start(error));
  EXPECT_TRUE(test::eventually(
      [&] { return a.metric_total("tally_trades_total") == 1000 && b.metric_total("tally_trades_total") == 10; }));
  stop(a);
  stop(b);
  EXPECT_EQ(b.metric_total("tally_trades_total"), 10u);
}

TEST_F(engine_test, an_observer_sees_events_and_lifecycle) {
  engine e(options());
  std::atomic<int> trades{0}, lifecycle{0};
  e.observe("watch", {"test.>", "sys.lifecycle"}, [&](const trapline_event& ev) {
    if (ev.type == TRAPLINE_EVENT_TRADE) ++trades;
    if (ev.type == TRAPLINE_EVENT_LIFECYCLE) ++lifecycle;
  });
  start(e, "plugins: {ticks: {use: ticks, options: {count: 300}}}");
  EXPECT_TRUE(test::eventually([&] { return trades == 300; }));
  stop(e);
  EXPECT_GE(lifecycle, 3);
}

TEST_F(engine_test, starts_and_stops_a_hundred_times_without_leaking_descriptors_or_threads) {
  const auto count = [](const char* what) {
    int n = 0;
    for ([[maybe_unused]] const auto& x : std::filesystem::directory_iterator(what)) ++n;
    return n;
  };
  int fds = 0, threads = 0;
  for (int i = 0; i < test::effort(100); ++i) {
    {
      engine e(options());
      start(e, "plugins:\n  ticks: {use: ticks, options: {count: 10}}\n  tally: {use: tally}\n", "ring_size: 1MiB");
      stop(e);
    }
    if (i == 1) fds = count("/proc/self/fd"), threads = count("/proc/self/task");
  }
  EXPECT_EQ(count("/proc/self/fd"), fds);
  EXPECT_EQ(count("/proc/self/task"), threads);
}
