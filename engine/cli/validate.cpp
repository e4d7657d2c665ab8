#include "validate.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <regex>
#include <sstream>

#include "config/node.hpp"
#include "plugin_texts.hpp"
#include "report.hpp"

namespace trapline::cli {
namespace {

namespace fs = std::filesystem;

volatile std::sig_atomic_t interrupted = 0;

// The name that `use` in a configuration gives to the plugin at `path`, if it does.
bool names(const std::string& use, const fs::path& path, const std::string& id) {
  if (use.find('/') == std::string::npos) return use == id || use == path.stem();
  std::error_code ec;
  return fs::equivalent(use, path, ec);
}

// Options from a YAML file: its top-level `options`, or those of the instance of this plugin in an engine's
// configuration.
std::optional<config::node> read_options(const validate_arguments& a, const std::string& path, const std::string& id) {
  std::ifstream in(a.config);
  std::stringstream text;
  text << in.rdbuf();
  if (!in) {
    std::cerr << "trapline: cannot read " << a.config << '\n';
    return std::nullopt;
  }
  std::vector<config::problem> problems;
  const auto root = config::parse_yaml(text.str(), problems);
  const config::node* found = nullptr;
  if (problems.empty() && root.find("plugins")) {
    std::vector<const config::node::entry*> candidates;
    for (const auto& e : root.find("plugins")->entries) {
      const auto* use = e.value.find("use");
      if (use && names(use->scalar, path, id) && (a.instance.empty() || a.instance == e.key)) candidates.push_back(&e);
    }
    if (candidates.size() != 1) {
      std::string list;
      for (const auto* c : candidates) list += (list.empty() ? "" : ", ") + c->key;
      std::cerr << "trapline: " << a.config
                << (list.empty() ? " has no instance of " + id + (a.instance.empty() ? "" : " named " + a.instance)
                                 : " has several instances of " + id + " (" + list + "); choose one with --instance")
                << '\n';
      return std::nullopt;
    }
    found = candidates.front()->value.find("options");
    if (!found) return config::node{};
  } else if (problems.empty()) {
    found = root.find("options");
    if (!found) problems.push_back({{}, "options", "expected `options:`, or the configuration of an engine"});
  }
  for (const auto& p : problems) std::cerr << p.render(a.config) << '\n';
  return problems.empty() ? std::optional(*found) : std::nullopt;
}

}  // namespace

int validate(const validate_arguments& a) {
  if (a.list) {
    std::cout << testkit::case_table();
    return 0;
  }
  if (a.plugin.empty()) {
    std::cerr << "trapline: name a plugin, or a file\n";
    return 2;
  }
  testkit::run_settings s;
  try {
    s.only = a.only;
    (void)std::regex(a.only);
  } catch (const std::regex_error&) {
    std::cerr << "trapline: --only '" << a.only << "' is not a regular expression\n";
    return 2;
  }
  const auto dirs = search_dirs(a.plugin_dirs);
  std::error_code ec;
  std::string path = plugin::find_plugin(a.plugin, dirs);
  if (path.empty() && fs::exists(a.plugin, ec)) path = "./" + a.plugin;
  if (path.empty() || !fs::is_regular_file(path, ec)) {
    std::cerr << "trapline: " << plugin::not_found_text(a.plugin, dirs) << '\n';
    return 2;
  }
  s.bench.path = fs::canonical(path).string();
  s.bench.seed = a.seed;
  if (a.events > 0) s.bench.events = a.events;
  if (a.time_limit > 0) s.limit = std::chrono::milliseconds(static_cast<long>(a.time_limit * 1000));
  if (testkit::sanitized) s.limit *= 5;
  s.jobs = a.jobs;
  const auto report = plugin::inspect(s.bench.path);
  if (!a.config.empty()) {
    auto options = read_options(a, s.bench.path, report.id);
    if (!options) return 2;
    s.bench.options = {true, a.config, std::move(*options)};
    const auto problems = testkit::option_problems(s, report);
    for (const auto& p : problems) std::cerr << p << '\n';
    if (!problems.empty()) return 2;
  }
  s.stop = &interrupted;
  std::signal(SIGINT, [](int n) { interrupted = n; });  // so that the children's directories go away
  std::signal(SIGTERM, [](int n) { interrupted = n; });
  const bool colour = !a.json && ::isatty(STDOUT_FILENO) == 1 && !std::getenv("NO_COLOR");
  if (!a.json)
    std::cout << "validating " << s.bench.path << " ("
              << (report.id.empty() ? "no note" : report.id + " " + report.version) << "), seed " << s.bench.seed
              << std::endl;
  const auto all = testkit::run_cases(s, report, [&](const testkit::case_result& r) {
    if (!a.json) std::cout << testkit::result_line(r, colour) << std::flush;
  });
  if (interrupted) return 128 + interrupted;
  if (all.empty()) {
    std::cerr << "trapline: --only '" << a.only << "' selects no case; `trapline validate --list` shows them\n";
    return 2;
  }
  std::cout << (a.json ? testkit::results_json(all, s, report) : testkit::summary_line(all));
  return testkit::any_failed(all) ? 1 : 0;
}

}  // namespace trapline::cli
