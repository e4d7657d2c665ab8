#include "replay/signal_report.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <tuple>

#include "replay/text.hpp"
#include "time/utc.hpp"
#include "trapline/sdk/event.hpp"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::replay {
namespace {

constexpr std::int64_t same_moment = 1'000'000'000;  // ns

const trapline_signal& signal_of(const trapline_event& e) { return *sdk::payload<trapline_signal>(e); }

// Equal but for names of the episode and the detector, which are the plugin's own.
bool says_the_same(const trapline_event& a, const trapline_event& b) {
  constexpr std::size_t names = sizeof(trapline_signal::id) + sizeof(trapline_signal::detector);
  static_assert(offsetof(trapline_signal, pattern) == names);
  return a.size == b.size && a.ts_event == b.ts_event &&
         std::memcmp(reinterpret_cast<const char*>(&a + 1) + names, reinterpret_cast<const char*>(&b + 1) + names,
                     a.size - sizeof a - names) == 0;
}

auto kind_of(const trapline_event& e) {
  const auto& s = signal_of(e);
  return std::tuple(e.instrument, s.pattern, s.direction, s.stage);
}

std::string told(const char* what, const trapline_event& e, std::string_view symbol) {
  const auto& s = signal_of(e);
  char probability[16];
  std::snprintf(probability, sizeof probability, "%.4f", s.probability);
  return sdk::cat(what, " ", time::utc_text(e.ts_event), " ", symbol, " ", sdk::pattern_name(s.pattern), " ",
                  sdk::direction_name(s.direction), " ", sdk::stage_name(s.stage), " p=", probability);
}

}  // namespace

void signal_report::take(const role& r, const trapline_event& e, std::vector<event_copy> line::*where) {
  if (e.space != 0 || e.type != TRAPLINE_EVENT_SIGNAL || !sdk::payload<trapline_signal>(e)) return;
  if (e.ts_recv < from_ || e.ts_recv > to_) return;
  line& l = lines_[r.name];
  if (where == &line::is || l.plugin.empty()) l.plugin = r.plugin;
  (l.*where).emplace_back(e);
}

void signal_report::lost_track(const role& r, std::uint64_t seq, const std::string& why) {
  notes_.push_back(sdk::cat(r.name, ": from event ", seq, " on it does not get what it got: ", why));
}

std::vector<signal_report::table> signal_report::tables(namer symbol_of, const void* context) const {
  std::vector<table> out;
  for (const auto& [name, l] : lines_) {
    table t;
    t.name = name, t.plugin = l.plugin;
    std::vector<bool> met(l.is.size());
    std::vector<std::pair<std::int64_t, std::string>> examples;
    const auto bump = [&](const trapline_event& e, std::uint64_t count::*what) {
      ++(t.by_pattern[std::min<std::size_t>(signal_of(e).pattern, TRAPLINE_PATTERN_COUNT)].*what);
      ++(t.total.*what);
    };
    const auto example = [&](const char* what, const trapline_event& e, const std::string& more = {}) {
      examples.emplace_back(e.ts_event, told(what, e, symbol_of(context, e.instrument)) + more);
    };
    // By kind, in order of time, so that looking for a counterpart stays cheap.
    std::map<decltype(kind_of(*l.is.front())), std::pair<std::vector<std::size_t>, std::size_t>> by_kind;
    for (std::size_t n = 0; n < l.is.size(); ++n) by_kind[kind_of(*l.is[n])].first.push_back(n);
    for (const auto& was : l.was) {
      bump(*was, &count::recorded);
      auto& [candidates, next] = by_kind[kind_of(*was)];
      while (next < candidates.size() && l.is[candidates[next]]->ts_event < was->ts_event - same_moment) ++next;
      if (next == candidates.size() || l.is[candidates[next]]->ts_event > was->ts_event + same_moment) {
        bump(*was, &count::gone);
        example("gone   ", *was);
        continue;
      }
      const auto& is = l.is[candidates[next]];
      met[candidates[next++]] = true;
      const bool same = says_the_same(*was, *is);
      bump(*was, same ? &count::same : &count::changed);
      if (same) continue;
      char now[32];
      std::snprintf(now, sizeof now, ", now p=%.4f", signal_of(*is).probability);
      example("changed", *was, now);
    }
    for (std::size_t n = 0; n < l.is.size(); ++n) {
      bump(*l.is[n], &count::replayed);
      if (met[n]) continue;
      bump(*l.is[n], &count::added);
      example("added  ", *l.is[n]);
    }
    std::stable_sort(examples.begin(), examples.end(), [](auto& a, auto& b) { return a.first < b.first; });
    for (auto& [ts, text] : examples)
      if (t.examples.size() < most_examples) t.examples.push_back(std::move(text));
    out.push_back(std::move(t));
  }
  return out;
}

std::string render(const std::vector<signal_report::table>& tables) {
  std::string out;
  char row[160];
  for (const auto& t : tables) {
    out += sdk::cat("signals of ", t.name, ", replayed with ", t.plugin, ":\n");
    std::snprintf(row, sizeof row, "  %-20s %9s %9s %9s %9s %9s %9s\n", "pattern", "recorded", "replayed", "same",
                  "changed", "gone", "added");
    out += row;
    const auto line = [&](std::string_view name, const signal_report::count& c) {
      std::snprintf(row, sizeof row, "  %-20.*s %9llu %9llu %9llu %9llu %9llu %9llu\n", static_cast<int>(name.size()),
                    name.data(), static_cast<unsigned long long>(c.recorded),
                    static_cast<unsigned long long>(c.replayed), static_cast<unsigned long long>(c.same),
                    static_cast<unsigned long long>(c.changed), static_cast<unsigned long long>(c.gone),
                    static_cast<unsigned long long>(c.added));
      out += row;
    };
    for (std::size_t p = 0; p < t.by_pattern.size(); ++p)
      if (const auto& c = t.by_pattern[p]; c.recorded + c.replayed > 0)
        line(p < TRAPLINE_PATTERN_COUNT ? sdk::pattern_name(static_cast<std::uint16_t>(p)) : "others", c);
    line("all", t.total);
    for (const auto& e : t.examples) out += "  " + e + "\n";
    const auto more = t.total.changed + t.total.gone + t.total.added;
    if (more > t.examples.size()) out += sdk::cat("  and ", more - t.examples.size(), " more\n");
  }
  return out;
}

}  // namespace trapline::replay
