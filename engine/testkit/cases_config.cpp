// C: what configure() makes of options, and what becomes of secrets.
#include <limits>
#include <nlohmann/json.hpp>

#include "cases.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::testkit {
namespace {

using json = nlohmann::ordered_json;

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& t : texts) out += (out.empty() ? "" : "; ") + t;
  return out;
}

json::json_pointer pointer(const std::string& path) {
  std::string p = "/" + path;
  for (auto& c : p)
    if (c == '.') c = '/';
  return json::json_pointer(p);
}

// What a fresh instance says to these options. Ends the case if an exception escapes or an error has no text.
outcome tried(bench& b, const std::string& options, const std::string& what) {
  rig r(b);
  for (const auto& path : b.secret_paths()) r.host.set_secret(path, bench::canary(path));
  r.created();
  auto o = r.plugin.configure(options);
  if (o.threw) fail(sdk::cat("configure() with ", what, " let an exception out: ", o.text));
  if (!o.ok() && o.text.empty()) fail(sdk::cat("configure() with ", what, " failed without an error text"));
  expect_ok(r.plugin.destroy(), "destroy() after a configure()");
  return o;
}

void good_options(bench& b) {
  std::vector<std::string> problems;
  const auto checked = b.options(problems);
  if (!problems.empty() && b.settings().options.from_file) fail("the options given do not fit: " + joined(problems));
  if (!problems.empty())
    throw skipped{"there are required options: " + joined(problems) + "; give them with --config FILE", true};
  auto& r = *new rig(b);  // not destroyed: that is for L03 to try
  r.configured();
}

void required_options(bench& b) {
  const json good = json::parse(b.options_json());
  int seen = 0;
  for (const auto& o : b.option_table()) {
    if (!o.required) continue;
    ++seen;
    json without = good;
    without[pointer(o.path)] = nullptr;  // as an absent optional one would read
    const auto said = tried(b, without.dump(), "`" + o.path + "` missing");
    if (said.ok()) fail(sdk::cat("configure() succeeded although the required option `", o.path, "` is missing"));
    if (said.path != o.path && said.text.find(o.path) == std::string::npos)
      fail(sdk::cat("the error about the missing option `", o.path, "` does not name it: ", said.describe()));
  }
  if (seen == 0) skip("it has no required options");
}

// Values that no table lets through, for any type of option.
std::vector<std::pair<std::string, json>> wrong_values(const config::option& o) {
  std::vector<std::pair<std::string, json>> all = {
      {"null", nullptr},
      {"true", true},
      {"-1", -1},
      {"a huge integer", std::numeric_limits<std::int64_t>::max()},
      {"an unsigned beyond int64", std::numeric_limits<std::uint64_t>::max()},
      {"1e308", 1e308},
      {"-1e308", -1e308},
      {"0.5", 0.5},
      {"an empty text", ""},
      {"a text", "nonsense"},
      {"a megabyte of text", std::string(1 << 20, 'x')},
      {"an empty list", json::array()},
      {"a list of null", json::array({nullptr})},
      {"a list of lists", json::array({json::array({1})})},
      {"a list of 10000 numbers", json(std::vector<int>(10'000, 7))},
      {"an empty map", json::object()},
      {"a map", json{{"a", 1}}},
  };
  if (o.type == TRAPLINE_OPTION_SECRET) all.emplace_back("false", false);
  return all;
}

void garbage(bench& b) {
  for (const char* text : {"", "{", "}", "null", "[]", "0", "\"text\"", "nan", "{}", "{\"a\":NaN}", "{\"a\":1e999}",
                           "{\"a\":}", "\xff\xfe", "{\"a\":\"\xc3\"}", "{\"a\":{\"b\":{\"c\":[[[[]]]]}}}"})
    tried(b, text, sdk::cat("'", text, "'"));
  tried(b, std::string(1000, '[') + std::string(1000, ']'), "1000 nested lists");
  const json good = json::parse(b.options_json());
  json more = good;
  more["an_option_of_tomorrow"] = {{"x", 1}};
  tried(b, more.dump(), "an unknown option");
  const std::string text = good.dump();
  for (std::size_t cut = 0; cut < text.size(); cut += 1 + text.size() / 50)
    tried(b, text.substr(0, cut), "half a text");
  for (const auto& o : b.option_table()) {
    for (const auto& [name, value] : wrong_values(o)) {
      json j = good;
      j[pointer(o.path)] = value;
      tried(b, j.dump(), sdk::cat("`", o.path, "` = ", name));
    }
    json without = good;  // not even null
    auto& parent = o.path.find('.') == std::string::npos ? without : without[pointer(o.path).parent_pointer()];
    parent.erase(pointer(o.path).back());
    tried(b, without.dump(), sdk::cat("`", o.path, "` absent"));
  }
}

// A value of the wrong type must not be taken, and the error must say which option it is.
void wrong_types(bench& b) {
  const json good = json::parse(b.options_json());
  std::string unnamed, taken;
  int unnamed_count = 0, taken_count = 0;
  for (const auto& o : b.option_table()) {
    json j = good;
    j[pointer(o.path)] = json::array({json::array()});  // of no type at all
    const auto said = tried(b, j.dump(), sdk::cat("`", o.path, "` = [[]]"));
    if (said.ok()) {
      if (o.type == TRAPLINE_OPTION_SECRET) continue;  // a plugin may well not look, and just ask for the secret
      taken += ++taken_count <= 3 ? (taken.empty() ? "" : ", ") + o.path : "";
    } else if (said.path != o.path && said.text.find(o.path) == std::string::npos) {
      unnamed += ++unnamed_count <= 3 ? (unnamed.empty() ? "" : ", ") + o.path : "";
    }
  }
  std::string text;
  if (taken_count > 0) text = sdk::cat(taken_count, " options are taken with a value of the wrong type: ", taken);
  if (unnamed_count > 0)
    text += sdk::cat(text.empty() ? "" : "; ", unnamed_count, " errors do not name their option: ", unnamed);
  if (!text.empty()) fail(text);
}

// Names every canary that is found.
void search(const std::string& where, const std::vector<std::string>& secrets, const char* what) {
  for (const auto& path : secrets)
    if (where.find(bench::canary(path)) != std::string::npos)
      fail(sdk::cat("the value of the secret `", path, "` appears in ", what));
}

// Runs once with all secrets set as far as it goes; every error text counts as said.
void secrets_stay_secret(bench& b) {
  json options = json::parse(b.options_json());
  std::vector<std::string> secrets;
  for (const auto& o : b.option_table())
    if (o.type == TRAPLINE_OPTION_SECRET) secrets.push_back(o.path);
  if (secrets.empty()) skip("it has no secret options");
  const auto run = [&](const std::string& text, const std::vector<std::string>& set, trapline_status answer) {
    rig r(b);
    r.host.answers.secret = answer;
    for (const auto& path : set) r.host.set_secret(path, bench::canary(path));
    r.created();
    const auto configured = r.plugin.configure(text);
    search(configured.text + configured.path, secrets, "an error of configure()");
    if (!configured.ok()) return false;
    const auto started = r.plugin.start();
    search(started.text + started.path, secrets, "an error of start()");
    if (started.ok()) {
      event_source source(r.host, b.settings().seed);
      if (source.any()) r.feed(source, 500);
      r.idle(50, 1'000'000'000, 1'000'000);
      r.drain();
      r.plugin.stop();
    }
    r.plugin.destroy();
    search(r.host.everything_said(), secrets, "a log line, event, topic, metric, health or fault text");
    return true;
  };
  json all = options;
  for (const auto& path : secrets) all[pointer(path)] = true;
  const bool ran = run(all.dump(), secrets, TRAPLINE_OK);
  if (!ran) run(options.dump(), b.secret_paths(), TRAPLINE_OK);
  run(ran ? all.dump() : options.dump(), secrets, TRAPLINE_E_IO);
}

}  // namespace

std::span<const test_case> config_cases() {
  static constexpr test_case cases[] = {
      {"C01", level::must, "configure() takes good options", "E03", good_options},
      {"C02", level::must, "A missing required option is an error that names it", "L03", required_options},
      {"C03", level::must, "No options, however wrong, do worse than an error with a text", "L03", garbage, true},
      {"C05", level::must, "The values of secrets appear nowhere", "L02", secrets_stay_secret},
      {"C06", level::should, "A value of the wrong type is refused with the option's path", "L03", wrong_types},
  };
  return cases;
}

}  // namespace trapline::testkit
