// Commands, swaps and reloads of a running engine: what is lost (nothing), what comes back, what is refused.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <future>
#include <nlohmann/json.hpp>

#include "engine_fixture.hpp"
#include "plugin/loader.hpp"
#include "support/effort.hpp"
#include "support/eventually.hpp"
#include "trapline/sdk/event.hpp"

using nlohmann::json;
using trapline::engine;

namespace {

constexpr const char* modules = TRAPLINE_BUILD_DIR "/tests/modules/";
constexpr const char* detectors = TRAPLINE_BUILD_DIR "/plugins/";

struct reply {
  bool ok = false;
  std::string text;
  json value() const { return json::parse(text, nullptr, false); }
};

reply ask(engine& e, const std::string& cmd, const json& args = json::object()) {
  auto answer = std::make_shared<std::promise<reply>>();
  auto came = answer->get_future();
  if (!e.submit(cmd, args.dump(), [answer](bool ok, std::string text) { answer->set_value({ok, std::move(text)}); }))
    return {false, "not taken"};
  if (came.wait_for(std::chrono::seconds(60)) != std::future_status::ready) return {false, "no answer"};
  return came.get();
}

reply swap(engine& e, const std::string& to, json more = json::object()) {
  more["instance"] = "x";
  more["file"] = to.find('/') == std::string::npos ? modules + to + ".so" : to;
  return ask(e, "swap", more);
}

class swaps : public engine_fixture {
 protected:
  static constexpr const char* small = "ring_size: 1MiB";  // these tests are many, and need none that is larger
  void start(engine& e, const std::string& yaml, const std::string& more = small) {
    engine_fixture::start(e, yaml, more);
  }
  // Instance `x` on lane core, fed by `count` ticks.
  static std::string under_ticks(const std::string& x, int count, const std::string& more = {}) {
    return "lanes: {core: {}}\nplugins:\n  ticks: {use: ticks, lane: core, options: {count: " + std::to_string(count) +
           ", burst: " + (test::sanitized ? "2" : "25") + "}}\n  x: {lane: core, " + x + "}\n" + more;
  }
  // All prices 0 .. n-1 were seen, each once.
  static void expect_exact(const engine& e, std::uint64_t n) {
    EXPECT_TRUE(test::eventually([&] { return e.metric_total("audit_seen_total") >= n; }, std::chrono::seconds(60)));
    std::uint64_t sum = 0, squares = 0;
    for (std::uint64_t p = 0; p < n; ++p) sum += p, squares += p * p;
    EXPECT_EQ(e.metric_total("audit_seen_total"), n);
    EXPECT_EQ(e.metric_total("audit_sum_total"), sum);
    EXPECT_EQ(e.metric_total("audit_squares_total"), squares);
    EXPECT_EQ(e.metric_total("audit_disorder_total"), 0u);
  }
  static void expect_none_retired(const engine& e) {
    if (!trapline::plugin::keeps_images()) {
      EXPECT_EQ(e.metric_total("retired_images"), 0u);
    }
  }
  std::string copies() const { return dir_.path() + "/run/plugin-copies"; }
  std::size_t copies_on_disk() const {
    std::size_t n = 0;
    for ([[maybe_unused]] const auto& f : std::filesystem::directory_iterator(copies())) ++n;
    return n;
  }
  // For reload: the configuration as a file.
  std::string write(const std::string& yaml) const {
    const std::string path = dir_.path() + "/live.yaml";
    std::ofstream(path) << engine_section(small) << yaml;
    return path;
  }
  void start_file(engine& e, const std::string& yaml) {
    const auto problems = e.load_file(write(yaml));
    ASSERT_TRUE(problems.empty()) << all(problems);
    std::string error;
    ASSERT_TRUE(e.start(error)) << error;
  }
};

}  // namespace

TEST_F(swaps, under_load_every_event_is_seen_once_with_and_without_state) {
  constexpr int events = test::sanitized ? 6'000 : 20'000;  // in either case for longer than the swaps take
  engine e(options());
  start(e, under_ticks("use: audit_a, options: {depth: 7}", events));
  for (int n = 0; n < 8; ++n) {
    const auto r = swap(e, n % 2 == 0 ? "audit_b" : "audit_a", {{"state", n < 4}});
    ASSERT_TRUE(r.ok) << r.text;
    const auto j = r.value();
    EXPECT_EQ(j["to"], n % 2 == 0 ? "audit_b 1.0.0" : "audit_a 1.0.0");
    EXPECT_EQ(j["state"].get<std::string>().rfind(n < 4 ? "carried over" : "none", 0), 0u) << j["state"];
    EXPECT_TRUE(j["drained"]);
  }
  expect_exact(e, events);
  EXPECT_EQ(ask(e, "debug", {{"instance", "x"}}).value()["options"]["depth"], 7);  // the options stay
  if (!trapline::plugin::keeps_images()) {
    expect_none_retired(e);
    EXPECT_EQ(copies_on_disk(), 3u);  // ticks, the new one, and the one that it may go back to
  }
  stop(e);
}

TEST_F(swaps, the_three_detectors_take_each_others_place) {
  engine e(options());
  start(e,
        "lanes: {core: {}}\nplugins:\n  source: {use: market_ticks, lane: core, options: {count: 10000, burst: 25}}\n"
        "  x: {use: " +
            std::string(detectors) + "trap_detector.so, lane: core, options: {max_symbols: 20}}\n");
  const std::array names = {"trap_detector_candle", "trap_detector_threshold", "trap_detector"};
  for (int n = 0; n < (test::sanitized ? 3 : 6); ++n) {
    const auto r =
        swap(e, std::string(detectors) + names[static_cast<std::size_t>(n) % 3] + ".so", {{"drop_unknown", true}});
    ASSERT_TRUE(r.ok) << r.text;
  }
  EXPECT_TRUE(
      test::eventually([&] { return e.metric_total("detector_events_total") >= 10'000; }, std::chrono::seconds(60)));
  EXPECT_EQ(e.metric_total("detector_events_total"), 10'000u);
  EXPECT_EQ(instance(e, "x").plugin, "trap_detector");
  expect_none_retired(e);
  stop(e);
}

TEST_F(swaps, what_cannot_be_loaded_configured_or_started_changes_nothing) {
  engine e(options());
  start(e, under_ticks("use: audit_a, options: {limit: 9}", 5'000));
  const auto refused = [&](const reply& r, const std::string& part) {
    EXPECT_FALSE(r.ok);
    EXPECT_NE(r.text.find(part), std::string::npos) << r.text;
  };
  refused(swap(e, "nothing"), "there is no file");
  refused(swap(e, "too_new"), "needs a host of at least ABI");
  refused(swap(e, "fails_to_start", {{"drop_unknown", true}}),
          "does not start: the port is taken; nothing has changed");
  refused(swap(e, "audit_b"), "audit_b does not know the option limit that 'x' has now");
  refused(swap(e, "audit_b", {{"options", "depth: 1000"}}), "depth");
  refused(swap(e, "audit_b", {{"options", "{"}}), "options:");
  refused(swap(e, "audit_b", {{"watch", "soon"}}), "watch: expected a duration");
  refused(swap(e, "audit_b", {{"watch", 5}}), "wrong type");
  refused(swap(e, "audit_b", {{"optoins", ""}}), "swap takes no argument 'optoins'");
  refused(ask(e, "swap", {{"instance", "tick"}, {"file", "audit_b"}}),
          "there is no instance 'tick'; did you mean 'ticks'?");
  refused(ask(e, "swop"), "there is no command 'swop'; known are status,");
  expect_exact(e, 5'000);
  EXPECT_EQ(instance(e, "x").plugin, "audit_a");
  EXPECT_EQ(instance(e, "x").state, "running");
  const auto r = swap(e, "audit_b", {{"drop_unknown", true}});
  ASSERT_TRUE(r.ok) << r.text;
  EXPECT_EQ(r.value()["dropped_options"], json::array({"limit"}));
  stop(e);
}

TEST_F(swaps, one_that_faults_while_it_is_watched_gives_way_to_the_one_before) {
  engine e(options());
  std::atomic<int> stopped{0}, running{0};
  e.observe("watch", {"sys.lifecycle"}, [&](const trapline_event& ev) {
    const auto* l = trapline::sdk::payload<trapline_lifecycle>(ev);
    if (std::string_view(l->instance) != "x") return;
    stopped += l->state == TRAPLINE_INSTANCE_STOPPED;
    running += l->state == TRAPLINE_INSTANCE_RUNNING;
  });
  // The policy would end the engine; not while there is a way back.
  start(e, under_ticks("use: audit_a, on_fault: stop_engine", 1'000'000));
  ASSERT_TRUE(swap(e, "throws", {{"drop_unknown", true}}).ok);
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("instance_rollbacks_total") == 1; }));
  EXPECT_TRUE(
      test::eventually([&] { return instance(e, "x").plugin == "audit_a" && instance(e, "x").state == "running"; }));
  EXPECT_EQ(e.stop_requested(), trapline::stop_cause::none);
  const auto seen = e.metric_total("audit_seen_total");
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("audit_seen_total") > seen; }));
  EXPECT_EQ(e.metric_total("audit_disorder_total"), 0u);
  EXPECT_EQ(stopped, 0);  // of the one that runs under this name
  EXPECT_TRUE(test::eventually([&] { return running == 3; }));
  expect_none_retired(e);
  stop(e);
  EXPECT_NE(log().find("throws 1.0.0 faulted in its watch window (third event); back to audit_a 1.0.0"),
            std::string::npos);
}

TEST_F(swaps, the_engine_stops_as_configured_when_there_is_no_way_back_to_the_one_before) {
  engine e(options());
  const std::string own = dir_.path() + "/own";
  std::filesystem::create_directory(own);
  start(e,
        "lanes: {core: {}, side: {}}\nplugins:\n  ticks: {use: ticks, lane: core, options: {count: 1000000}}\n"
        "  x: {use: pump, lane: side, on_fault: stop_engine, options: {lock: " +
            own + "/lock}}\n");
  std::filesystem::rename(own, own + "2");  // the pump will not start again
  ASSERT_TRUE(swap(e, "throws", {{"drop_unknown", true}}).ok);
  EXPECT_TRUE(test::eventually([&] { return e.stop_requested() == trapline::stop_cause::fault; }));
  EXPECT_TRUE(test::eventually([&] { return state_of(e, "x") == "quarantined"; }));
  EXPECT_NE(e.stop_reason().find("pump 1.0.0 could not take over again"), std::string::npos) << e.stop_reason();
  stop(e);
}

TEST_F(swaps, the_engine_stops_as_configured_when_what_was_stopped_for_a_swap_cannot_be_made_anew) {
  engine e(options());
  const std::string own = dir_.path() + "/own";
  std::filesystem::create_directory(own);
  start(e, "lanes: {core: {}}\nplugins:\n  x: {use: pump, lane: core, on_fault: stop_engine, options: {lock: " + own +
               "/lock}}\n");
  std::filesystem::rename(own, own + "2");
  const auto r = swap(e, "pump", {{"options", "{refuse: true, lock: " + own + "/lock}"}});
  EXPECT_FALSE(r.ok);
  EXPECT_NE(r.text.find("could not be made anew: another one runs"), std::string::npos) << r.text;
  EXPECT_TRUE(test::eventually([&] { return e.stop_requested() == trapline::stop_cause::fault; }));
  EXPECT_EQ(state_of(e, "x"), "quarantined");
  stop(e);
}

TEST_F(swaps, after_its_watch_window_the_old_image_goes_and_a_fault_is_a_fault) {
  engine e(options());
  start(e, under_ticks("use: audit_a", 1'000'000));
  ASSERT_TRUE(swap(e, "audit_b", {{"watch", "1ms"}}).ok);
  if (!trapline::plugin::keeps_images()) EXPECT_TRUE(test::eventually([&] { return copies_on_disk() == 2; }));
  else EXPECT_TRUE(test::eventually([&] { return log().find("ran without a fault") != std::string::npos; }));
  EXPECT_TRUE(ask(e, "command", {{"instance", "x"}, {"name", "fault"}}).ok);
  EXPECT_TRUE(test::eventually([&] { return state_of(e, "x") == "quarantined"; }));
  EXPECT_EQ(e.metric_total("instance_rollbacks_total"), 0u);
  // Another one may take the place of what is quarantined.
  ASSERT_TRUE(swap(e, "audit_a").ok);
  EXPECT_EQ(state_of(e, "x"), "running");
  stop(e);
}

TEST_F(swaps, one_that_never_drains_is_ended_at_the_limit_and_costs_no_event) {
  engine e(options());
  start(e, under_ticks("use: drains_for_ever", 20'000), std::string(small) + ", drain_timeout: 100ms");
  const auto r = swap(e, "audit_a");
  ASSERT_TRUE(r.ok) << r.text;
  EXPECT_FALSE(r.value()["drained"]);
  EXPECT_NE(r.value()["left"].get<std::string>().find("was not drained in time"), std::string::npos);
  const auto seen = e.metric_total("audit_seen_total");
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("audit_seen_total") > seen; }));
  EXPECT_EQ(e.metric_total("audit_disorder_total"), 0u);
  stop(e);
}

TEST_F(swaps, a_driver_is_stopped_first_and_its_successor_goes_on_where_it_was) {
  engine e(options());
  const std::string lock = dir_.path() + "/lock";
  start(e, "lanes: {core: {}}\nplugins:\n  x: {use: pump, lane: core, options: {lock: " + lock +
               "}}\n  audit: {use: audit_b, lane: core}\n");
  for (int n = 0; n < 3; ++n) {
    const auto before = e.metric_total("audit_seen_total");
    EXPECT_TRUE(test::eventually([&] { return e.metric_total("audit_seen_total") > before; }));
    const auto r = swap(e, "pump");
    ASSERT_TRUE(r.ok) << r.text;
    EXPECT_EQ(r.value()["state"].get<std::string>().rfind("carried over", 0), 0u) << r.text;
  }
  // One that does not start leaves the old one to be made anew; that begins at 0 again, which the audit notices.
  EXPECT_EQ(e.metric_total("audit_disorder_total"), 0u);
  const auto r = swap(e, "pump", {{"options", "{refuse: true, lock: " + lock + "}"}});
  EXPECT_FALSE(r.ok);
  EXPECT_NE(r.text.find("told not to start; pump 1.0.0 was made anew and runs again"), std::string::npos) << r.text;
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("audit_disorder_total") == 1; }));
  const auto two = ask(e, "swap", {{"instance", "audit"}, {"file", std::string(modules) + "faulty_driver.so"}});
  EXPECT_NE(two.text.find("already has a driver, 'x'"), std::string::npos) << two.text;
  stop(e);
}

TEST_F(swaps, restart_takes_the_file_as_it_is_now) {
  namespace fs = std::filesystem;
  const std::string file = dir_.path() + "/mine.so";
  fs::copy_file(std::string(modules) + "audit_a.so", file);
  engine e(options());
  start(e, under_ticks("use: " + file, 2'000));
  fs::copy_file(std::string(modules) + "audit_b.so", file + ".new");
  fs::rename(file + ".new", file);
  const auto r = ask(e, "restart", {{"instance", "x"}});
  ASSERT_TRUE(r.ok) << r.text;
  EXPECT_EQ(r.value()["to"], "audit_b 1.0.0");
  EXPECT_EQ(r.value()["state"], "none");
  expect_exact(e, 2'000);
  stop(e);
}

TEST_F(swaps, set_changes_one_option_and_reset_forgets_what_was_known) {
  namespace fs = std::filesystem;
  const std::string file = dir_.path() + "/mine.so";
  fs::copy_file(std::string(modules) + "audit_a.so", file);
  engine e(options());
  start(e, under_ticks("use: " + file + ", options: {depth: 2}", 2'000));
  const auto set = [&](const std::string& option, const json& value) {
    return ask(e, "set", {{"instance", "x"}, {"option", option}, {"value", value}, {"watch", "0s"}});
  };
  const auto depth = [&] { return ask(e, "debug", {{"instance", "x"}}).value()["options"]["depth"]; };
  const auto done = set("depth", 5);
  ASSERT_TRUE(done.ok) << done.text;
  EXPECT_EQ(depth(), 5);
  EXPECT_EQ(done.value()["state"].get<std::string>().rfind("carried over, ", 0), 0u) << done.text;
  EXPECT_TRUE(set("depth", "7").ok) << "as text, as the command line gives it";
  EXPECT_EQ(depth(), 7);
  for (const auto& [option, value, part] : std::vector<std::array<std::string, 3>>{
           {"dpeth", "1", "did you mean 'depth'"}, {"depth", "[1", "value: "}, {"depth", "much", "depth"}}) {
    const auto refused = set(option, value);
    EXPECT_FALSE(refused.ok);
    EXPECT_NE(refused.text.find(part), std::string::npos) << refused.text;
  }
  EXPECT_EQ(ask(e, "set", {{"instance", "x"}, {"option", "depth"}}).text, "set needs the argument 'value'");
  EXPECT_EQ(depth(), 7);
  const auto reset = ask(e, "reset", {{"instance", "x"}});
  ASSERT_TRUE(reset.ok) << reset.text;
  EXPECT_EQ(reset.value()["state"], "none");
  EXPECT_EQ(depth(), 7);
  fs::copy_file(std::string(modules) + "audit_b.so", file + ".new");
  fs::rename(file + ".new", file);
  EXPECT_NE(set("depth", 3).text.find("is not the one that runs"), std::string::npos);
  expect_exact(e, 2'000);
  expect_none_retired(e);
  stop(e);
}

TEST_F(swaps, commands_reach_the_instance_on_its_lane_and_their_refusals_come_back) {
  engine e(options());
  start(e, under_ticks("use: audit_a", 100));
  const auto debug = ask(e, "debug", {{"instance", "x"}});
  ASSERT_TRUE(debug.ok) << debug.text;
  EXPECT_EQ(debug.value()["plugin"], "audit_a");
  const auto with = ask(e, "command", {{"instance", "x"}, {"name", "debug"}, {"args", {{"deep", true}}}});
  EXPECT_EQ(with.value()["args"], json({{"deep", true}})) << with.text;
  EXPECT_EQ(ask(e, "command", {{"instance", "x"}, {"name", "refuse"}}).text, "told to refuse");
  EXPECT_EQ(ask(e, "resubscribe", {{"instance", "x"}}).text,
            "audit_a has no command 'resubscribe'; it has debug, refuse, fault");
  EXPECT_EQ(ask(e, "debug", {{"instance", "ticks"}}).text, "ticks has no command 'debug'; it has none");
  EXPECT_EQ(ask(e, "debug").text, "debug needs the text argument 'instance'");
  const auto status = ask(e, "status").value();
  EXPECT_EQ(status["instances"].size(), 2u) << status;
  EXPECT_EQ(ask(e, "plugins").value()[1]["commands"], json::array({"debug", "refuse", "fault"}));
  EXPECT_NE(ask(e, "metrics").value().get<std::string>().find("trapline_lane_events{"), std::string::npos);
  EXPECT_TRUE(ask(e, "stop", {{"reason", "enough"}}).ok);
  EXPECT_TRUE(test::eventually([&] { return e.stop_requested() == trapline::stop_cause::requested; }));
  EXPECT_EQ(e.stop_reason(), "enough");
  stop(e);
  EXPECT_FALSE(e.submit("status", {}, [](bool, const std::string&) {}));
}

TEST_F(swaps, a_command_that_a_busy_lane_does_not_come_to_is_answered_all_the_same) {
  engine e(options());
  const std::string go = dir_.path() + "/go";
  start(e,
        "lanes: {core: {}, side: {overflow: lag}}\nplugins:\n  ticks: {use: ticks, lane: core}\n"
        "  audit: {use: audit_a, lane: side}\n  stuck: {use: blocks, lane: side, options: {until: " +
            go + "}}\n",
        std::string(small) + ", hang_limit: 1m");
  ASSERT_TRUE(test::eventually([&] { return e.metric_total("blocks_in_callback") == 1; }));
  EXPECT_EQ(ask(e, "debug", {{"instance", "audit"}}).text, "lane side did not come to it within 5 s");
  EXPECT_TRUE(ask(e, "status").ok);
  std::ofstream(go) << "go";
  EXPECT_TRUE(test::eventually([&] { return ask(e, "debug", {{"instance", "audit"}}).ok; }));
  stop(e);
}

TEST_F(swaps, a_plugin_may_ask_the_host_and_is_answered_on_its_lane) {
  engine e(options());
  start(e, "plugins: {asks: {use: asks}}");
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("asks_good_total") == 15; }));
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("asks_bad_total") == 1; }));  // there is no such instance
  EXPECT_EQ(e.metric_total("asks_early_total"), 0u);
  EXPECT_EQ(e.metric_total("asks_refused_total"), 1u);  // of more than TRAPLINE_CONTROL_PENDING_MAX
  stop(e);
}

TEST_F(swaps, a_changed_file_is_applied_in_the_fewest_steps_and_shown_first) {
  engine e(options());
  start_file(e, under_ticks("use: audit_a", 1'000'000, "  gone: {use: tally, lane: core}\n"));
  const auto ticks = ask(e, "status").value()["instances"][0]["source"];
  write(under_ticks("use: audit_b, budget: 1s", 1'000'000, "  fresh: {use: tally, lane: core}\n"));
  const json steps = {"remove gone", "swap x: audit_a -> audit_b 1.0.0", "add fresh: tally 1.0.0 on lane core"};
  const auto plan = ask(e, "reload", {{"plan", true}});
  ASSERT_TRUE(plan.ok) << plan.text;
  EXPECT_EQ(plan.value()["steps"], steps);
  EXPECT_EQ(instance(e, "x").plugin, "audit_a");
  EXPECT_EQ(state_of(e, "gone"), "running");
  const auto done = ask(e, "reload");
  ASSERT_TRUE(done.ok) << done.text;
  EXPECT_EQ(done.value()["steps"], steps);
  EXPECT_EQ(instance(e, "x").plugin, "audit_b");
  EXPECT_EQ(state_of(e, "gone"), "absent");
  EXPECT_EQ(state_of(e, "fresh"), "running");
  EXPECT_EQ(ask(e, "status").value()["instances"][0]["source"], ticks);  // was left alone
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("tally_trades_total") > 0; }));
  EXPECT_EQ(e.metric_total("audit_disorder_total"), 0u);
  EXPECT_EQ(ask(e, "reload").value()["steps"], json::array());
  write(under_ticks("use: audit_b, budget: 2s, options: {depth: 3}", 1'000'000,
                    "  fresh: {use: tally, lane: core, on_fault: restart}\n"));
  EXPECT_EQ(ask(e, "reload").value()["steps"],
            json({"swap x: new options", "change fresh: what is done about faults"}));
  EXPECT_EQ(ask(e, "debug", {{"instance", "x"}}).value()["options"]["depth"], 3);
  stop(e);
}

TEST_F(swaps, a_file_that_cannot_work_changes_nothing) {
  engine e(options());
  start_file(e, under_ticks("use: audit_a", 1'000'000));
  const auto refused = [&](const std::string& yaml, std::vector<std::string> parts) {
    write(yaml);
    const auto r = ask(e, "reload");
    EXPECT_FALSE(r.ok);
    parts.push_back("nothing has changed");
    for (const auto& part : parts) EXPECT_NE(r.text.find(part), std::string::npos) << part << " in " << r.text;
    EXPECT_EQ(instance(e, "x").plugin, "audit_a");
  };
  refused("plugins: [", {"live.yaml:"});
  refused(under_ticks("use: audit_b, options: {dpeth: 1}", 1'000'000,
                      "  y: {use: tally, lane: core, options: {refuse: no}}\n"),
          {"plugins.x.options.dpeth: unknown option; did you mean 'depth'?", "told to refuse"});
  refused(under_ticks("use: audit_b", 1'000'000, "  y: {use: tally}\n"),
          {"lane 'y' does not run; lanes are made when"});
  std::string other = under_ticks("use: audit_b", 1'000'000);
  refused(other.replace(other.find("core: {}"), 8, "core: {wait: spin}"),
          {"lanes.core: has changed; this needs a restart of the engine"});
  EXPECT_EQ(ask(e, "reload", {{"plan", "yes"}}).text.rfind("reload: an argument has the wrong type", 0), 0u);
  stop(e);
}

TEST_F(swaps, a_configuration_that_was_no_file_cannot_be_read_again) {
  engine e(options());
  start(e, "plugins: {tally: {use: tally}}");
  EXPECT_EQ(ask(e, "reload").text, "the configuration was not read from a file");
  stop(e);
}
