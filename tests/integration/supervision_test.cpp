// What the host does about instances that fault, take too long, or hang.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>

#include "engine_fixture.hpp"
#include "support/eventually.hpp"
#include "trapline/sdk/event.hpp"

using trapline::engine;

namespace {

class supervision : public engine_fixture {
 protected:
  // The state of an instance changes first, then people are told why.
  static void expect_reason(const engine& e, const std::string& name, const std::string& part) {
    EXPECT_TRUE(test::eventually([&] { return instance(e, name).reason.find(part) != std::string::npos; }))
        << instance(e, name).reason;
  }
  std::string release_file() const { return dir_.path() + "/go"; }
  void release() const { std::ofstream(release_file()) << "go"; }
};

}  // namespace

TEST_F(supervision, an_instance_that_faults_is_made_anew_and_works_again) {
  engine e(options());
  std::atomic<int> restarting{0}, running{0};
  e.observe("watch", {"sys.lifecycle"}, [&](const trapline_event& ev) {
    const auto* l = trapline::sdk::payload<trapline_lifecycle>(ev);
    if (std::string_view(l->instance) != "bad") return;
    restarting += l->state == TRAPLINE_INSTANCE_RESTARTING;
    running += l->state == TRAPLINE_INSTANCE_RUNNING;
  });
  start(e,
        "plugins:\n  ticks: {use: ticks, options: {count: 100000, burst: 1}}\n"
        "  bad: {use: throws, on_fault: restart, restart_backoff: 1ms, max_restarts: 2}\n");
  // Each life ends at its third event; after two restarts it is left alone.
  EXPECT_TRUE(test::eventually([&] { return state_of(e, "bad") == "quarantined"; }));
  EXPECT_EQ(e.metric_total("instance_faults_total"), 3u);
  EXPECT_EQ(e.metric_total("instance_restarts_total"), 2u);
  expect_reason(e, "bad", "has been restarted 2 times; last fault: third event");
  stop(e);
  EXPECT_EQ(restarting, 3);
  EXPECT_EQ(running, 3);
}

TEST_F(supervision, a_driver_that_faults_is_made_anew_and_drives_its_lane_again) {
  engine e(options());
  start(e,
        "plugins:\n  source: {use: faulty_driver, on_fault: restart, restart_backoff: 1ms, max_restarts: 3}\n"
        "  tally: {use: tally}\n");
  EXPECT_TRUE(test::eventually([&] { return state_of(e, "source") == "quarantined"; }));
  EXPECT_EQ(e.metric_total("instance_restarts_total"), 3u);
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("tally_trades_total") == 8; }));  // two polls a life
  stop(e);
}

TEST_F(supervision, a_new_life_begins_well_and_may_publish_in_start) {
  engine e(options());
  std::atomic<int> greetings{0};
  e.observe("watch", {"test.greeting"}, [&](const trapline_event&) { ++greetings; });
  start(e, "plugins: {frail: {use: frail, on_fault: restart, restart_backoff: 1ms}}");
  // Its first life says that it is not well and faults; the second says nothing of its health.
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("instance_restarts_total") == 1; }));
  EXPECT_TRUE(test::eventually([&] { return greetings == 2; }));
  EXPECT_TRUE(test::eventually([&] { return state_of(e, "frail") == "running"; }));
  EXPECT_EQ(instance(e, "frail").health, "ok");
  EXPECT_EQ(instance(e, "frail").reason, "");
  EXPECT_EQ(e.metric_total("instance_misuses_total"), 0u);
  stop(e);
}

TEST_F(supervision, an_instance_that_faults_while_it_is_configured_is_refused) {
  engine e(options());
  const auto p = e.load_text("plugins: {frail: {use: frail, options: {fault_in_configure: true}}}", "t");
  ASSERT_EQ(p.size(), 1u) << all(p);
  EXPECT_NE(p[0].find("plugins.frail: not today"), std::string::npos) << p[0];
}

TEST_F(supervision, a_callback_over_budget_is_counted_and_named_and_the_third_is_a_fault) {
  engine e(options());
  start(e,
        "plugins:\n  ticks: {use: ticks, options: {count: 100000, burst: 10}}\n"
        "  slow: {use: slow_callbacks, budget: 5ms, options: {each: 60ms}}\n");
  EXPECT_TRUE(test::eventually([&] { return state_of(e, "slow") == "quarantined"; }));
  EXPECT_EQ(e.metric_total("instance_over_budget_total"), 3u);
  expect_reason(e, "slow", "its budget is 5 ms; the third time within a minute");
  stop(e);
  EXPECT_NE(log().find("warn [slow] a callback has taken more than"), std::string::npos) << log();
}

TEST_F(supervision, callbacks_within_their_budget_are_not_counted) {
  engine e(options());
  start(e,
        "plugins:\n  ticks: {use: ticks, options: {count: 50, burst: 10}}\n"
        "  slow: {use: slow_callbacks, budget: 10s, options: {each: 2ms}}\n");
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("slow_done_total") == 50; }));
  stop(e);
  EXPECT_EQ(e.metric_total("instance_over_budget_total"), 0u);
}

TEST_F(supervision, a_lane_that_hangs_and_would_hold_the_bus_stops_the_engine_and_names_the_instance) {
  {
    engine e(options());
    start(e, "plugins:\n  ticks: {use: ticks}\n  stuck: {use: blocks, options: {until: " + release_file() + "}}\n",
          "hang_limit: 100ms");
    EXPECT_TRUE(test::eventually([&] { return e.stop_requested() == trapline::stop_cause::fault; }));
    EXPECT_NE(e.stop_reason().find("stuck: a callback has not returned for"), std::string::npos) << e.stop_reason();
    EXPECT_NE(e.stop_reason().find("lane stuck hangs"), std::string::npos);
    EXPECT_EQ(state_of(e, "stuck"), "quarantined");
    release();
    std::string what;
    EXPECT_FALSE(e.stop(true, what));
    EXPECT_NE(what.find("lane stuck hangs"), std::string::npos) << what;
  }
  EXPECT_NE(log().find("not cleanly"), std::string::npos);
}

TEST_F(supervision, a_lane_that_hangs_without_holding_the_bus_is_left_behind_and_the_rest_goes_on) {
  engine e(options());
  start(e,
        "lanes: {side: {overflow: lag}}\nplugins:\n  ticks: {use: ticks, options: {count: 20000}}\n"
        "  stuck: {use: blocks, lane: side, options: {until: " +
            release_file() + "}}\n  tally: {use: tally}\n",
        "hang_limit: 100ms");
  EXPECT_TRUE(test::eventually([&] { return state_of(e, "stuck") == "quarantined"; }));
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("tally_trades_total") == 20000; }));
  EXPECT_EQ(e.stop_requested(), trapline::stop_cause::none);
  expect_reason(e, "stuck", "it is left behind");
  release();
  std::string what;
  EXPECT_FALSE(e.stop(true, what));
  EXPECT_NE(what.find("lane side hangs"), std::string::npos) << what;
}

TEST_F(supervision, calls_on_the_wrong_thread_and_malformed_events_are_counted_against_the_instance) {
  engine e(options());
  start(e, "plugins: {rude: {use: misbehaves}}");
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("misbehaves_done_total") == 1; }));
  stop(e);
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("misbehaves_answers_total") == 7; }));
  // Timer and subscription off its lane, an unknown topic, no payload, too large; a service inside create(); a
  // publish after stop().
  EXPECT_EQ(e.metric_total("instance_misuses_total"), 7u);
  EXPECT_NE(log().find("plugin misbehaving (1): asked for a service inside create()"), std::string::npos) << log();
}

TEST_F(supervision, a_sick_instance_tells_why) {
  engine e(options());
  start(e, "plugins: {ill: {use: unwell}}");
  EXPECT_TRUE(test::eventually([&] { return instance(e, "ill").health == "degraded"; }));
  expect_reason(e, "ill", "the venue does not answer");
  stop(e);
}
