#include "plugin/loader.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "support/temp_dir.hpp"

using namespace trapline::plugin;
namespace fs = std::filesystem;

namespace {

const std::string modules = TRAPLINE_BUILD_DIR "/tests/modules/";

std::vector<std::string> problems_of(const std::string& path) {
  const test::temp_dir dir;
  std::vector<std::string> problems;
  const auto image = load(path, "x", dir.path(), problems);
  EXPECT_EQ(image != nullptr, problems.empty());
  return problems;
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

TEST(loader, refuses_another_abi_before_its_constructor_runs) {
  const test::temp_dir dir;
  const std::string canary = dir.path() + "/canary";
  ::setenv("TRAPLINE_TEST_CANARY", canary.c_str(), 1);
  expect_one(problems_of(modules + "wrong_major.so"), "built for plugin ABI 1.0, this host offers 0.1; rebuild it");
  EXPECT_FALSE(fs::exists(canary));
  expect_one(problems_of(modules + "too_new.so"), "needs a host of at least ABI 0.8");
  EXPECT_FALSE(fs::exists(canary));
  ::unsetenv("TRAPLINE_TEST_CANARY");
}

TEST(loader, refuses_a_library_without_note) {
  expect_one(problems_of(modules + "no_note.so"), "has no Trapline note");
}

TEST(loader, refuses_further_exports_and_names_them) {
  expect_one(problems_of(modules + "extra_exports.so"), "exports 1 more symbols (somebody_elses_function)");
}

TEST(loader, refuses_files_that_are_no_plugins_without_crashing) {
  const test::temp_dir dir;
  const std::string path = dir.path() + "/x.so";
  std::string good;
  {
    std::ifstream in(modules + "ticks.so", std::ios::binary);
    good.assign(std::istreambuf_iterator<char>(in), {});
  }
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
  for (std::size_t n = 0; n < good.size(); n += 97) {
    write(good.substr(0, n));
    EXPECT_FALSE(inspect(path).problems.empty()) << n;
  }
  for (std::size_t at = 0; at < 64; ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x55);
    write(bad);
    inspect(path);
  }
  for (std::size_t at = good.size() - 2048; at < good.size(); at += 3) {
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
  std::vector<std::string> problems;
  auto image = load(modules + "tally.so", "t", dir.path(), problems);
  ASSERT_TRUE(image) << problems[0];
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
    std::vector<std::string> problems;
    auto image = load(f.path().string(), "p", dir.path(), problems);
    EXPECT_TRUE(image) << (problems.empty() ? "" : problems[0]);
    image.reset();
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_FALSE(mapped(dir.path())) << f.path();
#endif
  }
  EXPECT_EQ(plugins, 4u);
}
