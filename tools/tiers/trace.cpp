#include "trace.hpp"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <map>

#include "games.hpp"
#include "real.hpp"
#include "trapline/sdk/host.hpp"
#include "trapline/sdk/text.hpp"

namespace tiers {

namespace {

using trap::layer_verdict;

// A detector that is looked into after every event.
class witness final : public planted::tape {
 public:
  witness(pattern p, trap::settings s) : detector_(every_second(std::move(s)), said), of_(p) {}
  void candle(std::int64_t ts, const trapline_candle& c) override {
    detector_.on_candle(trapline::sdk::make_event(TRAPLINE_EVENT_CANDLE, 1, 1, ts), c);
  }
  void trade(std::int64_t ts, const trapline_trade& t) override {
    detector_.on_trade(trapline::sdk::make_event(TRAPLINE_EVENT_TRADE, 1, 1, ts), t);
    look(ts);
  }
  void book(std::int64_t ts, bool snapshot, const trapline_book& b, std::span<const trapline_level> l) override {
    const auto type = snapshot ? TRAPLINE_EVENT_BOOK_SNAPSHOT : TRAPLINE_EVENT_BOOK_DELTA;
    detector_.on_book(trapline::sdk::make_event(type, 1, 1, ts), b, l);
    look(ts);
  }
  void ticker(std::int64_t ts, const trapline_ticker& t) override {
    detector_.on_ticker(trapline::sdk::make_event(TRAPLINE_EVENT_TICKER, 1, 1, ts), t);
    look(ts);
  }

  // A time at which the matches of a side counted as repeated.
  struct repeated {
    std::int64_t ts = 0;
    bool up = true;
    double matches = 0, chance = 0;
  };
  listener said;
  std::array<std::vector<layer_verdict>, 2> verdicts;  // ask, bid
  std::vector<repeated> repetitions;

 private:
  static trap::settings every_second(trap::settings s) {
    s.report_every = trap::second;
    return s;
  }
  void look(std::int64_t ts) {
    const trap::symbol* s = detector_.find(1);
    if (!s || (of_ != pattern::spoofing && of_ != pattern::layering)) return;
    for (const bool up : {false, true}) {
      const auto& watch = s->layers(up ? trap::book_side::bid : trap::book_side::ask);
      for (std::uint64_t n = verdicts[up].size(); n < watch.judged(); ++n) verdicts[up].push_back(watch.verdict(n));
      const auto bid = of_ == pattern::spoofing ? trap::kind::spoofing_bid : trap::kind::layering_bid;
      const auto& t = s->episode(static_cast<trap::kind>(trap::index(bid) + (up ? 0 : 1)));
      if (!t.active() || t.last().at < trap::state::three) continue;
      repeated r{ts, up, 0, 0};
      for (const auto& e : t.last().evidence.evidence()) {
        const auto name = trapline::sdk::view(e.name);
        if (name == "match_count") r.matches = e.value;
        if (name == "chance_log10") r.chance = e.value;
      }
      repetitions.push_back(r);
    }
  }
  trap::detector detector_;
  pattern of_;
};

struct watched {
  std::string title;
  planted::session_truth truth;
  std::unique_ptr<witness> by;
};

// What an alarm was, in a word.
const char* word(const planted::episode& e, const alarm& a, pattern p, bool first) {
  if (!is(e, p)) return "FALSE";
  if (!hits(e, a)) return a.up != e.up ? "OTHER SIDE" : "LATE";
  if (!level_agrees(e, p, a.level)) return "OTHER LEVEL";
  return first ? "hit" : "again";
}

std::string verdict_text(const layer_verdict& v, bool ladders) {
  static constexpr std::pair<layer_verdict::against, const char*> names[] = {
      {layer_verdict::brief, "brief"},         {layer_verdict::traded, "traded"},
      {layer_verdict::unopposed, "unopposed"}, {layer_verdict::mirrored, "mirrored"},
      {layer_verdict::followed, "followed"},   {layer_verdict::uncertain, "uncertain"},
      {layer_verdict::small, "small"}};
  static constexpr const char* lacks[] = {"ladder",     "too few yet",   "unlike",           "light",
                                          "in company", "others stayed", "two-sided ladder", "moved ladder"};
  std::string out;
  for (const auto& [bit, name] : names)
    if ((v.objections & bit) && !(ladders && bit >= layer_verdict::mirrored))
      out += (out.empty() ? "" : "+") + std::string(name);
  if (!out.empty()) return out;
  return ladders ? lacks[static_cast<std::size_t>(v.ladder_lacks)] : "match";
}

// The verdict on an order; null: the detector saw no layer there.
const layer_verdict* verdict_on(const planted::false_order& o, const std::vector<layer_verdict>& all) {
  constexpr std::int64_t early = 100 * planted::ms, late = 400 * planted::ms;
  auto it = std::lower_bound(all.begin(), all.end(), o.posted - early,
                             [](const layer_verdict& v, std::int64_t ts) { return v.withdrawn < ts; });
  for (; it != all.end(); ++it)
    if (std::abs(it->price - o.price) < 0.05 && it->posted >= o.posted - early && it->posted <= o.posted + late)
      return &*it;
  return nullptr;
}

// What printf would say, at the end of `out`.
[[gnu::format(printf, 2, 3)]] void put(std::string& out, const char* format, ...) {
  char one[512];
  va_list args;
  va_start(args, format);
  const int n = std::vsnprintf(one, sizeof one, format, args);
  va_end(args);
  out.append(one, std::min<std::size_t>(static_cast<std::size_t>(std::max(n, 0)), sizeof one - 1));
}

struct summary {
  struct line {
    int episodes = 0, possible = 0, repeated = 0, alarmed = 0;
  };
  std::map<std::string, line> by;
  std::map<std::string, int> orders;  // of traps, by verdict
  std::map<std::string, int> legs;    // of traps, by what became of the best order
};

std::span<const planted::false_order> leg_from(const planted::episode& e, std::size_t i) {
  std::size_t n = i;
  while (n < e.orders.size() && e.orders[n].leg == e.orders[i].leg) ++n;
  return {e.orders.data() + i, n - i};
}

constexpr std::int64_t least_life = 300 * planted::ms;  // spoofing.life_min

bool possible(const planted::episode& e, bool ladders) {
  int legs = 0;
  for (std::size_t i = 0; i < e.orders.size();) {
    const auto leg = leg_from(e, i);
    i += leg.size();
    const auto fit = std::count_if(leg.begin(), leg.end(), [](const auto& o) {
      return o.left != 0 && o.left - o.posted >= least_life && o.traded < 0.2 * o.size &&
             o.size - o.traded >= 10 * o.traded;
    });
    legs += ladders ? fit >= 3 && 10 * fit >= 7 * static_cast<std::ptrdiff_t>(leg.size()) : fit > 0;
  }
  return legs >= 3;
}

void put_legs(std::string& out, const planted::episode& e, const witness& w, bool ladders, summary& sum) {
  for (std::size_t i = 0; i < e.orders.size();) {
    const auto leg = leg_from(e, i);
    i += leg.size();
    std::string text, best;
    for (const auto& o : leg) {
      const auto* v = verdict_on(o, w.verdicts[e.up]);
      const std::string one = v ? verdict_text(*v, ladders) : "not seen";
      ++sum.orders[one];
      if (best.empty() || one == "ladder" || one == "match" || (best != "ladder" && best != "match")) best = one;
      put(text, "%s%.1f x %.1f", text.empty() ? "" : ", ", o.price, o.size);
      if (o.traded > 0) put(text, " (%.1f traded)", o.traded);
      text += " " + one;
    }
    ++sum.legs[best];
    const double life = leg.back().left != 0 ? static_cast<double>(leg.back().left - leg[0].posted) * 1e-9 : 0.0;
    put(out, "          leg %d, %+.1f s for %.1f s: ", leg[0].leg + 1,
        static_cast<double>(leg[0].posted - e.onset) * 1e-9, life);
    out += text + "\n";
  }
}

void put_episode(std::string& out, const watched& g, std::size_t i, pattern p, summary& sum) {
  const auto& said = g.by->said;
  const auto& e = g.truth.episodes[i];
  const bool book = p == pattern::spoofing || p == pattern::layering;
  const auto seconds = [&](std::int64_t ts) { return static_cast<double>(ts - g.truth.begin) * 1e-9; };
  const std::int64_t until = i + 1 < g.truth.episodes.size() ? g.truth.episodes[i + 1].from : g.truth.end;
  double highest = 0;
  for (const auto& r : said.readings)
    if (r.what == p && r.up == e.up && r.ts >= e.onset && r.ts < until)
      highest = std::max<double>(highest, r.probability);
  put(out, "%8.1f..%.1f s  %-20s %-5s  highest %.2f", seconds(e.onset), seconds(e.end), e.what.c_str(),
      e.up ? "up" : "down", highest);
  witness::repeated most;
  // Of a decoy, either side's would be false.
  for (const auto& r : g.by->repetitions)
    if (r.ts >= e.onset && r.ts <= (e.trap ? e.end + 5 * planted::second : until) && (!e.trap || r.up == e.up) &&
        r.chance >= most.chance)
      most = r;
  if (most.ts != 0) put(out, "  repeated %g times, chance 10^-%.1f", most.matches, most.chance);
  else if (book) out += "  not repeated";
  out += "  levels";
  for (std::size_t n = 0; n < std::min<std::size_t>(e.levels.size(), 4); ++n) put(out, " %.1f", e.levels[n]);
  out += "\n";
  bool found = false;
  for (std::size_t n = 0; n < said.alarms.size(); ++n) {
    const auto& a = said.alarms[n];
    if (a.what != p || a.ts < e.from || a.ts >= until) continue;
    const char* what = word(e, a, p, !found);
    found = found || what == std::string_view("hit");
    put(out, "          %+.1f s %s %s at %.1f, %.2f: ", static_cast<double>(a.ts - e.onset) * 1e-9, what,
        a.up ? "up" : "down", a.level, a.probability);
    out += said.evidence[n] + "\n";
  }
  if (is(e, p) && !found) out += "          MISSED\n";
  auto& line = sum.by[e.what];
  ++line.episodes, line.repeated += most.ts != 0, line.alarmed += found;
  if (!is(e, p) || !book) return;
  line.possible += possible(e, p == pattern::layering);
  put_legs(out, e, *g.by, p == pattern::layering, sum);
}

std::string text_of(const std::vector<watched>& games, pattern p) {
  std::string out;
  summary sum;
  for (const auto& g : games) {
    out += g.title + "\n";
    for (std::size_t i = 0; i < g.truth.episodes.size(); ++i) put_episode(out, g, i, p, sum);
  }
  if (p != pattern::spoofing && p != pattern::layering) return out;
  put(out, "%-22s %9s %9s %9s %9s\n", "", "episodes", "possible", "repeated", "alarmed");
  for (const auto& [what, x] : sum.by)
    put(out, "%-22s %9d %9s %9d %9d\n", what.c_str(), x.episodes,
        what == "trap" ? std::to_string(x.possible).c_str() : "", x.repeated, x.alarmed);
  for (const auto& [title, counts] : {std::pair{"legs of traps", &sum.legs}, {"orders of traps", &sum.orders}}) {
    put(out, "%s:", title);
    for (const auto& [what, n] : *counts) put(out, "  %s %d", what.c_str(), n);
    out += "\n";
  }
  return out;
}

}  // namespace

std::string trace(pattern p, const std::vector<planted::session_settings>& sessions, unsigned threads) {
  std::vector<watched> games(sessions.size());
  each_of(games.size(), threads, [&](std::size_t i) {
    auto& g = games[i];
    g.title = "session " + std::to_string(sessions[i].seed) + ", " + std::string(planted::name_of(sessions[i].how));
    g.by = std::make_unique<witness>(p, trap::settings{});
    g.truth = planted::run_session(sessions[i], *g.by);
  });
  return text_of(games, p);
}

std::string trace_overlays(pattern p, const std::string& path, planted::split s, planted::difficulty d, int traps,
                           unsigned threads) {
  const auto r = read_recording(path);
  std::vector<std::pair<int, std::uint64_t>> plans;  // decoy, seed
  for_each_overlay(s, d, traps, [&](planted::family f, int decoy, std::uint64_t seed) {
    if (f == family_of(p)) plans.emplace_back(decoy, seed);
  });
  std::vector<watched> games(plans.size());
  each_of(games.size(), threads, [&](std::size_t i) {
    trap::settings early;
    early.warmup = 60 * trap::second;  // the recording lasts 345 s
    auto& g = games[i];
    g.title = "overlay " + std::to_string(plans[i].second) + ", " + std::string(planted::name_of(d));
    g.by = std::make_unique<witness>(p, early);
    g.truth = overlay(r, s, family_of(p), plans[i].first, d, plans[i].second, *g.by);
  });
  return text_of(games, p);
}

}  // namespace tiers
