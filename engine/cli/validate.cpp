#include "validate.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <regex>

#include "config/node.hpp"
#include "plugin_options.hpp"
#include "plugin_texts.hpp"
#include "report.hpp"

namespace trapline::cli {
namespace {

namespace fs = std::filesystem;

volatile std::sig_atomic_t interrupted = 0;

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
    auto options = read_plugin_options({a.config, a.instance}, s.bench.path, report.id);
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
