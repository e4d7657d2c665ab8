#include "live_view.hpp"

#include <cstdio>
#include <ctime>
#include <utility>

#include "trapline/sdk/decimal.hpp"
#include "trapline/sdk/event.hpp"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::cli {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::size_t shown_signals = 6;

// Alarms may come this long after an episode's end and still count for it (docs of the evaluation protocol: 5 s for
// spoofing and its like, 30 s for stop hunts, 120 s for traps and fake moves).
std::int64_t tolerance(std::uint16_t pattern) {
  switch (pattern) {
    case TRAPLINE_PATTERN_SPOOFING:
    case TRAPLINE_PATTERN_LAYERING:
    case TRAPLINE_PATTERN_QUOTE_STUFFING:
      return 5 * second;
    case TRAPLINE_PATTERN_STOP_HUNT:
    case TRAPLINE_PATTERN_LIQUIDITY_GRAB:
    case TRAPLINE_PATTERN_MOMENTUM_IGNITION:
      return 30 * second;
    case TRAPLINE_PATTERN_PUMP:
    case TRAPLINE_PATTERN_DUMP:
      return 60 * second;
    default:
      return 120 * second;
  }
}

// A fake pump begins as a pump: that alarm is right, though it does not say yet what makes the episode fake.
bool first_stage_of(std::uint16_t alarm, std::uint16_t planted) {
  return (alarm == TRAPLINE_PATTERN_PUMP && planted == TRAPLINE_PATTERN_FAKE_PUMP) ||
         (alarm == TRAPLINE_PATTERN_DUMP && planted == TRAPLINE_PATTERN_FAKE_DUMP);
}

std::string clock_text(std::int64_t ts) {
  const std::time_t s = ts / second;
  std::tm tm{};
  ::gmtime_r(&s, &tm);
  char out[16];
  std::snprintf(out, sizeof out, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
  return out;
}

}  // namespace

snapshot live_view::get() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

void live_view::on_event(const trapline_event& e) {
  const std::lock_guard lock(mutex_);
  ++now_.events;
  switch (e.type) {
    case TRAPLINE_EVENT_TRADE:
    case TRAPLINE_EVENT_TICKER:
    case TRAPLINE_EVENT_BOOK_SNAPSHOT:
    case TRAPLINE_EVENT_BOOK_DELTA:
      return on_market(e);
    case TRAPLINE_EVENT_GAP:
      if (const auto* g = sdk::payload<trapline_gap>(e)) {
        if (g->channel == TRAPLINE_GAP_BUS) now_.lost += g->lost;
        if (g->channel == TRAPLINE_GAP_BOOK) now_.symbols[symbol(e.instrument)].book_valid = false;
        if (g->channel == TRAPLINE_GAP_PRIVATE) now_.positions_known = false;
      }
      return;
    case TRAPLINE_EVENT_FEED_STATUS:
      if (const auto* f = sdk::payload<trapline_feed_status>(e)) {
        const auto topic = engine_.topic(e.topic);  // feed.status.<instance>
        const std::string name = std::string(topic.substr(topic.rfind('.') + 1)) +
                                 (f->endpoint == TRAPLINE_ENDPOINT_PUBLIC ? " public" : " private");
        now_.feeds[name] = {std::string(sdk::view(f->text)), f->state, *f};
      }
      return;
    case TRAPLINE_EVENT_POSITION:
      if (const auto* p = sdk::payload<trapline_position>(e)) on_position(e, *p);
      return;
    case TRAPLINE_EVENT_SIGNAL:
      if (const auto* s = sdk::payload<trapline_signal>(e)) on_signal(e, *s);
      return;
    case TRAPLINE_EVENT_TRAP_MATRIX:
      if (const auto* m = sdk::payload<trapline_trap_matrix>(e)) {
        const auto rows = sdk::rows(e, *m);
        now_.matrix[symbol(e.instrument)] = {*m, {rows.begin(), rows.end()}};
      }
      return;
    case TRAPLINE_EVENT_EPISODE:
      if (const auto* t = sdk::payload<trapline_episode>(e)) on_episode(e, *t);
      return;
    default:
      return;
  }
}

void live_view::on_market(const trapline_event& e) {
  symbol_line& s = now_.symbols[symbol(e.instrument)];
  now_.market_ts = std::max(now_.market_ts, e.ts_event);
  if (e.type == TRAPLINE_EVENT_TRADE) {
    ++s.trades;
    if (const auto* t = sdk::payload<trapline_trade>(e)) {
      s.last = sdk::to_double(t->price, t->price_exp);
      s.decimals = std::max(0, -static_cast<int>(t->price_exp));
    }
  } else if (e.type == TRAPLINE_EVENT_TICKER) {
    if (const auto* t = sdk::payload<trapline_ticker>(e)) {
      if ((t->present & TRAPLINE_TICKER_MARK) != 0) s.mark = sdk::to_double(t->mark, t->price_exp);
      if ((t->present & TRAPLINE_TICKER_BID) != 0) s.bid = sdk::to_double(t->bid, t->price_exp);
      if ((t->present & TRAPLINE_TICKER_ASK) != 0) s.ask = sdk::to_double(t->ask, t->price_exp);
      for (auto& p : now_.positions)
        if (s.mark > 0 && p.symbol == symbol(e.instrument)) {
          p.mark = s.mark;
          p.pnl = (p.mark - p.entry) * p.size * (p.side == TRAPLINE_POSITION_SHORT ? -1 : 1);
        }
    }
  } else {
    ++s.books;
    s.book_valid = true;
  }
}

void live_view::on_position(const trapline_event& e, const trapline_position& p) {
  if (p.side != TRAPLINE_POSITION_NONE) {
    position_line line;
    line.symbol = symbol(e.instrument);
    line.side = p.side;
    line.size = sdk::to_double(p.size, p.size_exp);
    line.entry = sdk::to_double(p.entry_price, p.price_exp);
    incoming_.push_back(line);
  }
  if ((e.flags & TRAPLINE_FLAG_LAST_IN_BATCH) == 0) return;
  now_.positions = std::exchange(incoming_, {});
  now_.positions_known = true;
}

void live_view::on_signal(const trapline_event& e, const trapline_signal& s) {
  const std::string name = symbol(e.instrument);
  const bool counts = s.stage == TRAPLINE_STAGE_DETECTED || s.stage == TRAPLINE_STAGE_CONFIRMED;
  if (s.stage == TRAPLINE_STAGE_FORMING) return;
  char text[160];
  std::snprintf(text, sizeof text, "%s  %-9s %-18s %-5s %-10s p=%.2f  intensity %.2f", clock_text(e.ts_event).c_str(),
                name.c_str(), std::string(sdk::pattern_name(s.pattern)).c_str(),
                std::string(sdk::direction_name(s.direction)).c_str(), std::string(sdk::stage_name(s.stage)).c_str(),
                s.probability, s.intensity);
  now_.signals.emplace_front(text);
  if (now_.signals.size() > shown_signals) now_.signals.pop_back();
  if (!counts || !alarmed_.emplace(std::string(sdk::view(s.id)), true).second) return;
  if (alarmed_.size() > 10'000) alarmed_.clear();
  ++now_.alarms;
  for (auto& p : now_.episodes) {
    const std::int64_t end = p.truth.end_ts + tolerance(p.truth.pattern);
    if (p.symbol != name || p.truth.direction != s.direction) continue;
    if (e.ts_event < p.truth.onset_ts - 2 * second || e.ts_event > end) continue;
    if (first_stage_of(s.pattern, p.truth.pattern)) return;
    if (p.truth.pattern != s.pattern || p.found) continue;
    p.found = true;
    p.delay_s = static_cast<double>(e.ts_event - p.truth.onset_ts) / 1e9;
    return;
  }
  ++now_.unmatched_alarms;
}

void live_view::on_episode(const trapline_event& e, const trapline_episode& t) {
  const std::string name = symbol(e.instrument);
  for (auto& p : now_.episodes)
    if (p.id == t.episode_id && p.symbol == name) {
      p.truth.end_ts = t.end_ts;
      p.ended = t.phase == TRAPLINE_EPISODE_END;
      return;
    }
  now_.episodes.push_back({t.episode_id, name, t, t.phase == TRAPLINE_EPISODE_END, false, 0});
}

}  // namespace trapline::cli
