// The configuration: YAML, the engine's part, and a plugin's options against its table. Input: the file.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "config/engine_config.hpp"
#include "config/options.hpp"
#include "fuzz.hpp"

namespace trapline::fuzz {

using namespace trapline::config;

namespace {

// One of each type.
const std::vector<option>& table() {
  static const std::vector<option> rows = {
      {"symbols", "", TRAPLINE_OPTION_LIST, true, std::nullopt, std::nullopt},
      {"channels", "", TRAPLINE_OPTION_LIST, false, "[trade, books]", "trade|books|ticker"},
      {"environment", "", TRAPLINE_OPTION_ENUM, false, "paper", "paper|demo|live"},
      {"ping_interval", "", TRAPLINE_OPTION_DURATION, false, "20s", "1s..30s"},
      {"reconnect.max_attempts", "", TRAPLINE_OPTION_INT, false, "8", "1..100"},
      {"limit", "", TRAPLINE_OPTION_BYTES, false, "4MiB", std::nullopt},
      {"ratio", "", TRAPLINE_OPTION_FLOAT, false, "0.5", "0..1"},
      {"flag", "", TRAPLINE_OPTION_BOOL, false, "false", std::nullopt},
      {"note", "", TRAPLINE_OPTION_STRING, false, std::nullopt, std::nullopt},
      {"credentials.key", "", TRAPLINE_OPTION_SECRET, false, std::nullopt, std::nullopt}};
  return rows;
}

}  // namespace

void config_file(std::string_view input) {
  const std::string text(input);
  std::vector<problem> problems;
  const auto config = read_engine_config(text, "f.yaml", problems);
  for (const auto& p : problems) {
    require(!p.text.empty() && p.at.line >= 0 && p.at.column >= 0, "a problem says what and where");
    require(!p.render("f.yaml").empty(), "a problem is a line");
  }
  if (!problems.empty()) return;
  for (const auto& plugin : config.plugins) {
    require(!plugin.name.empty() && !plugin.use.empty(), "an instance has a name and a plugin");
    std::vector<problem> wrong;
    const auto options = check_options(table(), &plugin.options, plugin.at, "plugins." + plugin.name, wrong);
    if (!wrong.empty()) continue;
    const auto json = nlohmann::json::parse(options.json, nullptr, false);
    require(json.is_object() && json.contains("symbols") && json.contains("ratio"), "checked options are whole");
    require(json["ratio"].get<double>() >= 0 && json["ratio"].get<double>() <= 1, "values are in range");
    require(json["ping_interval"].get<std::int64_t>() >= 1'000'000'000, "durations are in range");
  }
}

}  // namespace trapline::fuzz
