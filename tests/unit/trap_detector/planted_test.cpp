// The simulated venue's market straight into the detector: which planted episodes are alarmed, and what else is.
//
// The table goes to the test's log. It is no proof of skill on real markets: generator and detector follow the same
// written definitions. TRAPLINE_PLANTED_MINUTES and TRAPLINE_PLANTED_SEEDS set the length and number of runs.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>

#include "../../../plugins/paper_venue/director.hpp"
#include "../../../plugins/paper_venue/market.hpp"
#include "scene.hpp"
#include "trapline/sdk/names.hpp"

namespace trapline::trap::test {
namespace {

namespace venue = trapline::paper_venue;

struct tally {
  int planted = 0, found = 0, false_alarms = 0;
  std::vector<double> delay_s;
};

std::int64_t tolerance(std::uint16_t pattern) {
  switch (pattern) {
    case TRAPLINE_PATTERN_SPOOFING:
      return 5 * second;
    case TRAPLINE_PATTERN_STOP_HUNT:
      return 30 * second;
    default:
      return 120 * second;
  }
}

// Publishes what a feed would: trades as they happen, the book every 100 ms, the ticker every second.
class feeder {
 public:
  feeder(const venue::market& m, detector& d) : m_(m), d_(d) {}

  void history() {
    for (const auto& b : m_.minute_bars().all()) {
      trapline_candle c{};
      c.interval_ns = minute;
      c.start_ts = b.start;
      c.open = b.open, c.high = b.high, c.low = b.low, c.close = b.close;
      c.price_exp = -1;
      c.closed = b.start + minute <= m_.now();
      d_.on_candle(sdk::make_event(TRAPLINE_EVENT_CANDLE, 4, 1, b.start, 0, TRAPLINE_FLAG_HISTORY), c);
    }
  }
  void step() {
    for (const auto& t : m_.trades()) {
      trapline_trade out{};
      out.price = t.tick;
      out.price_exp = -1;
      out.size = t.lots;
      out.size_exp = -4;
      out.aggressor_side = t.taker == venue::side::buy ? TRAPLINE_SIDE_BUY : TRAPLINE_SIDE_SELL;
      d_.on_trade(sdk::make_event(TRAPLINE_EVENT_TRADE, 1, 1, t.ts), out);
    }
    if (m_.now() % 100'000'000 == 0) book();
    if (m_.now() % second == 0) ticker();
  }

 private:
  void book() {
    trapline_book b{};
    b.price_exp = -1;
    b.size_exp = -4;
    std::vector<trapline_level> levels;
    if (first_) {
      const auto& bids = m_.book().of(venue::side::buy);
      for (auto it = bids.rbegin(); it != bids.rend(); ++it) levels.push_back({it->first, it->second});
      for (const auto& [p, q] : m_.book().of(venue::side::sell)) levels.push_back({p, q});
      b.bid_count = static_cast<std::uint32_t>(bids.size());
      b.ask_count = static_cast<std::uint32_t>(levels.size()) - b.bid_count;
      d_.on_book(sdk::make_event(TRAPLINE_EVENT_BOOK_SNAPSHOT, 2, 1, m_.now()), b, levels);
    } else {
      b.bid_count = diff(bids_, m_.book().of(venue::side::buy), levels);
      b.ask_count = diff(asks_, m_.book().of(venue::side::sell), levels);
      d_.on_book(sdk::make_event(TRAPLINE_EVENT_BOOK_DELTA, 2, 1, m_.now()), b, levels);
    }
    first_ = false;
    bids_ = m_.book().of(venue::side::buy);
    asks_ = m_.book().of(venue::side::sell);
  }
  static std::uint32_t diff(const venue::order_book::levels& a, const venue::order_book::levels& b,
                            std::vector<trapline_level>& out) {
    std::uint32_t n = 0;
    for (const auto& [p, q] : a)
      if (!b.contains(p)) out.push_back({p, 0}), ++n;
    for (const auto& [p, q] : b)
      if (const auto it = a.find(p); it == a.end() || it->second != q) out.push_back({p, q}), ++n;
    return n;
  }
  void ticker() {
    trapline_ticker t{};
    t.present = TRAPLINE_TICKER_OPEN_INTEREST | TRAPLINE_TICKER_MARK | TRAPLINE_TICKER_INDEX;
    t.price_exp = -1;
    t.size_exp = -4;
    t.mark = std::llround(m_.quotes().mark());
    t.index = std::llround(m_.quotes().index());
    t.open_interest = m_.quotes().open_interest();
    d_.on_ticker(sdk::make_event(TRAPLINE_EVENT_TICKER, 3, 1, m_.now()), t);
  }

  const venue::market& m_;
  detector& d_;
  bool first_ = true;
  venue::order_book::levels bids_, asks_;
};

void score_run(const std::vector<venue::episode_truth>& truth, const collector& out, std::int64_t warm,
               std::map<std::string, tally>& table, bool verbose) {
  struct alarm {
    const told_signal* s;
    bool used = false;
  };
  std::vector<alarm> alarms;
  std::map<std::string, bool> seen;
  for (const auto& s : out.signals)
    if ((s.s.stage == TRAPLINE_STAGE_DETECTED || s.s.stage == TRAPLINE_STAGE_CONFIRMED) &&
        !std::exchange(seen[s.id()], true))
      alarms.push_back({&s});
  for (const auto& t : truth) {
    if (!t.ended || t.onset_ts < warm) continue;
    tally& row = table[std::string(sdk::pattern_name(t.pattern))];
    ++row.planted;
    alarm* hit = nullptr;
    for (auto& a : alarms) {
      if (a.used || a.s->s.pattern != t.pattern || a.s->s.direction != t.direction) continue;
      if (a.s->ts < t.onset_ts - 2 * second || a.s->ts > t.end_ts + tolerance(t.pattern)) continue;
      // The larger of two ticks and 1 bp.
      if (t.level && t.pattern != TRAPLINE_PATTERN_SPOOFING &&
          std::abs(static_cast<double>(a.s->s.level - *t.level)) >
              std::max(2.0, static_cast<double>(*t.level) * 1e-4)) {
        if (verbose)
          std::printf("   other level: %s at %lld, planted %lld\n", a.s->id().c_str(),
                      static_cast<long long>(a.s->s.level), static_cast<long long>(*t.level));
        continue;
      }
      hit = &a;
      break;
    }
    if (hit) {
      hit->used = true;
      ++row.found;
      row.delay_s.push_back(static_cast<double>(hit->s->ts - t.onset_ts) * 1e-9);
    }
    if (verbose && !hit) {
      std::printf("missed %s dir %d level %lld onset %.0f s end %.0f s\n",
                  std::string(sdk::pattern_name(t.pattern)).c_str(), t.direction,
                  t.level ? static_cast<long long>(*t.level) : 0, static_cast<double>(t.onset_ts - warm) * 1e-9,
                  static_cast<double>(t.end_ts - warm) * 1e-9);
      for (const auto& s : out.signals)
        if (s.s.pattern == t.pattern && s.s.direction == t.direction && s.ts >= t.onset_ts - 2 * second &&
            s.ts <= t.end_ts + 120 * second) {
          std::printf("   %s stage %d at %.0f p %.2f level %lld\n", s.id().c_str(), s.s.stage,
                      static_cast<double>(s.ts - warm) * 1e-9, s.s.probability, static_cast<long long>(s.s.level));
          for (const auto& e : s.evidence) std::printf("        %-22s %10.3f %+.2f\n", e.name, e.value, e.contribution);
        }
    }
  }
  for (const auto& a : alarms) {
    if (a.used) continue;
    ++table[std::string(sdk::pattern_name(a.s->s.pattern))].false_alarms;
    if (!verbose || a.s->s.pattern == TRAPLINE_PATTERN_PUMP || a.s->s.pattern == TRAPLINE_PATTERN_DUMP) continue;
    std::printf("unmatched %s at %.0f p %.2f level %lld\n", a.s->id().c_str(),
                static_cast<double>(a.s->ts - warm) * 1e-9, a.s->s.probability, static_cast<long long>(a.s->s.level));
    for (const auto& t : truth)
      if (t.ended && a.s->ts >= t.onset_ts - 60 * second && a.s->ts <= t.end_ts + 180 * second)
        std::printf("     during %s dir %d\n", std::string(sdk::pattern_name(t.pattern)).c_str(), t.direction);
    for (const auto& e : a.s->evidence) std::printf("        %-22s %10.3f %+.2f\n", e.name, e.value, e.contribution);
  }
}

int from_env(const char* name, int otherwise) {
  const char* v = std::getenv(name);
  return v ? std::atoi(v) : otherwise;
}

TEST(planted, most_episodes_of_the_simulated_venue_are_alarmed_and_every_one_of_ours_ends) {
  const int minutes = from_env("TRAPLINE_PLANTED_MINUTES", 120), seeds = from_env("TRAPLINE_PLANTED_SEEDS", 2);
  const bool verbose = std::getenv("TRAPLINE_PLANTED_VERBOSE") != nullptr;
  using enum venue::episode_kind;
  std::map<std::string, tally> table;
  double hours = 0;
  for (int seed = 1; seed <= seeds; ++seed) {
    venue::market_settings ms;
    ms.seed = static_cast<std::uint64_t>(seed) * 7919;
    ms.start_ts = 1'700'000'040 * second;
    ms.start_tick = 640'000 + seed * 137;
    ms.ticks_per_bp = static_cast<double>(ms.start_tick) * 1e-4;
    venue::market m(ms);
    venue::director_settings ds;
    ds.kinds = {stop_hunt, fake_pump, spoofing, bull_trap, fake_dump, bear_trap};
    ds.after = 15 * minute;
    venue::director director(ds, m, ms.seed + 1);
    collector out;
    detector d(settings{}, out);
    feeder f(m, d);
    f.history();
    std::vector<venue::episode_truth> truth;
    const std::int64_t end = ms.start_ts + (15 + minutes) * minute;
    while (m.now() < end) {
      if (const auto t = director.advance(m)) {
        if (t->ended) truth.back() = *t;
        else truth.push_back(*t);
      }
      m.step();
      f.step();
    }
    if (verbose) std::printf("--- seed %d\n", seed);
    score_run(truth, out, ms.start_ts + 15 * minute, table, verbose);
    hours += minutes / 60.0;

    std::map<std::string, int> last;
    for (const auto& s : out.signals) {
      EXPECT_GE(s.s.stage, last[s.id()]) << s.id();
      last[s.id()] = s.s.stage;
    }
    int open = 0;
    for (const auto& [id, stage] : last) open += stage != TRAPLINE_STAGE_EXPIRED;
    EXPECT_LE(open, 6) << "what has not ended must be in progress at the end of the run";
  }
  std::printf("%-12s %8s %8s %8s %12s %10s\n", "pattern", "planted", "alarmed", "missed", "unmatched/h", "delay p50");
  int planted = 0, found = 0;
  for (auto& [name, t] : table) {
    std::sort(t.delay_s.begin(), t.delay_s.end());
    std::printf("%-12s %8d %8d %8d %12.2f %9.1fs\n", name.c_str(), t.planted, t.found, t.planted - t.found,
                t.false_alarms / hours, t.delay_s.empty() ? 0.0 : t.delay_s[t.delay_s.size() / 2]);
    planted += t.planted;
    found += t.found;
  }
  // Between two of them the venue plays five decoys.
  ASSERT_GE(planted, 2 * seeds * minutes / 60) << "the venue planted too little for a verdict";
  EXPECT_GE(found * 2, planted) << "a machine that misses half of what follows its own definition is broken";
}

// No episodes, no decoys: what is alarmed here is false. One class after another stays below one alarm an hour.
TEST(planted, market_in_which_nothing_is_planted_raises_hardly_an_alarm) {
  const int minutes = from_env("TRAPLINE_PLANTED_MINUTES", 60), seeds = from_env("TRAPLINE_PLANTED_SEEDS", 1);
  std::map<std::string, int> alarms;
  for (int seed = 1; seed <= seeds; ++seed) {
    venue::market_settings ms;
    ms.seed = static_cast<std::uint64_t>(seed) * 104729;
    ms.start_ts = 1'700'000'040 * second;
    ms.start_tick = 640'000 + seed * 137;
    ms.ticks_per_bp = static_cast<double>(ms.start_tick) * 1e-4;
    venue::market m(ms);
    collector out;
    detector d(settings{}, out);
    feeder f(m, d);
    f.history();
    const std::int64_t end = ms.start_ts + (15 + minutes) * minute;
    while (m.now() < end) {
      m.step();
      f.step();
    }
    EXPECT_FALSE(d.find(1)->warming());
    std::map<std::string, bool> seen;
    for (const auto& s : out.signals)
      if (!seen[s.id()] && (s.s.stage == TRAPLINE_STAGE_DETECTED || s.s.stage == TRAPLINE_STAGE_CONFIRMED)) {
        seen[s.id()] = true;
        ++alarms[std::string(sdk::pattern_name(s.s.pattern))];
      }
  }
  const double hours = seeds * minutes / 60.0;
  for (const auto& [pattern, n] : alarms) {
    std::printf("%-20s %4d alarms, %.2f an hour\n", pattern.c_str(), n, n / hours);
    EXPECT_LE(n, 1 + hours) << pattern;
  }
}

}  // namespace
}  // namespace trapline::trap::test
