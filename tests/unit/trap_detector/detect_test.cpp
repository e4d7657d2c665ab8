// The program as a user runs it: files and pipes in, signals out.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace {

constexpr const char* program = TRAPLINE_BUILD_DIR "/bin/trapline";

// An hour of a quiet market, then a rush upwards that is taken back.
std::string market_with_a_pump() {
  std::string out;
  std::int64_t ts = 1'700'000'000'000'000'000;
  std::uint32_t seed = 1;
  int price = 100'000;
  const auto trade = [&](std::int64_t after_ms, int size, bool buy) {
    ts += after_ms * 1'000'000;
    std::ostringstream line;
    line << R"({"type":"trade","ts":)" << ts << R"(,"symbol":"AUSDT","price":")" << price / 10 << '.' << price % 10
         << R"(","size":")" << size << R"(","side":")" << (buy ? "buy" : "sell") << "\"}\n";
    out += line.str();
  };
  for (int i = 0; i < 7200; ++i) {
    seed = seed * 1664525u + 1013904223u;
    price += static_cast<int>(seed >> 16) % 3 - 1;
    trade(500, 1, (seed & 0x100000) != 0);
  }
  for (int i = 0; i < 400; ++i) {
    price += 25;
    trade(50, 20, true);
  }
  for (int i = 0; i < 400; ++i) {
    price -= 20;
    trade(100, 10, false);
  }
  for (int i = 0; i < 1200; ++i) trade(500, 1, i % 2 == 0);
  return out;
}

class detect : public testing::Test {
 protected:
  void SetUp() override { test::write_file(dir_.path() + "/events.jsonl", market_with_a_pump()); }
  test::finished run(std::vector<std::string> arguments) {
    std::vector<std::string> argv{program, "detect"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return test::run(argv, dir_.path());
  }
  test::finished plain(std::vector<std::string> more = {}) {
    std::vector<std::string> a{"--plugin", "trap_detector", "--input", "events.jsonl"};
    a.insert(a.end(), more.begin(), more.end());
    return run(a);
  }
  std::string path(const std::string& name) { return dir_.path() + "/" + name; }
  test::temp_dir dir_;
};

TEST_F(detect, signals_of_a_pump_have_every_field_of_the_format) {
  const auto r = plain();
  ASSERT_EQ(r.code, 0) << r.err;
  EXPECT_EQ(r.err, "");
  bool pump_alarm = false;
  std::istringstream lines(r.out);
  for (std::string line; std::getline(lines, line);) {
    const auto s = nlohmann::json::parse(line);
    EXPECT_EQ(s.at("type"), "signal");
    EXPECT_EQ(s.at("symbol"), "AUSDT");
    EXPECT_EQ(s.at("detector"), "trap_detector");
    EXPECT_TRUE(s.at("id").get<std::string>().find(":AUSDT:") != std::string::npos);
    EXPECT_TRUE(s.at("probability").is_number() && s.at("confidence").is_number() && s.at("intensity").is_number());
    EXPECT_TRUE(s.at("evidence").is_object() && s.at("severity").is_string() && s.at("observability").is_string());
    EXPECT_LE(s.at("onset_ts").get<std::int64_t>(), s.at("ts").get<std::int64_t>());
    pump_alarm |= s.at("pattern") == "pump" && s.at("direction") == "up" && s.at("stage") == "detected";
  }
  EXPECT_TRUE(pump_alarm) << r.out;
}

TEST_F(detect, output_is_the_same_for_every_batch_size_run_and_way_in) {
  const auto once = plain();
  ASSERT_EQ(once.code, 0) << once.err;
  ASSERT_FALSE(once.out.empty());
  for (const char* batch : {"1", "7", "256"}) EXPECT_EQ(plain({"--batch", batch}).out, once.out) << batch;
  ASSERT_EQ(plain({"--output", "signals.jsonl"}).code, 0);
  EXPECT_EQ(test::read_file(path("signals.jsonl")), once.out);
  const auto piped = test::run(
      {"/bin/sh", "-c", "cat events.jsonl | " + std::string(program) + " detect --plugin trap_detector"}, dir_.path());
  EXPECT_EQ(piped.out, once.out);
}

TEST_F(detect, every_detector_of_the_folder_takes_the_same_events_and_finds_the_pump) {
  for (const char* name : {"trap_detector", "trap_detector_candle", "trap_detector_threshold"}) {
    const auto r = run({"--plugin", name, "--input", "events.jsonl"});
    ASSERT_EQ(r.code, 0) << r.err;
    bool found = false;
    std::istringstream lines(r.out);
    for (std::string line; std::getline(lines, line);) {
      const auto s = nlohmann::json::parse(line);
      EXPECT_EQ(s.at("detector"), name);
      found |= s.at("pattern") == "pump" && s.at("stage") == "detected";
    }
    EXPECT_TRUE(found) << name;
    EXPECT_EQ(run({"--plugin", name, "--input", "events.jsonl", "--batch", "256"}).out, r.out) << name;
  }
}

TEST_F(detect, a_bad_line_stops_with_file_line_and_reason) {
  std::string text = test::read_file(path("events.jsonl"));
  text.insert(text.find('\n') + 1, "{\"type\":\"trade\",\"ts\":1}\n");
  test::write_file(path("events.jsonl"), text);
  const auto r = plain();
  EXPECT_EQ(r.code, 2);
  EXPECT_NE(r.err.find("events.jsonl:2: lacks `symbol`"), std::string::npos) << r.err;
}

TEST_F(detect, skip_bad_leaves_bad_lines_out_and_nothing_else) {
  const auto clean = plain();
  std::string text = test::read_file(path("events.jsonl"));
  text.insert(text.find('\n') + 1, "not an event\n\n");
  test::write_file(path("events.jsonl"), text + "{\"type\":\"trade\",\"ts\":1");
  const auto r = plain({"--skip-bad"});
  EXPECT_EQ(r.code, 0) << r.err;
  EXPECT_EQ(r.out, clean.out);
  EXPECT_NE(r.err.find("2 bad lines"), std::string::npos) << r.err;
}

TEST_F(detect, progress_is_told_only_when_asked_for_on_a_pipe) {
  EXPECT_EQ(plain().err, "");
  EXPECT_NE(plain({"--progress"}).err.find("events/s"), std::string::npos);
}

TEST_F(detect, options_come_from_a_file_and_are_checked_like_those_of_an_engine) {
  test::write_file(path("good.yaml"), "options: { patterns: [stop_hunt] }\n");
  const auto good = plain({"--config", "good.yaml"});
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_EQ(good.out.find("\"pattern\":\"pump\""), std::string::npos);
  test::write_file(path("bad.yaml"), "options: { alarm: { on: 0.4, off: 0.5 } }\n");
  const auto bad = plain({"--config", "bad.yaml"});
  EXPECT_EQ(bad.code, 2);
  EXPECT_NE(bad.err.find("alarm.off"), std::string::npos) << bad.err;
  test::write_file(path("typo.yaml"), "options: { warmpu: 1m }\n");
  const auto typo = plain({"--config", "typo.yaml"});
  EXPECT_EQ(typo.code, 2);
  EXPECT_NE(typo.err.find("typo.yaml:1:"), std::string::npos) << typo.err;
}

TEST_F(detect, what_cannot_be_opened_or_loaded_is_named_and_exits_2) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"--plugin", "trap_detector", "--input", "absent.jsonl"}, "absent.jsonl"},
      {{"--plugin", "trap_detector", "--input", "events.jsonl", "--output", "no/such/dir"}, "no/such/dir"},
      {{"--plugin", "trap_detector", "--input", "events.jsonl", "--output", "events.jsonl"}, "same file"},
      {{"--plugin", "trap_detecter", "--input", "events.jsonl"}, "trap_detecter"},
      {{"--plugin", "./events.jsonl", "--input", "events.jsonl"}, "events.jsonl"},
      {{"--plugin", "trap_detector", "--config", "absent.yaml"}, "absent.yaml"},
  };
  for (const auto& [arguments, expected] : cases) {
    const auto r = run(arguments);
    EXPECT_EQ(r.code, 2) << expected << ": " << r.err;
    EXPECT_NE(r.err.find(expected), std::string::npos) << r.err;
  }
  EXPECT_NE(test::read_file(path("events.jsonl")), "") << "the input must survive a wrong --output";
}

}  // namespace
