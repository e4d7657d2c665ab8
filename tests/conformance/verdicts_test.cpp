// Modules that go wrong in one way each: exactly the cases that are about it may fail.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "cases.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace {

constexpr const char* program = TRAPLINE_BUILD_DIR "/bin/trapline";

struct expectation {
  const char* module;
  std::vector<std::string> not_passed = {};  // ids of cases that fail or warn
  const char* text = "";                     // part of what the first of them says
  std::vector<std::string> arguments = {};
};
std::ostream& operator<<(std::ostream& o, const expectation& e) { return o << e.module; }

class verdict : public testing::TestWithParam<expectation> {};

const expectation expectations[] = {
    {"well_behaved"},
    {"extra_exports", {"F01"}, "somebody_elses_function"},
    {"no_entry", {"F01"}, "does not export"},
    {"unique_symbols", {"F01", "F02"}, "more symbols"},
    {"undefined_symbol", {"F03"}, "a_function_of_the_host"},
    {"no_note", {"F04"}, "has no Trapline note"},
    {"lazy_binding", {"F05"}, "-z,now"},
    {"moving_run_path", {"F06"}, "$ORIGIN"},
    {"fixed_run_path", {"F06"}, "/opt/somewhere/lib"},
    {"links_spdlog", {"F07"}, "libspdlog"},
    {"wrong_major", {"F09"}, "rebuild it"},
    {"too_new", {"F09"}, "update the host"},
    {"crashes_in_constructor", {"F11"}, "SIGABRT in the load"},
    {"hangs_in_constructor", {"F11"}, "hangs in the load", {"--time-limit", "2"}},
    {"null_entry", {"E01"}, "NULL"},
    {"note_differs", {"E01"}, "its note says"},
    {"bad_default", {"E02"}, "default"},
    {"missing_services", {"E05"}, "does not offer"},
    {"null_callback", {"E03"}, "lacks one of"},
    {"fails_to_start", {"L01"}, "the port is taken"},
    {"bad_vendor", {"E01"}, "UTF-8"},
    {"undocumented_option", {"E02"}, "depth"},
    {"throws_in_create", {"E03"}, "exception left create()"},
    {"calls_host_in_create", {"E04"}, "get_service"},
    {"throws_in_configure", {"C01"}, "exception left configure()"},
    {"ignores_missing_option", {"C02"}, "symbol", {"--config", "options.yaml"}},
    {"refuses_without_text", {"C03"}, "without an error text"},
    {"dies_of_bad_options", {"C03"}, "SIGABRT in configure()"},
    {"echoes_secret", {"C05"}, "`key`"},
    {"takes_any_type", {"C06"}, "depth"},
    {"throws_in_start", {"L01"}, "exception left start()"},
    {"throws_in_on_events", {"L01"}, "exception left on_events()"},
    {"crashes_in_on_events", {"L01"}, "in on_events()"},
    {"exits_in_on_events", {"L01"}, "exit code 3"},
    {"throws_in_stop", {"L01"}, "exception left stop()"},
    {"hangs_in_stop", {"L01"}, "hangs in stop()", {"--time-limit", "2"}},
    {"dies_when_stopped_in_drain", {"L02"}, "SIGABRT in stop()"},
    {"dies_unstarted", {"L03"}, "SIGABRT in destroy()"},
    {"leaves_thread_after_failed_start", {"L04"}, "threads go on"},
    {"hangs_in_drain", {"L05"}, "hangs in drain()", {"--time-limit", "2"}},
    {"drains_for_ever", {"L05"}, "AGAIN"},
    {"leaks_file", {"L06"}, "more files are open"},
    {"leaks_memory", {"L06"}, "the heap grew"},
    {"stays_mapped", {"L06"}, "stays mapped"},
    {"shares_state", {"L07"}, "host of the second"},
    {"dies_of_unknown_type", {"V01"}, "SIGABRT in on_events()"},
    {"dies_of_longer_payload", {"V02"}, "SIGABRT in on_events()"},
    {"trusts_counts", {"V03"}, "in on_events()"},
    {"trusts_size", {"V03"}, "in on_events()"},
    {"dies_of_gap", {"V04"}, "SIGABRT in on_events()"},
    {"dies_of_time", {"V05"}, "SIGABRT in on_events()"},
    {"dies_of_age", {"V06"}, "SIGABRT in on_events()"},
    {"writes_to_events", {"V07"}, "in on_events()"},
    {"publishes_unknown_topic", {"P01"}, "4711"},
    {"publishes_null", {"P01"}, "NULL"},
    {"publishes_too_much", {"P01"}, "65536"},
    {"publishes_too_little", {"P01"}, "TRADE"},
    {"publishes_wrong_count", {"P01"}, "announces 10"},
    {"publishes_unknown_type", {"P01"}, "type 60"},
    {"subscribes_to_nonsense", {"P01"}, "not a pattern"},
    {"dies_of_bus_gap", {"B02"}, "SIGABRT in on_events()"},
    {"leaves_a_thread", {"T01"}, "threads of the plugin go on"},
    {"publishes_after_stop", {"T01"}, "after stop()"},
    {"sets_timer_from_own_thread", {"T01"}, "timer.set"},
    {"insists_in_stop", {"T03"}, "hangs in stop()", {"--time-limit", "2"}},
    {"buffers_without_bound", {"B01"}, "its memory grows"},
    {"uses_wall_clock", {"D01", "D03"}, "other bytes"},
    {"uses_mono", {"D01"}, "other bytes"},
    {"depends_on_batches", {"D02"}, "7 events at a time"},
    {"reads_the_tail", {"D04"}, "longer"},
    {"allocates_per_event", {"H01"}, "allocate memory"},
    {"touches_newer_members", {"O01"}, "in start()"},
};

}  // namespace

TEST_P(verdict, names_what_is_wrong_and_nothing_else) {
  const auto& e = GetParam();
  // All cases run on the sound one. Of the wrong ones a sanitizer hides some, and says nothing new of the others.
  if (trapline::testkit::sanitized && e.not_passed.size() > 0) GTEST_SKIP() << "judged in a build without sanitizers";
  const test::temp_dir dir;
  test::write_file(dir.path() + "/options.yaml", "options: {symbol: BTCUSDT}\n");
  std::vector<std::string> command = {program, "validate",
                                      std::string(TRAPLINE_BUILD_DIR "/tests/modules/") + e.module + ".so", "--json"};
  command.insert(command.end(), e.arguments.begin(), e.arguments.end());
  const auto run = test::run(command, dir.path());
  const auto results = nlohmann::json::parse(run.out, nullptr, false);
  ASSERT_TRUE(results.is_object()) << run.out << run.err;
  std::vector<std::string> not_passed;
  std::string first;
  bool any_failed = false;
  for (const auto& c : results["cases"]) {
    if (c["result"] != "fail" && c["result"] != "warn") continue;
    any_failed = any_failed || c["result"] == "fail";
    if (not_passed.empty()) first = c["text"];
    not_passed.push_back(c["id"]);
  }
  EXPECT_EQ(not_passed, e.not_passed) << run.out;
  EXPECT_NE(first.find(e.text), std::string::npos) << first;
  EXPECT_EQ(run.code, any_failed ? 1 : 0);
}

TEST(verdicts, every_case_is_shown_to_fail) {
  // F00: a file that is no library, in program_test.cpp; F08: below; H02 only measures.
  std::set<std::string> shown = {"F00", "F08", "H02"};
  for (const auto& e : expectations) shown.insert(e.not_passed.begin(), e.not_passed.end());
  for (const auto& c : trapline::testkit::all_cases()) EXPECT_TRUE(shown.count(c.id)) << c.id;
}

TEST(verdicts, every_module_of_conduct_is_tried) {
  for (const auto& f : std::filesystem::directory_iterator(TRAPLINE_SOURCE_DIR "/tests/abi/modules/conduct"))
    if (f.path().extension() == ".cpp") {
      EXPECT_TRUE(std::any_of(std::begin(expectations), std::end(expectations), [&](const expectation& e) {
        return f.path().stem() == e.module;
      })) << f.path();
    }
}

TEST(verdicts, a_file_that_others_may_write_to_fails_F08) {
  namespace fs = std::filesystem;
  const test::temp_dir dir;
  const fs::path copy = dir.path() + "/open.so";
  fs::copy_file(TRAPLINE_BUILD_DIR "/tests/modules/well_behaved.so", copy);
  fs::permissions(copy, fs::perms::others_write, fs::perm_options::add);
  const auto run = test::run({program, "validate", copy.string()}, dir.path());
  EXPECT_EQ(run.code, 1);
  EXPECT_NE(run.out.find("F08  fail"), std::string::npos) << run.out;
}

INSTANTIATE_TEST_SUITE_P(modules, verdict, testing::ValuesIn(expectations),
                         [](const auto& of) { return std::string(of.param.module); });
