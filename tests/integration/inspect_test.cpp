// `trapline inspect` and `trapline plugins`, as people and programs use them.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace {

const std::string modules = TRAPLINE_BUILD_DIR "/tests/modules/";
const std::string plugins = TRAPLINE_BUILD_DIR "/plugins/";

class inspect : public testing::Test {
 protected:
  test::finished run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), TRAPLINE_BUILD_DIR "/bin/trapline");
    return test::run(arguments, dir_.path());
  }
  nlohmann::json json(const std::string& file, int code) {
    const auto r = run({"inspect", "--json", file});
    EXPECT_EQ(r.code, code) << r.err;
    const auto j = nlohmann::json::parse(r.out, nullptr, false);
    EXPECT_FALSE(j.is_discarded()) << r.out;
    return j;
  }
  // The only finding.
  nlohmann::json finding(const nlohmann::json& j) {
    EXPECT_EQ(j["findings"].size(), 1u) << j.dump();
    return j["findings"].empty() ? nlohmann::json() : j["findings"][0];
  }
  test::temp_dir dir_;
};

}  // namespace

TEST_F(inspect, tells_all_of_a_sound_plugin) {
  const auto j = json(plugins + "trap_detector.so", 0);
  EXPECT_EQ(j["note"]["id"], "trap_detector");
  EXPECT_EQ(j["loaded"], true);
  EXPECT_TRUE(j["findings"].empty());
  EXPECT_EQ(j["exports"], nlohmann::json({"trapline_plugin_entry_v0"}));
  EXPECT_EQ(j["flags"], nlohmann::json({"deterministic", "bounded callbacks"}));
  const auto has = [](const nlohmann::json& list, const char* word) {
    return std::find(list.begin(), list.end(), word) != list.end();
  };
  EXPECT_TRUE(has(j["consumes"], "trade"));
  EXPECT_TRUE(has(j["needed"], "libc.so.6"));
  EXPECT_GT(j["options"].size(), 10u);
  EXPECT_EQ(j["sha256"].get<std::string>().size(), 64u);
  EXPECT_FALSE(j["build"].get<std::string>().empty());
}

TEST_F(inspect, says_the_same_to_people) {
  const auto r = run({"inspect", "trap_detector"});  // by name, as `use:` finds it
  EXPECT_EQ(r.code, 0) << r.err;
  for (const char* part : {"trap_detector 0.1.0: ", "deterministic, bounded callbacks",
                           "report_every  (duration: 1s..1h", "consumes events", "Findings: none"})
    EXPECT_NE(r.out.find(part), std::string::npos) << part << "\n" << r.out;
}

TEST_F(inspect, runs_no_code_of_a_file_that_is_refused) {
  const std::string canary = dir_.path() + "/canary";
  const auto r = test::run({TRAPLINE_BUILD_DIR "/bin/trapline", "inspect", modules + "too_new.so"}, dir_.path(),
                           {"TRAPLINE_TEST_CANARY=" + canary});
  EXPECT_EQ(r.code, 1);
  EXPECT_NE(r.out.find("no code of it was run"), std::string::npos) << r.out;
  EXPECT_NE(r.out.find("F09  refused: needs a host of at least ABI"), std::string::npos) << r.out;
  EXPECT_FALSE(std::filesystem::exists(canary));
}

TEST_F(inspect, survives_a_plugin_that_crashes_exits_or_hangs_while_it_is_loaded) {
  for (const auto& [module, text] : {std::pair{"crashes_in_constructor", "signal 6 (Aborted)"},
                                     {"exits_in_constructor", "exit code 7"},
                                     {"hangs_in_constructor", "does not return from loading within 10 s"}}) {
    const auto j = json(modules + module + ".so", 1);
    const auto f = finding(j);
    EXPECT_EQ(f["rule"], "F11");
    EXPECT_NE(f["text"].get<std::string>().find(text), std::string::npos) << f;
    EXPECT_EQ(j["loaded"], false);
    EXPECT_EQ(j["ran_code"], true);
  }
}

TEST_F(inspect, a_fault_of_the_entry_is_a_finding_and_a_warning_counts) {
  EXPECT_EQ(finding(json(modules + "duplicate_option.so", 1))["rule"], "E02");
  const auto warned = json(modules + "lazy_binding.so", 1);
  EXPECT_EQ(finding(warned)["must"], false);
  EXPECT_EQ(warned["loaded"], true);
}

TEST_F(inspect, exits_with_2_if_there_is_nothing_to_inspect) {
  EXPECT_EQ(run({"inspect"}).code, 2);
  EXPECT_EQ(run({"inspect", "/nowhere/x.so"}).code, 2);
  EXPECT_EQ(run({"inspect", dir_.path()}).code, 2);
  const auto r = run({"inspect", "no_such_plugin"});
  EXPECT_EQ(r.code, 2);
  EXPECT_NE(r.err.find("there is no plugin 'no_such_plugin'; searched "), std::string::npos) << r.err;
  test::write_file(dir_.path() + "/text.so", "not a library\n");
  EXPECT_EQ(finding(json("text.so", 1))["rule"], "F00");
}

TEST_F(inspect, says_which_of_two_files_with_one_id_a_configuration_takes) {
  std::filesystem::create_directory(dir_.path() + "/mine");
  std::filesystem::copy(plugins + "mm_ws.so", dir_.path() + "/mine/mm_ws.so");
  const auto list = run({"plugins", "--plugin-dir", "mine"});
  EXPECT_EQ(list.code, 0);
  EXPECT_NE(list.out.find("warning: `use: mm_ws` takes " + dir_.path() + "/mine/mm_ws.so, which has the same id"),
            std::string::npos)
      << list.out;
  const auto r = run({"inspect", plugins + "mm_ws.so", "--plugin-dir", "mine"});
  EXPECT_EQ(r.code, 0) << "the file itself is sound: " << r.out;
  EXPECT_NE(r.out.find("takes " + dir_.path() + "/mine/mm_ws.so"), std::string::npos) << r.out;
}

TEST_F(inspect, every_plugin_of_this_tree_exports_the_entry_alone_and_has_no_findings) {
  std::size_t n = 0;
  for (const auto& f : std::filesystem::directory_iterator(plugins)) {
    if (f.path().extension() != ".so") continue;
    ++n;
    const auto j = json(f.path().string(), 0);
    EXPECT_EQ(j["exports"], nlohmann::json({"trapline_plugin_entry_v0"})) << f.path();
    EXPECT_TRUE(j["findings"].empty()) << j["findings"];
    EXPECT_EQ(f.path().stem(), j["note"]["id"].get<std::string>()) << "`use:` finds a plugin by its file's name";
  }
  EXPECT_GE(n, 4u);
}
