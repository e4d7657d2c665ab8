// The commands that the documentation shows.
#include <gtest/gtest.h>

#include <filesystem>

#include "stage.hpp"

TEST(commands, plugins_lists_the_four_of_this_tree) {
  test::stage s;
  const auto r = s.run({"plugins"});
  EXPECT_EQ(r.code, 0) << r.err;
  for (const char* p : {"mm_ws", "paper_venue", "redis_bridge", "trap_detector"})
    EXPECT_NE(r.out.find(p), std::string::npos) << r.out;
}

TEST(commands, plugins_shows_why_a_file_is_refused) {
  test::stage s;
  const std::string folder = s.dir() + "/some";
  std::filesystem::create_directories(folder);
  for (const char* name : {"/wrong_major.so", "/ticks.so"})
    std::filesystem::copy(std::string(TRAPLINE_BUILD_DIR "/tests/modules") + name, folder + name);
  const auto r = s.run({"plugins", "--plugin-dir", folder});
  EXPECT_EQ(r.code, 0);
  EXPECT_NE(r.out.find("built for plugin ABI 1.0"), std::string::npos) << r.out;
  EXPECT_NE(r.out.find("ticks "), std::string::npos) << r.out;
}

TEST(commands, explain_prints_every_option_with_type_default_and_range) {
  test::stage s;
  const auto r = s.run({"explain", "mm_ws"});
  EXPECT_EQ(r.code, 0) << r.err;
  for (const char* part : {"environment  (enum: paper|demo|live; required)",
                           "reconnect.max_attempts  (int:", "default 8", "credentials.secret  (secret; optional)"})
    EXPECT_NE(r.out.find(part), std::string::npos) << part << "\n" << r.out;
  for (const char* p : {"paper_venue", "redis_bridge", "trap_detector"}) EXPECT_EQ(s.run({"explain", p}).code, 0) << p;
}

TEST(commands, every_configuration_in_the_repository_passes_the_check) {
  test::stage s;
  std::size_t n = 0;
  for (const auto& f : std::filesystem::directory_iterator(TRAPLINE_SOURCE_DIR "/configs")) {
    const auto r = s.run({"check", f.path().string()});
    EXPECT_EQ(r.code, 0) << r.err;
    EXPECT_NE(r.out.find("fine"), std::string::npos);
    ++n;
  }
  EXPECT_GE(n, 3u);
}

TEST(commands, every_configuration_that_the_documentation_shows_passes_the_check) {
  test::stage s;
  int blocks = 0;
  for (const char* page : {"/README.md", "/docs/operations.md"}) {
    const std::string text = test::read_file(TRAPLINE_SOURCE_DIR + std::string(page));
    const std::string fence = "```yaml\n";
    for (std::size_t at = text.find(fence); at != std::string::npos; at = text.find(fence, at + 1)) {
      const std::size_t begin = at + fence.size();
      test::write_file(s.dir() + "/block.yaml", text.substr(begin, text.find("```", begin) - begin));
      const auto r = s.run({"check", "block.yaml"});
      EXPECT_EQ(r.code, 0) << page << "\n" << r.err;
      ++blocks;
    }
  }
  EXPECT_EQ(blocks, 3);
}

TEST(commands, check_leaves_no_run_directory_behind) {
  test::stage s;
  std::filesystem::remove_all(s.dir() + "/run");
  EXPECT_EQ(s.run({"check", s.config("demo")}).code, 0);
  EXPECT_FALSE(std::filesystem::exists(s.dir() + "/run"));
}

TEST(commands, version_tells_the_abi) {
  test::stage s;
  const auto r = s.run({"version"});
  EXPECT_EQ(r.code, 0);
  EXPECT_EQ(r.out.rfind("trapline 0.1.0, plugin ABI 0.1", 0), 0u) << r.out;
}

TEST(commands, dev_help_lists_the_commands_and_an_unknown_one_is_refused) {
  test::stage s;
  const std::string dev = TRAPLINE_SOURCE_DIR "/dev";
  const auto help = test::run({dev, "help"}, s.dir());
  EXPECT_EQ(help.code, 0);
  for (const char* c : {"demo", "test", "build", "bench", "check", "setup"})
    EXPECT_NE(help.out.find(c), std::string::npos) << c;
  const auto wrong = test::run({dev, "fly"}, s.dir());
  EXPECT_EQ(wrong.code, 1);
  EXPECT_NE(wrong.err.find("unknown command 'fly'"), std::string::npos);
}
