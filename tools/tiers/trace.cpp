#include "trace.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "games.hpp"

namespace tiers {

namespace {

// What an alarm was, in a word.
const char* word(const planted::episode& e, const alarm& a, pattern p, bool first) {
  if (!is(e, p)) return "FALSE";
  if (!hits(e, a)) return a.up != e.up ? "OTHER SIDE" : "LATE";
  if (!level_agrees(e, p, a.level)) return "OTHER LEVEL";
  return first ? "hit" : "again";
}

}  // namespace

void trace(pattern p, const std::vector<planted::session_settings>& sessions, unsigned threads) {
  const auto games = play(
      sessions,
      [] {
        std::vector<std::unique_ptr<contestant>> out;
        out.push_back(trap_contestant("trap_detector", {}));
        return out;
      },
      threads);
  for (const auto& g : games) {
    const auto& said = g.contestants[0];
    std::printf("session %llu, %s\n", static_cast<unsigned long long>(g.settings.seed),
                std::string(planted::name_of(g.settings.how)).c_str());
    const auto& episodes = g.truth.episodes;
    const auto seconds = [&](std::int64_t ts) { return static_cast<double>(ts - g.truth.begin) * 1e-9; };
    for (std::size_t i = 0; i < episodes.size(); ++i) {
      const auto& e = episodes[i];
      const std::int64_t until = i + 1 < episodes.size() ? episodes[i + 1].from : g.truth.end;
      double highest = 0;
      for (const auto& r : said.readings)
        if (r.what == p && r.up == e.up && r.ts >= e.onset && r.ts < until)
          highest = std::max<double>(highest, r.probability);
      std::printf("%8.1f..%.1f s  %-20s %-5s  highest %.2f  levels", seconds(e.onset), seconds(e.end), e.what.c_str(),
                  e.up ? "up" : "down", highest);
      for (std::size_t n = 0; n < std::min<std::size_t>(e.levels.size(), 4); ++n) std::printf(" %.1f", e.levels[n]);
      bool found = false;
      std::printf("\n");
      for (std::size_t n = 0; n < said.alarms.size(); ++n) {
        const auto& a = said.alarms[n];
        if (a.what != p || a.ts < e.from || a.ts >= until) continue;
        const char* what = word(e, a, p, !found);
        found = found || what == std::string_view("hit");
        std::printf("          %+.1f s %s %s at %.1f, %.2f: %s\n", static_cast<double>(a.ts - e.onset) * 1e-9, what,
                    a.up ? "up" : "down", a.level, a.probability, said.evidence[n].c_str());
      }
      if (is(e, p) && !found) std::printf("          MISSED\n");
    }
  }
}

}  // namespace tiers
