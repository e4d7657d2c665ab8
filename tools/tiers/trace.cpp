#include "trace.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <map>
#include <thread>

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

struct summary {
  struct line {
    int episodes = 0, repeated = 0, alarmed = 0;
  };
  std::map<std::string, line> by;
  std::map<std::string, int> orders;  // of traps, by verdict
  std::map<std::string, int> legs;    // of traps, by what became of the best order
};

void tell_legs(const planted::episode& e, const witness& w, pattern p, summary& sum) {
  const bool ladders = p == pattern::layering;
  for (std::size_t i = 0; i < e.orders.size();) {
    const auto& head = e.orders[i];
    std::string text, best;
    for (; i < e.orders.size() && e.orders[i].leg == head.leg; ++i) {
      const auto& o = e.orders[i];
      const auto* v = verdict_on(o, w.verdicts[e.up]);
      std::string one = v ? verdict_text(*v, ladders) : "not seen";
      ++sum.orders[one];
      if (best.empty() || one == "ladder" || one == "match" || (best != "ladder" && best != "match")) best = one;
      char at[96];
      std::snprintf(at, sizeof at, "%s%.1f x %.1f", text.empty() ? "" : ", ", o.price, o.size);
      text += at;
      if (o.traded > 0) std::snprintf(at, sizeof at, " (%.1f traded)", o.traded), text += at;
      text += " " + one;
    }
    ++sum.legs[best];
    const auto& last = e.orders[i - 1];
    std::printf("          leg %d, %+.1f s for %.1f s: %s\n", head.leg + 1,
                static_cast<double>(head.posted - e.onset) * 1e-9,
                last.left ? static_cast<double>(last.left - head.posted) * 1e-9 : 0.0, text.c_str());
  }
}

void tell(const watched& g, pattern p, summary& sum) {
  std::printf("%s\n", g.title.c_str());
  const auto& said = g.by->said;
  const auto& episodes = g.truth.episodes;
  const bool book = p == pattern::spoofing || p == pattern::layering;
  const auto seconds = [&](std::int64_t ts) { return static_cast<double>(ts - g.truth.begin) * 1e-9; };
  for (std::size_t i = 0; i < episodes.size(); ++i) {
    const auto& e = episodes[i];
    const std::int64_t until = i + 1 < episodes.size() ? episodes[i + 1].from : g.truth.end;
    double highest = 0;
    for (const auto& r : said.readings)
      if (r.what == p && r.up == e.up && r.ts >= e.onset && r.ts < until)
        highest = std::max<double>(highest, r.probability);
    std::printf("%8.1f..%.1f s  %-20s %-5s  highest %.2f", seconds(e.onset), seconds(e.end), e.what.c_str(),
                e.up ? "up" : "down", highest);
    witness::repeated most;
    // Of a decoy, either side's would be false.
    for (const auto& r : g.by->repetitions)
      if (r.ts >= e.onset && r.ts <= (e.trap ? e.end + 5 * planted::second : until) && (!e.trap || r.up == e.up) &&
          r.chance >= most.chance)
        most = r;
    if (most.ts != 0) std::printf("  repeated %g times, chance 10^-%.1f", most.matches, most.chance);
    else if (book) std::printf("  not repeated");
    std::printf("  levels");
    for (std::size_t n = 0; n < std::min<std::size_t>(e.levels.size(), 4); ++n) std::printf(" %.1f", e.levels[n]);
    std::printf("\n");
    bool found = false;
    for (std::size_t n = 0; n < said.alarms.size(); ++n) {
      const auto& a = said.alarms[n];
      if (a.what != p || a.ts < e.from || a.ts >= until) continue;
      const char* what = word(e, a, p, !found);
      found = found || what == std::string_view("hit");
      std::printf("          %+.1f s %s %s at %.1f, %.2f: %s\n", static_cast<double>(a.ts - e.onset) * 1e-9, what,
                  a.up ? "up" : "down", a.level, a.probability, said.evidence[n].c_str());
    }
    if (is(e, p) && !found) std::printf("          MISSED\n");
    auto& line = sum.by[e.what];
    ++line.episodes, line.repeated += most.ts != 0, line.alarmed += found;
    if (is(e, p) && book) tell_legs(e, *g.by, p, sum);
  }
}

void tell(const std::vector<watched>& games, pattern p) {
  summary sum;
  for (const auto& g : games) tell(g, p, sum);
  if (p != pattern::spoofing && p != pattern::layering) return;
  std::printf("%-22s %9s %9s %9s\n", "", "episodes", "repeated", "alarmed");
  for (const auto& [what, x] : sum.by)
    std::printf("%-22s %9d %9d %9d\n", what.c_str(), x.episodes, x.repeated, x.alarmed);
  for (const auto& [title, counts] : {std::pair{"legs of traps", &sum.legs}, {"orders of traps", &sum.orders}}) {
    std::printf("%s:", title);
    for (const auto& [what, n] : *counts) std::printf("  %s %d", what.c_str(), n);
    std::printf("\n");
  }
}

}  // namespace

void trace(pattern p, const std::vector<planted::session_settings>& sessions, unsigned threads) {
  std::vector<watched> games(sessions.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i; (i = next++) < games.size();) {
      auto& g = games[i];
      g.title = "session " + std::to_string(sessions[i].seed) + ", " + std::string(planted::name_of(sessions[i].how));
      g.by = std::make_unique<witness>(p, trap::settings{});
      g.truth = planted::run_session(sessions[i], *g.by);
    }
  };
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  {
    std::vector<std::jthread> pool;
    for (unsigned n = 0; n < threads; ++n) pool.emplace_back(work);
  }
  tell(games, p);
}

void trace_overlays(pattern p, const std::string& path, planted::split s, planted::difficulty d, int traps) {
  const auto r = read_recording(path);
  std::vector<watched> games;
  for_each_overlay(s, d, traps, [&](planted::family f, int decoy, std::uint64_t seed) {
    if (f != family_of(p)) return;
    trap::settings early;
    early.warmup = 60 * trap::second;  // the recording lasts 345 s
    watched g;
    g.title = "overlay " + std::to_string(seed) + ", " + std::string(planted::name_of(d));
    g.by = std::make_unique<witness>(p, early);
    g.truth = overlay(r, f, decoy, d, seed, *g.by);
    games.push_back(std::move(g));
  });
  tell(games, p);
}

}  // namespace tiers
