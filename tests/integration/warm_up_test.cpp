// Swaps that feed the successor from the journal first: what it then knows, what nobody hears, and that a replay of the
// recorded session does the same.
#include <gtest/gtest.h>

#include <cstring>
#include <future>
#include <map>
#include <nlohmann/json.hpp>

#include "engine_fixture.hpp"
#include "journal/reader.hpp"
#include "plugin/loader.hpp"
#include "support/effort.hpp"
#include "support/eventually.hpp"
#include "support/process.hpp"
#include "trapline/sdk/event.hpp"

using nlohmann::json;
using trapline::engine;
namespace journal = trapline::journal;

namespace {

constexpr const char* modules = TRAPLINE_BUILD_DIR "/tests/modules/";
constexpr const char* plugins = TRAPLINE_BUILD_DIR "/plugins/";
constexpr std::chrono::seconds patience{120};

struct reply {
  bool ok = false;
  std::string text;
  json value() const { return json::parse(text, nullptr, false); }
};

class warm_ups : public engine_fixture {
 protected:
  static reply ask(engine& e, const std::string& cmd, const json& args = json::object()) {
    auto answer = std::make_shared<std::promise<reply>>();
    auto came = answer->get_future();
    if (!e.submit(cmd, args.dump(), [answer](bool ok, std::string text) { answer->set_value({ok, std::move(text)}); }))
      return {false, "not taken"};
    if (came.wait_for(patience) != std::future_status::ready) return {false, "no answer"};
    return came.get();
  }
  static reply swap(engine& e, const std::string& to, json more = json::object()) {
    more["instance"] = "x";
    more["file"] = modules + to + ".so";
    return ask(e, "swap", more);
  }
  std::string folder() const { return dir_.path() + "/run/journal"; }
  static std::string under_ticks(const std::string& x, int count = 10'000'000, const std::string& journal = "sync: 5ms",
                                 const std::string& core = "{}") {
    return "lanes: {core: " + core + ", source: {}}\n" + (journal.empty() ? "" : "journal: {" + journal + "}\n") +
           "plugins:\n  ticks: {use: ticks, lane: source, options: {count: " + std::to_string(count) +
           ", burst: 5}}\n  tally: {use: tally, lane: core}\n  x: {lane: core, " + x + "}\n";
  }
  static void pass(engine& e, std::uint64_t trades) {
    const auto from = e.metric_total("tally_trades_total");
    ASSERT_TRUE(test::eventually([&] { return e.metric_total("tally_trades_total") >= from + trades; }, patience));
  }
  // x and all that it published, by its journal.
  struct said {
    std::map<std::uint32_t, std::vector<std::string>> by;  // payloads, by source
    std::map<std::uint32_t, std::vector<std::uint64_t>> after;
    std::vector<journal::instance_step> started;  // of x
  };
  said what_was_said(std::uint16_t type) const {
    std::string error;
    const auto r = journal::reader::open(folder(), error);
    EXPECT_TRUE(r) << error;
    said out;
    for (journal::item what; (what = r->next()) != journal::item::end;) {
      if (what == journal::item::step && r->step().what == journal::phase::started &&
          r->instance(r->step().id)->name == "x")
        out.started.push_back(r->step());
      if (what != journal::item::event || r->event().type != type) continue;
      const auto& e = r->event();
      out.by[e.source].emplace_back(reinterpret_cast<const char*>(&e + 1), e.size - sizeof e);
      out.after[e.source].push_back(e.cause);
    }
    return out;
  }
  void expect_identical_replay() const {
    const auto r = test::run(
        {TRAPLINE_BUILD_DIR "/bin/trapline", "replay", folder(), "--verify", "--plugin-dir", modules}, dir_.path());
    EXPECT_EQ(r.code, 0) << r.out << r.err;
  }
  static void expect_refused(const reply& r, const std::string& part) {
    EXPECT_FALSE(r.ok) << r.text;
    EXPECT_NE(r.text.find(part), std::string::npos) << r.text;
  }
};

}  // namespace

TEST_F(warm_ups, give_the_successor_every_event_once_and_publish_nothing_of_it) {
  {
    engine e(options());
    start(e, under_ticks("use: audit_a, on_fault: quarantine"));
    pass(e, 2'000);
    for (int n = 0; n < 3; ++n) {
      const auto r = swap(e, "digest", {{"options", "{}"}, {"warm_up", "1h"}});
      ASSERT_TRUE(r.ok) << r.text;
      EXPECT_EQ(r.value()["state"], "none");
      EXPECT_NE(r.value()["warmed_up"].get<std::string>().find(" of 1h, the journal reaches back no further"),
                std::string::npos)
          << r.text;
      EXPECT_GE(r.value()["warm_up_events"], 2'000);
      EXPECT_GE(r.value()["warm_up_unheard"], 1);
      pass(e, 500);
      const auto seen = ask(e, "debug", {{"instance", "x"}}).value();
      EXPECT_EQ(seen["first"], 0);  // of the run
      EXPECT_EQ(seen["disorder"], 0);
      EXPECT_EQ(seen["gaps"], 0);
      EXPECT_EQ(seen["seen"], seen["next"]);
    }
    EXPECT_EQ(instance(e, "x").health, "degraded");  // said when it could not be heard, and still so
    EXPECT_GE(e.metric_total("instance_warm_up_events_total"), 6'000u);
    const auto status = ask(e, "status").value();
    for (const auto& i : status["instances"]) EXPECT_EQ(i.contains("warmed_up"), i["name"] == "x");
    stop(e);
  }
  // What each said, it said after it had taken its place.
  const auto s = what_was_said(TRAPLINE_EVENT_TRADE);
  ASSERT_EQ(s.started.size(), 4u);
  for (std::size_t n = 1; n < 4; ++n) {
    const auto& step = s.started[n];
    ASSERT_TRUE(step.warm);
    EXPECT_LT(step.warm->from_seq, step.warm->joined_seq);
    EXPECT_LE(step.warm->joined_seq, step.after_seq);
    ASSERT_TRUE(s.after.contains(step.id));
    for (const auto cause : s.after.at(step.id)) EXPECT_GT(cause, step.after_seq);
  }
  expect_identical_replay();
}

TEST_F(warm_ups, reach_back_for_the_span_and_no_further) {
  {
    engine e(options());
    start(e, under_ticks("use: audit_a"));
    pass(e, 5'000);
    const auto r = swap(e, "digest", {{"options", "{}"}, {"warm_up", "300ms"}});
    ASSERT_TRUE(r.ok) << r.text;
    EXPECT_EQ(r.value()["warmed_up"], "300ms of 300ms");
    pass(e, 200);
    const auto seen = ask(e, "debug", {{"instance", "x"}}).value();
    EXPECT_GT(seen["first"], 0);
    EXPECT_EQ(seen["disorder"], 0);
    EXPECT_EQ(seen["next"].get<int>() - seen["first"].get<int>(), seen["seen"].get<int>());
    stop(e);
  }
  expect_identical_replay();
}

// All of it is still on its way to the disk.
TEST_F(warm_ups, reach_what_the_journal_has_not_written_yet) {
  {
    engine e(options());
    start(e, under_ticks("use: audit_a", 10'000'000, "sync: 1m"));
    pass(e, 500);
    const auto r = swap(e, "digest", {{"options", "{}"}, {"warm_up", "1h"}});
    ASSERT_TRUE(r.ok) << r.text;
    EXPECT_GE(r.value()["warm_up_events"], 500);
    pass(e, 100);
    const auto seen = ask(e, "debug", {{"instance", "x"}}).value();
    EXPECT_EQ(seen["first"], 0);
    EXPECT_EQ(seen["disorder"], 0);
    stop(e);
  }
  expect_identical_replay();
}

TEST_F(warm_ups, of_the_configuration_hold_for_swaps_and_set_but_not_for_restart) {
  {
    engine e(options());
    start(e, under_ticks("use: digest, warm_up: 1h"));
    pass(e, 500);
    const auto seen = [&] { return ask(e, "debug", {{"instance", "x"}}).value()["first"].get<int>(); };
    const auto set = ask(e, "set", {{"instance", "x"}, {"option", "throw_at"}, {"value", "999999999"}});
    ASSERT_TRUE(set.ok) << set.text;
    pass(e, 100);
    EXPECT_EQ(seen(), 0);
    ASSERT_TRUE(swap(e, "digest", {{"warm_up", "0s"}}).ok);
    pass(e, 100);
    EXPECT_GT(seen(), 0);
    const auto restart = ask(e, "restart", {{"instance", "x"}});
    ASSERT_TRUE(restart.ok) << restart.text;
    EXPECT_EQ(restart.value()["warmed_up"], "");
    pass(e, 100);
    EXPECT_GT(seen(), 0);
    stop(e);
  }
  expect_identical_replay();
}

TEST_F(warm_ups, are_left_out_where_the_state_passes_on) {
  engine e(options());
  start(e, under_ticks("use: audit_a, warm_up: 1h"));
  pass(e, 100);
  const auto r = swap(e, "audit_b", {{"drop_unknown", true}});
  ASSERT_TRUE(r.ok) << r.text;
  EXPECT_EQ(r.value()["warmed_up"], "not needed, it has its predecessor's state");
  EXPECT_EQ(r.value()["warm_up_events"], 0);
  const auto anew = swap(e, "audit_a", {{"state", false}});
  ASSERT_TRUE(anew.ok) << anew.text;
  EXPECT_GE(anew.value()["warm_up_events"], 100);
  stop(e);
}

TEST_F(warm_ups, that_fault_change_nothing) {
  {
    engine e(options());
    start(e, under_ticks("use: audit_a, on_fault: stop_engine"));
    pass(e, 500);
    expect_refused(swap(e, "digest", {{"options", "throw_at: 100"}, {"warm_up", "1h"}}),
                   "digest 1.0.0 cannot be warmed up: that price again; nothing has changed");
    EXPECT_EQ(instance(e, "x").plugin, "audit_a");
    EXPECT_EQ(state_of(e, "x"), "running");
    pass(e, 500);
    EXPECT_EQ(e.metric_total("audit_disorder_total"), 0u);
    if (!trapline::plugin::keeps_images()) {
      EXPECT_EQ(e.metric_total("retired_images"), 0u);
    }
    // One that comes later is a fault in the watch window.
    ASSERT_TRUE(swap(e, "digest", {{"options", "{}"}, {"warm_up", "1h"}}).ok);
    ask(e, "command", {{"instance", "x"}, {"name", "fault"}});
    EXPECT_TRUE(test::eventually([&] { return e.metric_total("instance_rollbacks_total") == 1; }, patience));
    EXPECT_EQ(instance(e, "x").plugin, "audit_a");
    stop(e);
  }
  expect_identical_replay();
}

TEST_F(warm_ups, without_a_journal_are_refused_if_asked_for_and_else_a_cold_start) {
  engine e(options());
  start(e, under_ticks("use: audit_a, warm_up: 10m", 1'000'000, ""));
  expect_refused(swap(e, "digest", {{"options", "{}"}, {"warm_up", "10m"}}),
                 "digest 1.0.0 cannot be warmed up: there is no journal to warm it up from; add a section 'journal'");
  EXPECT_EQ(instance(e, "x").plugin, "audit_a");
  const auto cold = swap(e, "digest", {{"options", "{}"}});
  ASSERT_TRUE(cold.ok) << cold.text;
  EXPECT_EQ(cold.value()["warmed_up"].get<std::string>().rfind("not, there is no journal", 0), 0u) << cold.text;
  EXPECT_TRUE(test::eventually([&] { return log().find("begins cold: there is no journal") != std::string::npos; }));
  expect_refused(swap(e, "digest", {{"options", "{}"}, {"warm_up", "soon"}}),
                 "warm_up: expected a duration of at most");
  expect_refused(swap(e, "digest", {{"options", "{}"}, {"warm_up", "31d"}}), "at most 30d");
  expect_refused(swap(e, "ticks", {{"options", "{}"}, {"warm_up", "10m"}}), "there is no journal");
  stop(e);
}

TEST_F(warm_ups, of_sources_are_refused) {
  engine e(options());
  start(e, under_ticks("use: audit_a"));
  expect_refused(swap(e, "ticks", {{"options", "{}"}, {"warm_up", "10m"}}), "ticks is a source or a sink");
  stop(e);
}

// Its lane loses events while it is warmed up: it is told of each loss that the lane is told of.
TEST_F(warm_ups, on_a_lane_that_is_lapped_miss_nothing_that_the_lane_has) {
  {
    engine e(options());
    start(e, under_ticks("use: digest", 10'000'000, "sync: 5ms", "{overflow: lag}"), "ring_size: 1MiB");
    pass(e, 2'000);
    for (int n = 0; n < 3; ++n) {
      const auto r = swap(e, "digest", {{"state", false}, {"warm_up", "1h"}});
      ASSERT_TRUE(r.ok) << r.text;
      pass(e, 200);
      const auto seen = ask(e, "debug", {{"instance", "x"}}).value();
      EXPECT_EQ(seen["first"], 0);
      EXPECT_LE(seen["disorder"], seen["gaps"]);
    }
    stop(e);
  }
  expect_identical_replay();
}

// What two detectors of one kind say from the swap on: one has been there from the beginning, the other was warmed up.
TEST_F(warm_ups, make_a_detector_equal_to_one_that_was_there_from_the_beginning) {
  const std::string dir = dir_.path();
  std::map<std::string, std::uint64_t> swapped;  // after which event
  {
    engine e(options());
    start(e, "journal: {sync: 20ms}\nlanes: {venue: {}, core: {overflow: gate}}\nplugins:\n  venue:\n    use: " +
                 std::string(plugins) + "paper_venue.so\n    lane: venue\n    options:\n      dir: " + dir +
                 "/venue\n      seed: 7\n      speed: " + (test::sanitized ? "40" : "200") +
                 "\n      episodes: {kinds: [stop_hunt, fake_pump], interval: 30s, after: 30s, decoys: 1}\n"
                 "  feed:\n    use: " +
                 plugins +
                 "mm_ws.so\n    lane: core\n    options:\n      environment: paper\n      symbols: [BTCUSDT]\n      "
                 "endpoint: {file: " +
                 dir + "/venue/endpoint.json}\n      reconnect: {budget_file: ''}\n" + "  flow: {use: " + plugins +
                 "trap_detector.so, lane: core, options: {report_every: 5s, warmup: 30s}}\n" +
                 "  bars: {use: " + plugins + "trap_detector_candle.so, lane: core}\n" + "  x: {use: " + plugins +
                 "trap_detector.so, lane: core, options: {report_every: 5s, warmup: 30s}}\n");
    const auto hand = [&](std::uint64_t n) {
      const auto from = e.metric_total("detector_events_total");
      ASSERT_TRUE(test::eventually([&] { return e.metric_total("detector_events_total") >= from + n; }, patience));
    };
    hand(6'000);  // of the three together
    for (const std::string to : {"trap_detector_candle", "trap_detector"}) {
      const auto r = ask(e, "swap",
                         {{"instance", "x"},
                          {"file", plugins + to + ".so"},
                          {"options", to == "trap_detector" ? "{report_every: 5s, warmup: 30s}" : "{}"},
                          {"warm_up", "1h"}});
      ASSERT_TRUE(r.ok) << r.text;
      EXPECT_GT(r.value()["warm_up_events"], 500);
      hand(6'000);
    }
    stop(e);
  }
  // By what caused it: a report, or a signal.
  std::string error;
  const auto r = journal::reader::open(folder(), error);
  ASSERT_TRUE(r) << error;
  std::uint32_t of_x = 0;
  std::uint64_t since = 0, compared = 0;
  std::string twin;
  std::map<std::pair<std::uint64_t, std::uint16_t>, std::pair<std::vector<std::string>, std::vector<std::string>>>
      pairs;
  const auto compare = [&] {
    for (const auto& [cause, both] : pairs) {
      EXPECT_EQ(both.first, both.second) << twin << ", event " << cause.first << ", type " << cause.second;
      compared += both.first.size();
    }
    pairs.clear();
  };
  for (journal::item what; (what = r->next()) != journal::item::end;) {
    if (what == journal::item::step && r->instance(r->step().id)->name == "x") {
      if (r->step().what != journal::phase::started) continue;
      compare();
      of_x = r->step().warm ? r->step().id : 0;
      since = r->step().after_seq;
      twin = r->instance(r->step().id)->plugin == "trap_detector" ? "flow" : "bars";
    }
    if (what != journal::item::event || of_x == 0) continue;
    const auto& e = r->event();
    if (e.cause <= since || (e.type != TRAPLINE_EVENT_TRAP_MATRIX && e.type != TRAPLINE_EVENT_SIGNAL)) continue;
    const auto* by = r->instance(e.source);
    std::string payload(reinterpret_cast<const char*>(&e + 1), e.size - sizeof e);
    if (e.type == TRAPLINE_EVENT_TRAP_MATRIX && by && by->plugin == "trap_detector") {
      EXPECT_EQ(trapline::sdk::payload<trapline_trap_matrix>(e)->warming, 0) << by->name;
    }
    auto& both = pairs[{e.cause, e.type}];
    if (e.source == of_x) both.first.push_back(std::move(payload));
    else if (by && by->name == twin) both.second.push_back(std::move(payload));
  }
  compare();
  EXPECT_GE(compared, 4u);
  RecordProperty("compared", std::to_string(compared));
  expect_identical_replay();
}
