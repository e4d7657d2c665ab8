#include "settings.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "options.hpp"

namespace trapline::trap {
namespace {

std::vector<int> swing_bars(const sdk::options& given) {
  constexpr std::string_view path = "levels.swing_bars";
  std::vector<int> out;
  for (const auto& text : given.get<std::vector<std::string>>(path)) {
    int n = 0;
    const auto r = std::from_chars(text.data(), text.data() + text.size(), n);
    if (r.ec != std::errc{} || r.ptr != text.data() + text.size() || n < 2 || n > 120)
      sdk::options::refuse(path, "expected whole numbers from 2 to 120, found '" + text + "'");
    if (std::find(out.begin(), out.end(), n) == out.end()) out.push_back(n);
  }
  if (out.size() > 8) sdk::options::refuse(path, "at most 8 swing lengths, found " + std::to_string(out.size()));
  return out;
}

void below(double low, double high, std::string_view path, const char* text) {
  if (low >= high) sdk::options::refuse(path, text);
}

}  // namespace

bool settings::watches(std::string_view pattern) const noexcept {
  return std::any_of(patterns.begin(), patterns.end(), [&](const auto& p) { return p == "all" || p == pattern; });
}

settings parse_settings(std::string_view json) {
  const sdk::options given(json);
  settings s = option_table.read(given);
  s.levels.swing_bars = swing_bars(given);
  // What the user says holds for every pattern.
  if (const auto on = given.get<std::optional<double>>("alarm.on")) {
    s.on = *on;
    for (auto* learned : {&s.stop_hunt.learned, &s.range_trap.learned, &s.impulse.learned_fake, &s.spoofing.learned,
                          &s.layering.learned})
      learned->on = 0;
  }
  if (s.patterns.empty()) sdk::options::refuse("patterns", "name at least one pattern, or `all`");
  below(s.off, s.on, "alarm.off", "must be below alarm.on, or an episode would end as it begins");
  below(s.stop_hunt.breach_sigma, s.stop_hunt.breach_max_sigma, "stop_hunt.breach_sigma",
        "must be below stop_hunt.breach_max_sigma");
  below(s.spoofing.min_bp, s.spoofing.max_bp, "spoofing.min_bp", "must be below spoofing.max_bp");
  return s;
}

}  // namespace trapline::trap
