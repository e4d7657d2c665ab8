#include "scoring.hpp"

#include <algorithm>
#include <cmath>

namespace tiers {

namespace {

constexpr std::int64_t second = planted::second;
// When the move of an impulse is over and its retrace has not begun: then a forecast of the retrace is due.
constexpr std::int64_t after_peak = 22 * second;

std::int64_t tolerance(pattern p) {
  switch (p) {
    case pattern::spoofing:
    case pattern::layering:
      return 5 * second;
    case pattern::stop_hunt:
      return 30 * second;
    case pattern::move:
      return 60 * second;
    default:
      return 120 * second;
  }
}

// A pump is over at its peak, a fake one when it was taken back.
std::int64_t end_of(const planted::episode& e, pattern p) { return p == pattern::move && e.peak != 0 ? e.peak : e.end; }

bool neutral(const planted::episode& e, const alarm& a) {
  if (a.ts < e.onset - 2 * second || a.ts > e.end + 60 * second) return false;
  if (a.what == pattern::spoofing)
    return e.of == planted::family::layering && (e.trap || e.what == "unequal_sizes") && a.up == e.up;
  return a.what == pattern::move && e.moved && e.of != planted::family::impulse && a.up == e.up;
}

double forecast_of(const planted::episode& e, pattern p, const std::vector<reading>& all) {
  const bool at_peak = p == pattern::fake_move;
  const std::int64_t from = at_peak ? e.onset : e.onset - 2 * second;
  const std::int64_t until = at_peak ? e.peak + after_peak : end_of(e, p) + tolerance(p);
  auto it = std::lower_bound(all.begin(), all.end(), from, [](const reading& r, std::int64_t t) { return r.ts < t; });
  double out = silence;
  for (; it != all.end() && it->ts <= until; ++it) {
    if (it->what != p || (is(e, p) && it->up != e.up)) continue;
    out = at_peak ? it->probability : std::max<double>(out, it->probability);
  }
  return out;
}

}  // namespace

bool is(const planted::episode& e, pattern p) noexcept {
  if (p == pattern::move) return e.of == planted::family::impulse && e.moved;
  return e.trap && e.of == family_of(p);
}

planted::family family_of(pattern p) noexcept {
  using planted::family;
  constexpr family of[] = {family::stop_hunt, family::range_trap, family::impulse,
                           family::impulse,   family::spoofing,   family::layering};
  return of[static_cast<std::size_t>(p)];
}

bool level_agrees(const planted::episode& e, pattern p, double level) noexcept {
  if (p == pattern::fake_move || p == pattern::move) return true;
  return std::any_of(e.levels.begin(), e.levels.end(),
                     [&](double l) { return std::abs(level - l) <= std::max(0.2, l * 1e-4) * (1 + 1e-9); });
}

bool hits(const planted::episode& e, const alarm& a) noexcept {
  return is(e, a.what) && a.up == e.up && a.ts >= e.onset - 2 * second && a.ts <= end_of(e, a.what) + tolerance(a.what);
}

tally score(const std::vector<played>& all, std::size_t who, pattern p) {
  tally out;
  out.what = p;
  for (const auto& game : all) {
    const auto& said = game.contestants[who];
    const auto& episodes = game.truth.episodes;
    const bool own = game.settings.of == family_of(p);
    out.name = said.name;
    out.hours += static_cast<double>(game.truth.end - game.truth.begin) / 3600e9;
    std::vector<measure::outcome> units(episodes.size());
    std::vector<bool> found(episodes.size());
    for (const auto& a : said.alarms) {
      if (a.what != p) continue;
      // Of the episode under way, or the last one before.
      std::size_t at = 0;
      while (at + 1 < episodes.size() && episodes[at + 1].from <= a.ts) ++at;
      bool hit = false, wrong_level = false, skip = false;
      for (std::size_t i = 0; i < episodes.size() && !hit; ++i) {
        const auto& e = episodes[i];
        skip = skip || neutral(e, a);
        if (found[i] || !hits(e, a)) continue;
        if (!level_agrees(e, p, a.level)) {
          wrong_level = true;
          continue;
        }
        hit = found[i] = true;
        out.delays.push_back(static_cast<double>(a.ts - e.onset) * 1e-9);
      }
      if (hit) continue;
      // Further alarms about the matches that made the first one.
      const bool repeated = (p == pattern::spoofing || p == pattern::layering) && !episodes.empty() && found[at] &&
                            a.up == episodes[at].up && a.ts <= episodes[at].end + tolerance(p);
      if (skip || repeated) {
        ++out.neutral;
      } else if (own) {
        ++out.false_alarms;
        out.wrong_level += wrong_level;
        const bool inside = !episodes.empty() && a.ts >= episodes[at].from && a.ts <= episodes[at].until;
        ++out.false_by[!inside ? "between" : is(episodes[at], p) ? "same episode" : episodes[at].what];
        if (!episodes.empty()) ++units[at].false_alarms;
      } else {
        ++out.other_false;
      }
    }
    if (!own) continue;
    for (std::size_t i = 0; i < episodes.size(); ++i) {
      const bool positive = is(episodes[i], p);
      units[i].positive = positive;
      units[i].hit = found[i];
      out.positives += positive;
      out.hits += found[i];
      if (p == pattern::fake_move && !episodes[i].moved) continue;
      out.forecasts.push_back({forecast_of(episodes[i], p, said.readings), positive});
    }
    out.units.insert(out.units.end(), units.begin(), units.end());
  }
  return out;
}

}  // namespace tiers
