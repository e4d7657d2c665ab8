#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "trapline/abi/version.h"
#include "trapline/sdk/text.hpp"
#include "trapline/version.hpp"

namespace trapline::testkit {
namespace {

std::size_t count(const std::vector<case_result>& all, result what) {
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [what](const case_result& r) { return r.what == what; }));
}

const char* colour_of(result r) {
  return r == result::pass ? "\033[32m" : r == result::fail ? "\033[31m" : r == result::warn ? "\033[33m" : "\033[2m";
}

// A plugin's texts reach a terminal: no control characters.
std::string printable(std::string text) {
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return text;
}

}  // namespace

std::string result_line(const case_result& r, bool colour) {
  char head[64];
  std::snprintf(head, sizeof head, "%-4s %s%-4s%s %7.0f ms  ", r.of->id, colour ? colour_of(r.what) : "",
                std::string(result_name(r.what)).c_str(), colour ? "\033[0m" : "", r.ms);
  std::string line = std::string(head) + r.of->title;
  std::string figures;
  for (const auto& f : r.figures)
    figures += sdk::cat(figures.empty() ? "" : ", ", f.name, " ", std::round(f.value * 1000) / 1000);
  if (!figures.empty()) line += " (" + figures + ")";
  if (r.what != result::pass && !r.text.empty()) line += ": " + printable(r.text);
  return line + "\n";
}

std::string summary_line(const std::vector<case_result>& all) {
  return sdk::cat(count(all, result::pass), " passed, ", count(all, result::fail), " failed, ",
                  count(all, result::warn), " warned, ", count(all, result::skip), " skipped\n");
}

std::string results_json(const std::vector<case_result>& all, const run_settings& settings,
                         const plugin::file_report& report) {
  using json = nlohmann::ordered_json;
  json cases = json::array();
  for (const auto& r : all) {
    json c = {{"id", r.of->id},       {"level", level_name(r.of->strength)},
              {"title", r.of->title}, {"result", result_name(r.what)},
              {"text", r.text},       {"ms", r.ms}};
    if (!r.signal.empty()) c["signal"] = r.signal;
    for (const auto& f : r.figures) c["figures"][f.name] = f.value;
    cases.push_back(std::move(c));
  }
  const json out = {
      {"trapline", version_text},
      {"abi", sdk::cat(TRAPLINE_ABI_MAJOR, ".", TRAPLINE_ABI_MINOR)},
      {"plugin",
       {{"path", settings.bench.path}, {"id", report.id}, {"version", report.version}, {"sha256", report.sha256}}},
      {"seed", settings.bench.seed},
      {"events", settings.bench.events},
      {"cases", std::move(cases)},
      {"summary",
       {{"pass", count(all, result::pass)},
        {"fail", count(all, result::fail)},
        {"warn", count(all, result::warn)},
        {"skip", count(all, result::skip)}}}};
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string case_table() {
  std::string out = "| id | level | what holds | needs |\n|---|---|---|---|\n";
  for (const auto& c : all_cases())
    out += sdk::cat("| ", c.id, " | ", level_name(c.strength), " | ", c.title, " | ", c.needs, " |\n");
  return out;
}

bool any_failed(const std::vector<case_result>& all) { return count(all, result::fail) > 0; }

}  // namespace trapline::testkit
