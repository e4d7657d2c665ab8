// `trapline validate` as a program: arguments, exit codes, output.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/eventually.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace {

class validate_program : public testing::Test {
 protected:
  test::finished run(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
    arguments.insert(arguments.begin(), {TRAPLINE_BUILD_DIR "/bin/trapline", "validate"});
    return test::run(std::move(arguments), dir_.path(), std::move(environment));
  }
  static std::string module(const std::string& name) { return TRAPLINE_BUILD_DIR "/tests/modules/" + name + ".so"; }
  void write(const std::string& name, const std::string& text) { test::write_file(dir_.path() + "/" + name, text); }

  test::temp_dir dir_;
};

}  // namespace

TEST_F(validate_program, the_documented_table_is_that_of_the_program) {
  const auto listed = run({"--list"});
  EXPECT_EQ(listed.code, 0);
  EXPECT_NE(test::read_file(TRAPLINE_SOURCE_DIR "/docs/conformance.md").find(listed.out), std::string::npos)
      << "docs/conformance.md must hold what `trapline validate --list` prints:\n"
      << listed.out;
}

TEST_F(validate_program, wrong_arguments_end_with_2) {
  write("empty.so", "");
  for (const auto& wrong : std::vector<std::vector<std::string>>{{},
                                                                 {"no_such_plugin"},
                                                                 {"./no/such/file.so"},
                                                                 {dir_.path()},
                                                                 {module("well_behaved"), "--only", "("},
                                                                 {module("well_behaved"), "--only", "X99"},
                                                                 {module("well_behaved"), "--config", "absent.yaml"},
                                                                 {module("well_behaved"), "--fuzz", "many"},
                                                                 {module("well_behaved"), "--time-limit", "-1"}}) {
    const auto r = run(wrong);
    EXPECT_EQ(r.code, 2) << r.out << r.err;
    EXPECT_NE(r.err, "");
  }
}

TEST_F(validate_program, a_file_that_is_no_plugin_is_a_failed_case) {
  write("text.so", "not a library");
  const auto r = run({"./text.so"});
  EXPECT_EQ(r.code, 1);
  EXPECT_NE(r.out.find("F00  fail"), std::string::npos) << r.out;
}

TEST_F(validate_program, options_that_do_not_fit_end_with_2_and_their_place) {
  write("wrong.yaml", "options:\n  simbol: BTCUSDT\n");
  const auto r = run({module("ignores_missing_option"), "--config", "wrong.yaml"});
  EXPECT_EQ(r.code, 2);
  EXPECT_NE(r.err.find("wrong.yaml:2:3: simbol: unknown option; did you mean 'symbol'?"), std::string::npos) << r.err;
}

TEST_F(validate_program, required_options_without_a_value_skip_what_needs_them) {
  const auto r = run({module("ignores_missing_option")});
  EXPECT_EQ(r.code, 0);
  EXPECT_NE(r.out.find("C01  skip"), std::string::npos) << r.out;
  EXPECT_NE(r.out.find("symbol"), std::string::npos) << r.out;
  EXPECT_NE(r.out.find("L01  skip"), std::string::npos) << r.out;
}

TEST_F(validate_program, takes_the_options_of_an_instance_in_an_engine_configuration) {
  write("engine.yaml",
        "plugins:\n"
        "  a: {use: ignores_missing_option, options: {symbol: A}}\n"
        "  b: {use: ignores_missing_option, options: {symbol: B}}\n"
        "  c: {use: other}\n");
  const auto several = run({module("ignores_missing_option"), "--config", "engine.yaml"});
  EXPECT_EQ(several.code, 2);
  EXPECT_NE(several.err.find("a, b"), std::string::npos) << several.err;
  const auto one =
      run({module("ignores_missing_option"), "--config", "engine.yaml", "--instance", "b", "--only", "C01"});
  EXPECT_EQ(one.code, 0) << one.out << one.err;
  EXPECT_NE(one.out.find("C01  pass"), std::string::npos) << one.out;
  EXPECT_EQ(run({module("well_behaved"), "--config", "engine.yaml"}).code, 2);
}

TEST_F(validate_program, only_runs_what_it_is_asked_for) {
  const auto r = run({module("well_behaved"), "--only", "^(V06|D)", "--events", "1000", "--json"});
  EXPECT_EQ(r.code, 0);
  const auto j = nlohmann::json::parse(r.out);
  ASSERT_EQ(j["cases"].size(), 5u);
  EXPECT_EQ(j["cases"][0]["id"], "V06");
  EXPECT_EQ(j["summary"]["pass"], 5);
}

TEST_F(validate_program, a_seed_makes_the_same_events_again_and_is_told) {
  const auto published = [&](const char* seed) {
    const auto j = nlohmann::json::parse(
        run({module("well_behaved"), "--only", "V06", "--fuzz", seed, "--events", "5000", "--json"}).out);
    EXPECT_EQ(j["seed"], std::stoi(seed));
    EXPECT_EQ(j["cases"][0]["result"], "pass");
    return j["cases"][0]["figures"];
  };
  EXPECT_EQ(published("7"), published("7"));
  EXPECT_NE(run({module("well_behaved"), "--only", "V06", "--fuzz", "99", "--events", "1000"}).out.find("seed 99"),
            std::string::npos);
}

TEST_F(validate_program, leaves_nothing_in_the_working_or_the_temporary_directory) {
  run({module("crashes_in_on_events")}, {"TMPDIR=" + dir_.path()});
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
    const auto name = entry.path().filename().string();
    EXPECT_TRUE(name.ends_with(".out") || name.ends_with(".err")) << name;
  }
}

TEST_F(validate_program, an_interrupted_run_ends_its_children_and_leaves_nothing) {
  const auto tmp = dir_.path() + "/tmp";
  std::filesystem::create_directory(tmp);
  test::process p("run", {TRAPLINE_BUILD_DIR "/bin/trapline", "validate", module("hangs_in_stop"), "--only", "L01"},
                  dir_.path(), {"TMPDIR=" + tmp});
  ASSERT_TRUE(test::eventually([&] { return !std::filesystem::is_empty(tmp); }));
  p.signal(SIGINT);
  EXPECT_EQ(p.wait(), 128 + SIGINT);
  EXPECT_TRUE(std::filesystem::is_empty(tmp));
}

TEST_F(validate_program, no_colours_and_one_line_a_case_where_nobody_looks) {
  const auto r = run({module("well_behaved"), "--only", "^F"});
  EXPECT_EQ(r.out.find('\033'), std::string::npos);
  EXPECT_EQ(std::count(r.out.begin(), r.out.end(), '\n'), 13) << r.out;  // head, 11 cases, summary
}
