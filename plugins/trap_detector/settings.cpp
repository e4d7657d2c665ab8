#include "settings.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "trapline/sdk/host.hpp"

namespace trapline::trap {

namespace {

using nlohmann::json;

[[noreturn]] void refuse(const std::string& path, const std::string& text) {
  throw sdk::error(TRAPLINE_E_CONFIG, path, text);
}

// Reads members of nested objects by dotted path.
class reader {
 public:
  explicit reader(const json& root) : root_(root) {}

  template <class T>
  void operator()(const std::string& path, T& out) const {
    const json& v = at(path);
    if constexpr (std::is_same_v<T, bool>) {
      if (!v.is_boolean()) refuse(path, "expected true or false, found " + v.dump());
    } else if constexpr (std::is_integral_v<T>) {
      if (!v.is_number_integer()) refuse(path, "expected an integer, found " + v.dump());
    } else if constexpr (std::is_floating_point_v<T>) {
      if (!v.is_number()) refuse(path, "expected a number, found " + v.dump());
    }
    out = v.get<T>();
  }

  std::vector<std::string> list(const std::string& path) const {
    const json& v = at(path);
    if (!v.is_array()) refuse(path, "expected a list, found " + v.dump());
    std::vector<std::string> out;
    for (const auto& e : v) out.push_back(e.is_string() ? e.get<std::string>() : e.dump());
    return out;
  }

 private:
  const json& at(const std::string& path) const {
    const json* v = &root_;
    for (std::size_t from = 0; from <= path.size();) {
      const std::size_t dot = std::min(path.find('.', from), path.size());
      const auto it = v->is_object() ? v->find(path.substr(from, dot - from)) : v->end();
      if (!v->is_object() || it == v->end())
        refuse(path, "the option is missing; the host fills in defaults before configure()");
      v = &*it;
      from = dot + 1;
    }
    return *v;
  }

  const json& root_;
};

std::vector<int> swing_bars(const reader& read) {
  const std::string path = "levels.swing_bars";
  std::vector<int> out;
  for (const auto& text : read.list(path)) {
    int n = 0;
    const auto r = std::from_chars(text.data(), text.data() + text.size(), n);
    if (r.ec != std::errc{} || r.ptr != text.data() + text.size() || n < 2 || n > 120)
      refuse(path, "expected whole numbers from 2 to 120, found '" + text + "'");
    if (std::find(out.begin(), out.end(), n) == out.end()) out.push_back(n);
  }
  if (out.size() > 8) refuse(path, "at most 8 swing lengths, found " + std::to_string(out.size()));
  return out;
}

}  // namespace

bool settings::watches(std::string_view pattern) const noexcept {
  return std::any_of(patterns.begin(), patterns.end(), [&](const auto& p) { return p == "all" || p == pattern; });
}

settings parse_settings(std::string_view text) {
  const json root = json::parse(text, nullptr, false);
  if (root.is_discarded() || !root.is_object()) refuse("", "the options are not a JSON object");
  const reader read(root);
  settings s;
  s.patterns = read.list("patterns");
  if (s.patterns.empty()) refuse("patterns", "name at least one pattern, or `all`");
  read("report_every", s.report_every);
  read("warmup", s.warmup);
  read("max_symbols", s.max_symbols);
  read("alarm.on", s.on);
  read("alarm.off", s.off);
  read("alarm.half_life", s.half_life);
  if (s.off >= s.on) refuse("alarm.off", "must be below alarm.on, or an episode would end as it begins");

  auto& l = s.levels;
  l.swing_bars = swing_bars(read);
  read("levels.equal_extremes", l.equal_extremes);
  read("levels.equal_bp", l.equal_bp);
  read("levels.round_numbers", l.round_numbers);
  read("levels.session", l.session);

  auto& h = s.stop_hunt;
  read("stop_hunt.arm_sigma", h.arm_sigma);
  read("stop_hunt.breach_sigma", h.breach_sigma);
  read("stop_hunt.breach_max_sigma", h.breach_max_sigma);
  read("stop_hunt.burst_ratio", h.burst_ratio);
  read("stop_hunt.taker_share", h.taker_share);
  read("stop_hunt.oi_drop_pct", h.oi_drop_pct);
  read("stop_hunt.reclaim_sigma", h.reclaim_sigma);
  read("stop_hunt.reclaim_within", h.reclaim_within);
  read("stop_hunt.hold", h.hold);
  read("stop_hunt.cap_without_flow", h.cap_without_flow);
  read("stop_hunt.refractory", h.refractory);
  if (h.breach_sigma >= h.breach_max_sigma)
    refuse("stop_hunt.breach_sigma", "must be below stop_hunt.breach_max_sigma");

  auto& t = s.range_trap;
  read("range_trap.arm_sigma", t.arm_sigma);
  read("range_trap.breach_sigma", t.breach_sigma);
  read("range_trap.acceptance", t.acceptance);
  read("range_trap.acceptance_closes", t.acceptance_closes);
  read("range_trap.dwell_min", t.dwell_min);
  read("range_trap.follow_through_max", t.follow_through_max);
  read("range_trap.back_inside_sigma", t.back_inside_sigma);
  read("range_trap.within", t.within);
  read("range_trap.refractory", t.refractory);

  auto& i = s.impulse;
  read("impulse.z", i.z);
  read("impulse.return_sigma", i.return_sigma);
  read("impulse.within", i.within);
  read("impulse.taker_share", i.taker_share);
  read("impulse.peak_after", i.peak_after);
  read("impulse.retrace", i.retrace);
  read("impulse.retrace_within", i.retrace_within);
  read("impulse.expire", i.expire);
  read("impulse.refractory", i.refractory);

  auto& p = s.spoofing;
  read("spoofing.depth_share", p.depth_share);
  read("spoofing.min_bp", p.min_bp);
  read("spoofing.max_bp", p.max_bp);
  read("spoofing.life_min", p.life_min);
  read("spoofing.life_max", p.life_max);
  read("spoofing.withdrawn", p.withdrawn);
  read("spoofing.traded_max", p.traded_max);
  read("spoofing.fill_window", p.fill_window);
  read("spoofing.withdrawn_filled", p.withdrawn_filled);
  read("spoofing.fpm_bp", p.fpm_bp);
  read("spoofing.rev_window", p.rev_window);
  read("spoofing.matches", p.matches);
  read("spoofing.window", p.window);
  read("spoofing.matched_share", p.matched_share);
  read("spoofing.cap_single", p.cap_single);
  read("spoofing.refractory", p.refractory);
  if (p.min_bp >= p.max_bp) refuse("spoofing.min_bp", "must be below spoofing.max_bp");

  auto& y = s.layering;
  read("layering.levels", y.levels);
  read("layering.posted_within", y.posted_within);
  read("layering.size_cv", y.size_cv);
  read("layering.withdrawn", y.withdrawn);
  read("layering.withdrawn_within", y.withdrawn_within);
  read("layering.depth_share", y.depth_share);
  return s;
}

}  // namespace trapline::trap
