#include "obs/log.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "support/temp_dir.hpp"

using trapline::obs::log_format;
using trapline::obs::redactor;
using engine_log = trapline::obs::log;

namespace {

std::string slurp(const std::string& path) {
  std::stringstream s;
  s << std::ifstream(path).rdbuf();
  return s.str();
}

}  // namespace

TEST(log, blanks_secrets_in_every_form_and_their_beginnings) {
  redactor r;
  r.add("Canary-Secret/42+x");
  for (std::string text : {"plain Canary-Secret/42+x end", "hex 43616e6172792d5365637265742f34322b78",
                           "b64 Q2FuYXJ5LVNlY3JldC80Mit4", "url Canary-Secret%2F42%2Bx", "cut Canary-Se"}) {
    r.apply(text);
    EXPECT_NE(text.find("***"), std::string::npos) << text;
    EXPECT_EQ(text.find("Canary"), std::string::npos) << text;
  }
}

TEST(log, writes_redacted_lines_to_its_file) {
  const test::temp_dir dir;
  redactor r;
  r.add("topsecret-value");
  {
    engine_log l({TRAPLINE_LOG_DEBUG, log_format::text, dir.path() + "/x.log", 1024}, r);
    l.write(TRAPLINE_LOG_INFO, "feed", "key is topsecret-value\nsecond line");
    l.write(TRAPLINE_LOG_TRACE, "feed", "too detailed");
  }
  const auto text = slurp(dir.path() + "/x.log");
  EXPECT_NE(text.find("info [feed] key is *** second line\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("too detailed"), std::string::npos);
}

TEST(log, without_a_thread_it_writes_when_it_is_pumped_and_drops_the_oldest_lines) {
  const test::temp_dir dir;
  redactor r;
  r.add("topsecret-value");
  std::vector<std::string> lines;
  trapline::obs::log_options o;
  o.file = dir.path() + "/x.log";
  o.queue_lines = 3;
  o.own_thread = false;
  o.sink = [&](int level, std::string_view who, std::string_view text) {
    lines.push_back(std::to_string(level) + " " + std::string(who) + " " + std::string(text));
    if (lines.size() == 1) throw std::runtime_error("of the host");
  };
  {
    engine_log l(o, r);
    for (const char* text : {"lost", "lost, too", "topsecret-value", "b", "c"})
      l.write(TRAPLINE_LOG_INFO, "feed", text);
    EXPECT_TRUE(lines.empty());
    EXPECT_EQ(l.dropped(), 2u);
    l.pump();
    EXPECT_EQ(lines, (std::vector<std::string>{"2 feed ***", "2 feed b", "2 feed c"}));
    l.write(TRAPLINE_LOG_ERROR, "engine", "last words");
  }
  EXPECT_EQ(lines.back(), "4 engine last words");
  EXPECT_FALSE(std::filesystem::exists(o.file));
}

TEST(log, json_format_is_one_object_a_line_even_for_odd_bytes) {
  const test::temp_dir dir;
  redactor r;
  {
    engine_log l({TRAPLINE_LOG_INFO, log_format::json, dir.path() + "/x.log", 1024}, r);
    l.write(TRAPLINE_LOG_WARN, "feed", "tab\there \"quoted\" \xff");
  }
  const auto j = nlohmann::json::parse(slurp(dir.path() + "/x.log"));
  EXPECT_EQ(j["level"], "warn");
  EXPECT_EQ(j["logger"], "feed");
}

TEST(log, counts_what_it_drops_and_never_blocks) {
  const test::temp_dir dir;
  redactor r;
  engine_log l({TRAPLINE_LOG_INFO, log_format::text, dir.path() + "/x.log", 8}, r);
  constexpr int lines = 20'000;
  for (int i = 0; i < lines; ++i) l.info("line");
  // Written or dropped, nothing else: wait for the queue to run dry by writing one last line.
  l.info("the end");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  std::string text;
  do {
    text = slurp(dir.path() + "/x.log");
    std::this_thread::yield();
  } while (text.find("the end") == std::string::npos && std::chrono::steady_clock::now() < deadline);
  const auto written = std::count(text.begin(), text.end(), '\n');
  EXPECT_EQ(static_cast<std::uint64_t>(written) + l.dropped(), lines + 1u);
}

TEST(log, says_which_file_it_cannot_open) {
  redactor r;
  try {
    engine_log l({TRAPLINE_LOG_INFO, log_format::text, "/nonexistent/dir/x.log", 8}, r);
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_NE(std::string(e.what()).find("/nonexistent/dir/x.log"), std::string::npos);
  }
}
