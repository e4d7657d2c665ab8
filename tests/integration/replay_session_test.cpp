// Sessions that the engine records, and `trapline replay --verify` of them: real plugin files, sockets and journals.
//
// TRAPLINE_REPLAY_SECONDS=60: the session of the three detectors for so long (200 market seconds a second).
// TRAPLINE_REPLAY_KEEP=DIR: leaves its journal there.
#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>

#include "engine_fixture.hpp"
#include "support/effort.hpp"
#include "support/eventually.hpp"
#include "support/process.hpp"

using nlohmann::json;
using trapline::engine;

namespace {

constexpr const char* plugins = TRAPLINE_BUILD_DIR "/plugins/";
constexpr const char* modules = TRAPLINE_BUILD_DIR "/tests/modules/";
constexpr std::chrono::seconds patience{120};

class replayed_sessions : public engine_fixture {
 protected:
  std::string journal() const { return dir_.path() + "/run/journal"; }
  static bool ask(engine& e, const std::string& cmd, const json& args, std::string& answer) {
    auto done = std::make_shared<std::promise<std::pair<bool, std::string>>>();
    auto came = done->get_future();
    if (!e.submit(cmd, args.dump(), [done](bool ok, std::string text) { done->set_value({ok, std::move(text)}); }))
      return false;
    if (came.wait_for(patience) != std::future_status::ready) return false;
    auto [ok, text] = came.get();
    answer = std::move(text);
    return ok;
  }
  static void change(engine& e, const std::string& cmd, json args) {
    std::string answer;
    args["instance"] = "traps";
    ASSERT_TRUE(ask(e, cmd, args, answer)) << cmd << ": " << answer;
  }
  test::finished replay(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {TRAPLINE_BUILD_DIR "/bin/trapline", "replay"});
    return test::run(std::move(arguments), dir_.path());
  }
  // A feed and its paper venue, `more` instances beside `traps`.
  std::string market(const std::string& more = {}) const {
    const std::string dir = dir_.path();
    return "journal: {dir: " + journal() +
           "}\nlanes: {venue: {}, core: {overflow: gate}}\nplugins:\n"
           "  venue:\n    use: " +
           plugins + "paper_venue.so\n    lane: venue\n    options:\n      dir: " + dir +
           "/venue\n      seed: 7\n      speed: " + (test::sanitized ? "40" : "200") +
           "\n      episodes: {kinds: [stop_hunt, spoofing, fake_pump], interval: 30s, after: 1m, decoys: 1}\n"
           "      faults: {script: [\"0.5 seq_gap\", \"1 drop\"]}\n"
           "  feed:\n    use: " +
           plugins +
           "mm_ws.so\n    lane: core\n    options:\n      environment: paper\n      symbols: [BTCUSDT]\n      "
           "endpoint: {file: " +
           dir +
           "/venue/endpoint.json}\n      reconnect: {budget_file: ''}\n"
           "  traps: {use: " +
           plugins + "trap_detector.so, lane: core, options: {warmup: 30s, report_every: 5s}}\n" + more;
  }
  // The lane has handed `n` more events to detectors.
  static void pass(engine& e, std::uint64_t n) {
    const auto from = e.metric_total("detector_events_total");
    ASSERT_TRUE(test::eventually([&] { return e.metric_total("detector_events_total") >= from + n; }, patience));
  }
};

std::chrono::milliseconds session_length() {
  const char* text = std::getenv("TRAPLINE_REPLAY_SECONDS");
  return text ? std::chrono::milliseconds(std::atoi(text) * 1000) : std::chrono::milliseconds(0);
}

}  // namespace

TEST_F(replayed_sessions, with_swaps_gaps_reconnects_and_restarts_are_identical_twice) {
  {
    engine e(options());
    start(e, market("  frail: {use: " + std::string(modules) +
                    "frail.so, lane: core, on_fault: restart, restart_backoff: 10ms}\n"));
    const auto until = std::chrono::steady_clock::now() + session_length();
    do {
      pass(e, 2'000);
      change(e, "swap",
             {{"file", std::string(plugins) + "trap_detector_candle.so"}, {"options", "{}"}, {"warm_up", "2s"}});
      pass(e, 500);
      change(e, "swap", {{"file", std::string(plugins) + "trap_detector_threshold.so"}, {"options", "{}"}});
      pass(e, 1'000);
      change(e, "swap", {{"file", std::string(plugins) + "trap_detector_threshold.so"}});  // with its state
      pass(e, 500);
      change(e, "swap", {{"file", std::string(plugins) + "trap_detector.so"}, {"options", "warmup: 30s"}});
      pass(e, 1'000);
      change(e, "restart", json::object());
      pass(e, 1'000);
    } while (std::chrono::steady_clock::now() < until);
    ASSERT_TRUE(test::eventually([&] { return e.metric_total("feed_reconnects_total") >= 1; }, patience));
    pass(e, 1'000);
    stop(e);
  }
  const auto first = replay({journal(), "--verify"}), second = replay({journal(), "--verify"});
  EXPECT_EQ(first.code, 0) << first.out << first.err;
  EXPECT_EQ(second.code, 0);
  EXPECT_EQ(first.out, second.out);
  for (const char* who : {"traps (trap_detector 0", "traps (trap_detector_candle 0", "traps (trap_detector_threshold 0",
                          "frail (frail 1"})
    EXPECT_NE(first.out.find(who), std::string::npos) << first.out;
  if (const char* keep = std::getenv("TRAPLINE_REPLAY_KEEP"))
    std::filesystem::copy(journal(), keep, std::filesystem::copy_options::recursive);
}

TEST_F(replayed_sessions, another_detector_gives_a_report_and_the_recorded_one_the_same_signals) {
  {
    engine e(options());
    start(e, market());
    pass(e, 2'000);
    stop(e);
  }
  const auto own = replay({journal(), "--output", "own.jsonl"});
  EXPECT_EQ(own.code, 0) << own.err;
  const auto other = replay({journal(), "--plugin", "traps=" + std::string(plugins) + "trap_detector_threshold.so"});
  EXPECT_EQ(other.code, 0) << other.err;
  EXPECT_NE(other.err.find("does not know these recorded options"), std::string::npos) << other.err;
  const auto refused = replay({journal(), "--plugin", "trasp=x.so"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("the run has no instance 'trasp' that can be replayed; it has traps"), std::string::npos)
      << refused.err;
}

TEST_F(replayed_sessions, a_plugin_that_reads_the_clock_of_the_machine_is_found_out) {
  {
    engine e(options());
    start(e, "journal: {dir: " + journal() +
                 "}\nlanes: {core: {}}\nplugins:\n  ticks: {use: ticks, lane: core, options: {count: 50, burst: 5}}\n"
                 "  x: {use: uses_wall_clock, lane: core}\n");
    ASSERT_TRUE(test::eventually([&] { return e.lanes()[0].events >= 100; }, patience));
    stop(e);
  }
  const auto r = replay({journal(), "--verify", "--plugin-dir", modules});
  EXPECT_EQ(r.code, 1) << r.out << r.err;
  EXPECT_NE(r.out.find("its payload differs"), std::string::npos) << r.out;
  EXPECT_NE(r.out.find("  ->  "), std::string::npos) << r.out;
}

TEST_F(replayed_sessions, of_a_killed_engine_are_identical_as_far_as_they_go) {
  const std::string config = dir_.path() + "/killed.yaml";
  test::write_file(config, engine_section("run_dir: " + dir_.path() + "/run") + market());
  {
    test::process p("killed", {TRAPLINE_BUILD_DIR "/bin/trapline", "run", config, "--view", "lines"}, dir_.path());
    ASSERT_TRUE(test::eventually([&] { return p.out().find("public=LIVE") != std::string::npos; }, patience))
        << p.err();
    const auto bytes = [&] {
      std::uint64_t n = 0;
      std::error_code ec;
      for (const auto& f : std::filesystem::recursive_directory_iterator(journal(), ec))
        if (f.is_regular_file()) n += f.file_size(ec);
      return n;
    };
    ASSERT_TRUE(test::eventually([&] { return bytes() > 300'000; }, patience));
    p.signal(SIGKILL);
    p.wait();
  }
  const auto r = replay({journal(), "--verify"});
  EXPECT_EQ(r.code, 0) << r.out << r.err;
  EXPECT_NE(r.out.find("events identical"), std::string::npos) << r.out;
}
