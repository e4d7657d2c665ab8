#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "config/engine_config.hpp"
#include "config/options.hpp"

using namespace trapline::config;
using nlohmann::json;

namespace {

std::vector<option> table() {
  return {
      {"symbols", "what to follow", TRAPLINE_OPTION_LIST, true, std::nullopt, std::nullopt},
      {"channels", "", TRAPLINE_OPTION_LIST, false, "[trade, books]", "trade|books|ticker"},
      {"environment", "", TRAPLINE_OPTION_ENUM, false, "paper", "paper|demo|live"},
      {"ping_interval", "", TRAPLINE_OPTION_DURATION, false, "20s", "1s..30s"},
      {"reconnect.max_attempts", "", TRAPLINE_OPTION_INT, false, "8", "1..100"},
      {"limit", "", TRAPLINE_OPTION_BYTES, false, "4MiB", std::nullopt},
      {"ratio", "", TRAPLINE_OPTION_FLOAT, false, "0.5", "0..1"},
      {"flag", "", TRAPLINE_OPTION_BOOL, false, "false", std::nullopt},
      {"note", "", TRAPLINE_OPTION_STRING, false, std::nullopt, std::nullopt},
      {"credentials.key", "", TRAPLINE_OPTION_SECRET, false, std::nullopt, std::nullopt},
  };
}

struct outcome {
  checked_options options;
  std::vector<std::string> problems;
};

outcome check(const std::string& yaml) {
  std::vector<problem> problems;
  const node root = parse_yaml(yaml, problems);
  outcome o;
  o.options = check_options(table(), &root, {1, 1}, "options", problems);
  for (const auto& p : problems) o.problems.push_back(p.render("f.yaml"));
  return o;
}

std::vector<std::string> engine_problems(const std::string& yaml) {
  std::vector<problem> problems;
  read_engine_config(yaml, "f.yaml", problems);
  std::vector<std::string> out;
  for (const auto& p : problems) out.push_back(p.render("f.yaml"));
  return out;
}

}  // namespace

TEST(yaml, text_that_is_not_utf8_is_refused_with_its_place) {
  EXPECT_EQ(
      check("symbols: [A]\nnote: \"\xd5\"\n").problems,
      std::vector<std::string>{"f.yaml:2:7: note: holds bytes that are not UTF-8; save the file in that encoding"});
  EXPECT_EQ(check("symbols: [A]\n\"\xed\xa0\x80\": 1\n").problems,
            std::vector<std::string>{"f.yaml:2:1: holds bytes that are not UTF-8; save the file in that encoding"});
  EXPECT_TRUE(check("symbols: [A]\nnote: \"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"\n").problems.empty());
}

TEST(options, every_option_is_present_in_the_json_with_defaults_and_base_units) {
  const auto o = check("symbols: [BTCUSDT]\nping_interval: 1.5s\n");
  ASSERT_TRUE(o.problems.empty()) << o.problems[0];
  const json j = json::parse(o.options.json);
  EXPECT_EQ(j["symbols"], json({"BTCUSDT"}));
  EXPECT_EQ(j["channels"], json({"trade", "books"}));
  EXPECT_EQ(j["environment"], "paper");
  EXPECT_EQ(j["ping_interval"], 1'500'000'000);
  EXPECT_EQ(j["reconnect"]["max_attempts"], 8);
  EXPECT_EQ(j["limit"], 4 << 20);
  EXPECT_EQ(j["ratio"], 0.5);
  EXPECT_EQ(j["flag"], false);
  EXPECT_TRUE(j["note"].is_null());
  EXPECT_TRUE(j["credentials"]["key"].is_null());
}

TEST(options, every_mistake_is_told_with_its_place_in_one_run) {
  const auto o = check(
      "symbols: BTCUSDT\n"
      "chanels: [trade]\n"
      "environment: live2\n"
      "ping_interval: 20\n"
      "reconnect:\n"
      "  max_attempts: 500\n"
      "credentials:\n"
      "  key: my-literal-secret\n");
  ASSERT_EQ(o.problems.size(), 6u);
  EXPECT_EQ(o.problems[0], "f.yaml:1:10: options.symbols: expected a list of texts, such as [a, b]");
  EXPECT_EQ(o.problems[1], "f.yaml:2:1: options.chanels: unknown option; did you mean 'channels'?");
  EXPECT_EQ(o.problems[2],
            "f.yaml:3:14: options.environment: found 'live2', allowed is paper, demo, live. Did you mean 'live'?");
  EXPECT_EQ(o.problems[3],
            "f.yaml:4:16: options.ping_interval: expected a duration with its unit, such as 250ms, 15s, 10m or 1h, "
            "found '20'");
  EXPECT_EQ(o.problems[4], "f.yaml:6:17: options.reconnect.max_attempts: out of range: found '500', allowed is 1..100");
  EXPECT_EQ(o.problems[5],
            "f.yaml:8:8: options.credentials.key: a secret must not stand in this file; write env:NAME, file:PATH or "
            "credential:NAME");
}

TEST(options, a_literal_secret_is_never_repeated) {
  const auto o = check("symbols: [A]\ncredentials: {key: my-literal-secret}\n");
  ASSERT_EQ(o.problems.size(), 1u);
  EXPECT_EQ(o.problems[0].find("my-literal"), std::string::npos);
}

TEST(options, a_missing_required_option_is_told) {
  const auto o = check("flag: true\n");
  ASSERT_EQ(o.problems.size(), 1u);
  EXPECT_EQ(o.problems[0], "f.yaml:1:1: options.symbols: required, but missing: what to follow");
}

TEST(options, a_secret_keeps_its_source_and_only_its_source) {
  const auto o = check("symbols: [A]\ncredentials: {key: env:KEY}\n");
  ASSERT_TRUE(o.problems.empty());
  EXPECT_EQ(o.options.secrets.at("credentials.key").name, "KEY");
  EXPECT_EQ(json::parse(o.options.json)["credentials"]["key"], true);
}

TEST(options, a_table_with_a_wrong_range_is_a_fault_of_the_plugin) {
  for (const char* allowed : {"0..10x", "5", "", "x..y"}) {
    const std::vector<option> bad = {{"n", "", TRAPLINE_OPTION_INT, false, "3", allowed}};
    EXPECT_EQ(table_faults(bad).size(), 1u) << allowed;
  }
  const std::vector<option> open = {{"n", "", TRAPLINE_OPTION_INT, false, "3", "1.."}};
  EXPECT_TRUE(table_faults(open).empty());
  EXPECT_TRUE(table_faults(table()).empty());
}

TEST(yaml, a_key_given_twice_is_an_error_that_names_both_lines) {
  const auto p = engine_problems("engine:\n  name: a\n  name: b\nplugins: {x: {use: y}}\n");
  ASSERT_EQ(p.size(), 1u);
  EXPECT_EQ(p[0], "f.yaml:3:3: engine.name: given twice; the first is in line 2. Remove one");
}

TEST(yaml, broken_syntax_is_told_with_line_and_column) {
  const auto p = engine_problems("engine: {name: [\nplugins:\n");
  ASSERT_FALSE(p.empty());
  EXPECT_EQ(p[0].rfind("f.yaml:", 0), 0u);
  EXPECT_NE(p[0].find("not valid YAML"), std::string::npos);
}

TEST(yaml, a_sign_that_cannot_begin_a_document_is_an_error_and_no_endless_read) {
  for (const std::string text : {", engine: {name: x}\n", "# so\n, {}\n"})
    EXPECT_NE(engine_problems(text)[0].find("not valid YAML"), std::string::npos) << text;
  EXPECT_NE(engine_problems("engine: {name: x}\n---\nengine: {}\n")[0].find("more than one"), std::string::npos);
}

TEST(yaml, aliases_depth_and_size_are_limited) {
  EXPECT_NE(engine_problems("engine: &a {name: x}\nlanes: *a\n")[0].find("aliases"), std::string::npos);
  std::string deep = "engine: ";
  for (int i = 0; i < 40; ++i) deep += "{a: ";
  deep += "1";
  for (int i = 0; i < 40; ++i) deep += "}";
  EXPECT_NE(engine_problems(deep)[0].find("nested deeper"), std::string::npos);
  EXPECT_NE(engine_problems(std::string(2 << 20, '#'))[0].find("larger than 1 MiB"), std::string::npos);
}

TEST(engine_config, unknown_sections_keys_and_lanes_are_told_with_the_nearest_name) {
  const auto p = engine_problems(
      "engin: {}\n"
      "lanes: {core: {wait: sleep}}\n"
      "plugins:\n"
      "  feed: {use: mm_ws, lane: cor, option: {}}\n");
  ASSERT_EQ(p.size(), 4u);
  EXPECT_NE(p[0].find("did you mean 'engine'"), std::string::npos);
  EXPECT_NE(p[1].find("lanes.core.wait: found 'sleep', allowed is park, spin, spin_park"), std::string::npos);
  EXPECT_NE(p[2].find("did you mean 'options'"), std::string::npos);
  EXPECT_NE(p[3].find("there is no lane 'cor'; did you mean 'core'?"), std::string::npos);
}

TEST(engine_config, a_plugin_without_lane_gets_one_of_its_own) {
  std::vector<problem> problems;
  const auto c = read_engine_config("plugins: {feed: {use: mm_ws}}", "f", problems);
  ASSERT_TRUE(problems.empty());
  ASSERT_EQ(c.lanes.size(), 1u);
  EXPECT_EQ(c.lanes[0].name, "feed");
  EXPECT_EQ(c.plugins[0].lane, "feed");
}

TEST(engine_config, a_plugin_named_like_a_lane_shares_that_lane) {
  std::vector<problem> problems;
  const auto c = read_engine_config("lanes: {feed: {wait: spin}}\nplugins: {feed: {use: mm_ws}}", "f", problems);
  ASSERT_TRUE(problems.empty());
  ASSERT_EQ(c.lanes.size(), 1u);
  EXPECT_EQ(c.lanes[0].wait, wait_strategy::spin);
}

TEST(engine_config, ring_size_must_be_a_power_of_two) {
  const auto p = engine_problems("engine: {ring_size: 3MiB}\nplugins: {feed: {use: x}}");
  ASSERT_EQ(p.size(), 1u);
  EXPECT_EQ(p[0], "f.yaml:1:21: engine.ring_size: must be a power of two, such as 64MiB");
}

TEST(engine_config, no_plugin_at_all_is_an_error) { EXPECT_EQ(engine_problems("engine: {name: x}").size(), 1u); }

TEST(units, durations_and_sizes) {
  EXPECT_EQ(parse_duration("250ms"), 250'000'000);
  EXPECT_EQ(parse_duration("1h"), 3'600'000'000'000);
  EXPECT_EQ(parse_duration("0"), 0);
  EXPECT_FALSE(parse_duration("5"));
  EXPECT_FALSE(parse_duration("5 s"));
  EXPECT_FALSE(parse_duration("1000000000000h"));
  EXPECT_EQ(parse_bytes("64KiB"), 65536);
  EXPECT_EQ(parse_bytes("10MB"), 10'000'000);
  EXPECT_EQ(parse_bytes("512"), 512);
}
