// The promise of version.h, kept: plugins of the first published headers run in today's host, and plugins of today's
// headers run in a host of the first published headers, whichever compiler built each.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <sstream>
#include <tuple>

#include "config/options.hpp"
#include "plugin/loader.hpp"
#include "support/eventually.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"
#include "trapline/engine.hpp"
#include "trapline/sdk/event.hpp"

namespace {

const std::string parts = TRAPLINE_BUILD_DIR "/tests/matrix/";

// Language, revision of the headers, compiler.
using kind = std::tuple<std::string, std::string, std::string>;
std::string file_of(const kind& k) { return std::get<0>(k) + "_" + std::get<1>(k) + "_" + std::get<2>(k); }
const auto kinds =
    testing::Combine(testing::Values("c", "cpp"), testing::Values("0.0", "today"), testing::Values("gcc", "clang"));

// The JSON that a host hands to configure() if the user set nothing.
std::string default_options(const std::string& so) {
  const test::temp_dir dir;
  std::vector<trapline::plugin::finding> findings;
  const auto image = trapline::plugin::load(so, "x", dir.path(), findings);
  if (!image) return "cannot be loaded: " + findings.at(0).text;
  EXPECT_TRUE(findings.empty()) << findings[0].text;
  const auto& d = image->descriptor();
  std::vector<trapline::config::problem> problems;
  return trapline::config::check_options(trapline::config::read_table(d.options, d.option_count, d.option_size),
                                         nullptr, {}, "", problems)
      .json;
}

// Runs the plugin in the host of 0.0 and returns what it prints.
std::map<std::string, std::string> in_old_host(const std::string& host, const std::string& so) {
  const test::temp_dir dir;
  test::write_file(dir.path() + "/options", default_options(so));
  const auto r = test::run({parts + host, so, dir.path() + "/options"}, dir.path());
  EXPECT_EQ(r.code, 0) << r.err;
  std::map<std::string, std::string> out;
  std::stringstream lines(r.out);
  for (std::string name, value; lines >> name >> value;) out[name] = value;
  return out;
}

class plugin_of : public testing::TestWithParam<kind> {
 protected:
  std::string so() const { return parts + file_of(GetParam()) + ".so"; }
  bool is_todays() const { return std::get<1>(GetParam()) == "today"; }
};

class plugin_and_host : public testing::TestWithParam<std::tuple<kind, std::string>> {};

}  // namespace

TEST_P(plugin_of, runs_in_todays_host) {
  const test::temp_dir dir;
  trapline::engine e({TRAPLINE_BUILD_DIR "/tests/modules", dir.path() + "/run", false});
  std::atomic<std::uint64_t> replies{0}, wrong{0}, degraded{0};
  e.observe("watch", {"reply.>", "sys.health"}, [&](const trapline_event& ev) {
    if (const auto* t = trapline::sdk::payload<trapline_trade>(ev); t && ev.type == TRAPLINE_EVENT_TRADE) {
      if (t->price != static_cast<std::int64_t>(replies) + 5) ++wrong;
      ++replies;
    }
    if (ev.type == TRAPLINE_EVENT_HEALTH) ++degraded;
  });
  const auto problems = e.load_text("engine: {log: {file: " + dir.path() +
                                        "/log}}\n"
                                        "plugins:\n  p: {use: " +
                                        so() + "}\n  ticks: {use: ticks, options: {count: 2000, burst: 50}}\n",
                                    "test.yaml");
  ASSERT_TRUE(problems.empty()) << problems[0];
  std::string error;
  ASSERT_TRUE(e.start(error)) << error;
  EXPECT_TRUE(test::eventually([&] { return replies == 2000 && e.metric_total("matrix_timers_total") > 1; }));
  const auto instances = e.instances();
  EXPECT_EQ(instances.at(0).health, "degraded");
  const std::string metrics = e.metrics_text();
  std::string what;
  EXPECT_TRUE(e.stop(true, what)) << what;
  EXPECT_EQ(wrong, 0u);
  EXPECT_GT(e.metric_total("matrix_polls_total"), 0u);
  EXPECT_EQ(e.metric_total("matrix_trades_total"), 2000u);
  EXPECT_EQ(e.metric_total("instance_faults_total"), 0u);
  EXPECT_NE(test::read_file(dir.path() + "/log").find("matrix starts"), std::string::npos);
  EXPECT_EQ(degraded, 1u);
  const bool has_histogram = metrics.find("matrix_price_count{instance=\"p\"} 2000") != std::string::npos;
  EXPECT_EQ(has_histogram, is_todays()) << metrics;
}

INSTANTIATE_TEST_SUITE_P(abi_matrix, plugin_of, kinds, [](const auto& p) {
  auto name = file_of(p.param);
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
});

TEST_P(plugin_and_host, work_together_where_the_host_is_of_0_0) {
  const auto& [k, host] = GetParam();
  auto said = in_old_host("host_" + host, parts + file_of(k) + ".so");
  EXPECT_EQ(said["id"], "matrix_" + std::get<0>(k));
  EXPECT_EQ(said["faults"], "0");
  EXPECT_EQ(said["subscriptions"], "1");
  EXPECT_EQ(said["timers"], "1");
  EXPECT_EQ(said["logs"], "1");
  EXPECT_EQ(said["replies"], "120");
  EXPECT_EQ(said["last_reply"], "124");
  EXPECT_EQ(said["drains"], "1");
  EXPECT_EQ(said["drives"], "1");
  EXPECT_EQ(said["matrix_polls_total"], "2");
  EXPECT_EQ(said["matrix_trades_total"], "120");
  EXPECT_EQ(said["matrix_timers_total"], "3");
}

INSTANTIATE_TEST_SUITE_P(abi_matrix, plugin_and_host, testing::Combine(kinds, testing::Values("gcc", "clang")),
                         [](const auto& p) {
                           auto name = file_of(std::get<0>(p.param)) + "_in_" + std::get<1>(p.param);
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(abi_matrix, todays_detector_works_in_a_host_of_0_0) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a plugin with a sanitizer needs a host with it; the frozen host has none";
#endif
  for (const char* host : {"host_gcc", "host_clang"}) {
    auto said = in_old_host(host, TRAPLINE_BUILD_DIR "/plugins/trap_detector.so");
    EXPECT_EQ(said["id"], "trap_detector");
    EXPECT_EQ(said["faults"], "0");
    EXPECT_EQ(said["detector_events_total"], "133");  // an instrument, 12 books, 120 trades
    EXPECT_GE(std::stoi(said["matrices"]), 7) << "one each 15 s of two minutes";
  }
}

TEST(abi_matrix, a_plugin_of_0_0_says_no_event_types_and_none_are_read) {
  // Its descriptor ends where readable memory ends.
  const test::temp_dir dir;
  const auto r = test::run({TRAPLINE_BUILD_DIR "/bin/trapline", "inspect", parts + "c_0.0_gcc.so"}, dir.path());
  EXPECT_EQ(r.code, 0) << r.out << r.err;
  EXPECT_NE(r.out.find("consumes events     not told"), std::string::npos) << r.out;
}
