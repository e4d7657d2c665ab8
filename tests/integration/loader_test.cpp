#include "plugin/loader.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "support/effort.hpp"
#include "support/temp_dir.hpp"
#include "trapline/engine.hpp"

using namespace trapline::plugin;
namespace fs = std::filesystem;

namespace {

const std::string modules = TRAPLINE_BUILD_DIR "/tests/modules/";

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> problems_of(const std::string& path) {
  const test::temp_dir dir;
  std::vector<finding> findings;
  const auto image = load(path, "x", dir.path(), findings);
  EXPECT_EQ(image != nullptr, texts(findings, true).empty());
  return texts(findings, true);
}

bool mapped(const std::string& part) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (line.find(part) != std::string::npos) return true;
  return false;
}

void expect_one(const std::vector<std::string>& problems, const std::string& part) {
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems[0].find(part), std::string::npos) << problems[0];
}

}  // namespace

// One way each in which a file or its entry can be wrong, and exactly what is said about it.
namespace {

struct wrong {
  const char* module;
  std::vector<std::string> said;  // "RULE part of the text", in order; a rule with a '?' only warns
};
void PrintTo(const wrong& w, std::ostream* out) { *out << w.module; }

class wrong_plugin : public testing::TestWithParam<wrong> {};

}  // namespace

TEST_P(wrong_plugin, is_told_what_is_wrong_and_nothing_else) {
  const test::temp_dir dir;
  std::vector<finding> findings;
  const auto image = load(modules + GetParam().module + ".so", "x", dir.path(), findings);
  const auto& said = GetParam().said;
  ASSERT_EQ(findings.size(), said.size()) << testing::PrintToString(texts(findings, true));
  for (std::size_t i = 0; i < said.size(); ++i) {
    const auto space = said[i].find(' ');
    EXPECT_EQ(findings[i].rule + (findings[i].must ? "" : "?"), said[i].substr(0, space));
    EXPECT_NE(findings[i].text.find(said[i].substr(space + 1)), std::string::npos) << findings[i].text;
    EXPECT_EQ(findings[i].text.rfind(modules + GetParam().module + ".so: ", 0), 0u) << findings[i].text;
  }
  EXPECT_EQ(image == nullptr, !texts(findings, true).empty());
  // What the static checks found is what inspect() says, without loading.
  std::size_t file_level = 0;
  for (const auto& f : inspect(modules + GetParam().module + ".so").findings) {
    EXPECT_NE(findings[file_level].text.find(f.text), std::string::npos);
    ++file_level;
  }
}

INSTANTIATE_TEST_SUITE_P(
    loader, wrong_plugin,
    testing::Values(
        wrong{"wrong_major", {"F09 built for plugin ABI 1.0, this host offers 0.1; rebuild it"}},
        wrong{"too_new", {"F09 needs a host of at least ABI 0." + std::to_string(TRAPLINE_ABI_MINOR + 7)}},
        wrong{"no_note", {"F04 has no Trapline note, so it is not a Trapline plugin"}},
        wrong{"bad_note", {"F04 has a Trapline note that cannot be read"}},
        wrong{"note_differs",
              {"F04 its note says note_differs 2.0.0 of ABI 0.1, needs minor 0; its entry says "
               "note_differs 1.0.0 of ABI 0.1, needs minor 0"}},
        wrong{"two_majors", {}}, wrong{"no_entry", {"F01 does not export trapline_plugin_entry_v0"}},
        wrong{"extra_exports",
              {"F01 exports 1 more symbol (somebody_elses_function); link it with the version script"}},
        wrong{"unique_symbols", {"F01 more symbols", "F02 GNU-unique symbol"}},
        wrong{"undefined_symbol", {"F03 uses 1 symbol (a_function_of_the_host) that no library it needs provides"}},
        wrong{"lazy_binding", {"F05? is not linked with -Wl,-z,now -Wl,-z,relro"}},
        wrong{"moving_run_path", {"F06 has the run path $ORIGIN/lib, which means another directory"}},
        wrong{"fixed_run_path", {"F06? has the run path /opt/somewhere/lib"}},
        wrong{"links_spdlog", {"F07 links libspdlog.so."}}, wrong{"null_entry", {"E01 entry function returned NULL"}},
        wrong{"entry_size_zero", {"E01 struct_size 0, too small"}}, wrong{"entry_size_huge", {}},
        wrong{"entry_of_another_major", {"F09 built for plugin ABI 1.0"}},
        wrong{"descriptor_null", {"E01 its descriptor is missing"}},
        wrong{"create_null", {"E01 create function is NULL"}},
        wrong{"duplicate_option", {"E02 option 'depth': empty or repeated path"}},
        wrong{"bad_default", {"E02 option 'depth': bad default"}},
        wrong{"options_missing", {"E02 its option table is missing"}},
        wrong{"missing_services", {"E05 needs service trapline.teleport/1", "E05 needs service trapline.bus/99"}}),
    [](const auto& p) { return p.param.module; });

TEST(loader, refuses_another_abi_before_its_constructor_runs) {
  const test::temp_dir dir;
  const std::string canary = dir.path() + "/canary";
  ::setenv("TRAPLINE_TEST_CANARY", canary.c_str(), 1);
  EXPECT_EQ(problems_of(modules + "wrong_major.so").size(), 1u);
  EXPECT_FALSE(fs::exists(canary));
  EXPECT_EQ(problems_of(modules + "too_new.so").size(), 1u);
  EXPECT_FALSE(fs::exists(canary));
  ::unsetenv("TRAPLINE_TEST_CANARY");
}

TEST(loader, tells_everything_that_is_wrong_at_once) {
  const test::temp_dir dir;
  const std::string path = dir.path() + "/x.so";
  fs::copy(modules + "wrong_major.so", path);
  ::chmod(path.c_str(), 0666);
  std::vector<finding> findings;
  EXPECT_EQ(load(path, "x", dir.path(), findings, std::string(64, '0')), nullptr);
  ASSERT_EQ(findings.size(), 3u);
  EXPECT_EQ(findings[0].rule + findings[1].rule + findings[2].rule, "F08F09F10");
}

TEST(loader, a_pinned_file_must_have_that_sha256) {
  const test::temp_dir dir;
  const std::string path = modules + "ticks.so", sha = inspect(path).sha256;
  ASSERT_EQ(sha.size(), 64u);
  std::vector<finding> findings;
  EXPECT_NE(load(path, "x", dir.path(), findings, sha), nullptr);
  EXPECT_TRUE(findings.empty());
  std::string other = sha;
  other[0] = other[0] == '0' ? '1' : '0';
  EXPECT_EQ(load(path, "x", dir.path(), findings, other), nullptr);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].rule, "F10");
  EXPECT_NE(findings[0].text.find("its sha256 is " + sha + ", the configuration demands " + other), std::string::npos);
}

TEST(loader, refuses_files_that_are_no_plugins_without_crashing) {
  const test::temp_dir dir;
  const std::string path = dir.path() + "/x.so";
  const std::string good = bytes_of(modules + "ticks.so");
  const auto write = [&](const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    ::chmod(path.c_str(), 0644);
  };
  write("");
  expect_one(problems_of(path), "not an ELF file");
  write("#!/bin/sh\n");
  expect_one(problems_of(path), "not an ELF file");
  // Cut at many places, and damaged in the header and the section table: refused or fine, never a crash. Only the
  // inspection is run, because a damaged file that still looks right would be executed by dlopen.
  constexpr std::size_t fewer = test::sanitized ? 40 : 1;  // each look reads the sanitizer's own large libraries
  write(good.substr(0, good.size() / 2));
  expect_one(problems_of(path), "is cut short: " + std::to_string(good.size() / 2) + " bytes");
  for (std::size_t n = 0; n < good.size(); n += 97 * fewer) {
    write(good.substr(0, n));
    EXPECT_FALSE(inspect(path).problems().empty()) << n;
  }
  for (std::size_t at = 0; at<64; at += fewer> 1 ? 5 : 1) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x55);
    write(bad);
    inspect(path);
  }
  for (std::size_t at = good.size() - 2048; at < good.size(); at += 3 * fewer) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0xff);
    write(bad);
    inspect(path);
  }
}

TEST(loader, refuses_a_file_that_others_can_write) {
  const test::temp_dir dir;
  const std::string path = dir.path() + "/x.so";
  fs::copy(modules + "ticks.so", path);
  ::chmod(path.c_str(), 0666);
  expect_one(problems_of(path), "can be written by others; run: chmod go-w");
}

TEST(loader, loads_a_private_copy_and_leaves_nothing_behind) {
  const test::temp_dir dir;
  std::vector<finding> findings;
  auto image = load(modules + "tally.so", "t", dir.path(), findings);
  ASSERT_TRUE(image) << findings[0].text;
  EXPECT_STREQ(image->descriptor().id, "tally");
  EXPECT_TRUE(mapped(dir.path()));
  image.reset();
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_FALSE(mapped(dir.path()));
#endif
  EXPECT_TRUE(fs::is_empty(dir.path() + "/plugin-copies"));
}

TEST(loader, every_plugin_of_this_tree_can_be_loaded_and_unloaded) {
  std::size_t plugins = 0;
  for (const auto& f : fs::directory_iterator(TRAPLINE_BUILD_DIR "/plugins")) {
    if (f.path().extension() != ".so") continue;
    ++plugins;
    const test::temp_dir dir;
    std::vector<finding> findings;
    auto image = load(f.path().string(), "p", dir.path(), findings);
    EXPECT_TRUE(image);
    EXPECT_TRUE(findings.empty()) << findings[0].text;
    image.reset();
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_FALSE(mapped(dir.path())) << f.path();
#endif
  }
  EXPECT_EQ(plugins, 6u);
}

// ---------------------------------------------------------------- as a configuration says it

namespace {

class plugin_choice : public testing::Test {
 protected:
  plugin_choice() {
    for (const char* d : {"/config/first", "/config/second"}) fs::create_directories(dir_.path() + d);
  }
  void put(const std::string& module, const std::string& at) { fs::copy(modules + module + ".so", dir_.path() + at); }
  std::string load(const std::string& engine, const std::string& plugin) {
    trapline::engine e({{}, dir_.path() + "/run", false});
    const std::string file = dir_.path() + "/config/test.yaml";
    std::ofstream(file) << "engine: {log: {file: " << dir_.path() << "/log}" << engine << "}\nplugins: {p: {" << plugin
                        << "}}\n";
    std::string out;
    for (const auto& p : e.load_file(file)) out += p + "\n";
    return out;
  }
  std::string log() const { return bytes_of(dir_.path() + "/log"); }

  test::temp_dir dir_;
};

}  // namespace

TEST_F(plugin_choice, directories_are_those_beside_the_configuration_in_their_order) {
  put("ticks", "/config/first/ticks.so");
  put("tally", "/config/second/tally.so");
  EXPECT_EQ(load(", plugin_dirs: [first, ./second]", "use: tally"), "");
  EXPECT_EQ(load(", plugin_dirs: [first]", "use: ./second/tally.so"), "");
  const auto refused = load(", plugin_dirs: [first]", "use: tally");
  EXPECT_NE(refused.find("there is no plugin 'tally'; searched " + dir_.path() + "/config/first."), std::string::npos)
      << refused;
}

TEST_F(plugin_choice, a_file_that_is_not_there_is_named_by_its_whole_path) {
  const auto refused = load("", "use: ./lost.so");
  EXPECT_NE(refused.find("there is no file " + dir_.path() + "/config/lost.so"), std::string::npos) << refused;
}

TEST_F(plugin_choice, the_first_of_two_files_of_one_name_wins_and_the_log_says_so) {
  put("ticks", "/config/first/ticks.so");
  put("wrong_major", "/config/second/ticks.so");  // would be refused if it were taken
  EXPECT_EQ(load(", plugin_dirs: [first, second]", "use: ticks"), "");
  EXPECT_NE(log().find("p: uses " + dir_.path() + "/config/first/ticks.so; " + dir_.path() +
                       "/config/second/ticks.so has the same name and is not used"),
            std::string::npos)
      << log();
}

TEST_F(plugin_choice, a_warning_about_the_file_goes_to_the_log) {
  put("lazy_binding", "/config/first/lazy_binding.so");
  EXPECT_EQ(load(", plugin_dirs: [first]", "use: lazy_binding"), "");
  EXPECT_NE(log().find("is not linked with -Wl,-z,now"), std::string::npos) << log();
}

TEST_F(plugin_choice, a_pin_is_checked_and_its_form_too) {
  put("ticks", "/config/first/ticks.so");
  std::string sha = inspect(modules + "ticks.so").sha256;
  const std::string dirs = ", plugin_dirs: [first]";
  EXPECT_EQ(load(dirs, "use: ticks, sha256: \"" + sha + "\""), "");
  std::transform(sha.begin(), sha.end(), sha.begin(), [](unsigned char c) { return std::toupper(c); });
  EXPECT_EQ(load(dirs, "use: ticks, sha256: \"" + sha + "\""), "");
  auto refused = load(dirs, "use: ticks, sha256: \"" + std::string(64, 'a') + "\"");
  EXPECT_NE(refused.find("test.yaml:2:"), std::string::npos) << refused;
  EXPECT_NE(refused.find("plugins.p.use: "), std::string::npos) << refused;
  EXPECT_NE(refused.find("the configuration demands " + std::string(64, 'a')), std::string::npos) << refused;
  for (const std::string& form : {"sha256:" + sha, sha.substr(1), std::string(64, 'g')}) {
    refused = load(dirs, "use: ticks, sha256: \"" + form + "\"");
    EXPECT_NE(refused.find("plugins.p.sha256: expected the 64 hex digits"), std::string::npos) << refused;
    EXPECT_EQ(std::count(refused.begin(), refused.end(), '\n'), 1) << refused;
  }
}
