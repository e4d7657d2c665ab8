#include "symbol.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "trapline/sdk/decimal.hpp"

namespace trapline::trap {

namespace {
// Highest probability of what another pattern explains better, as a share of that which ends an alarm.
constexpr double explained = 0.9;
// Of the probability that raises its alarm: from here on an episode in progress explains a move.
constexpr double explains = 0.5;
// A trade at more than this multiple of the price, or less than its inverse, is a fault of the data: even a thin coin
// that is pumped gets there in steps. So many in a row, and it is the price after all.
constexpr double farthest_step = 4;
constexpr std::uint32_t most_implausible = 16;
// Levels a side in one message; sdk::book has the same bound.
constexpr std::uint32_t most_levels = 16'384;
}  // namespace

std::string_view ignored_name(ignored r) noexcept {
  constexpr std::string_view names[ignored_count] = {"none",        "no_time",      "time_backwards", "malformed",
                                                     "sequence",    "book_invalid", "max_symbols",    "no_instrument",
                                                     "implausible", "oversized"};
  return names[static_cast<std::size_t>(r)];
}

symbol::symbol(const settings& s, std::uint32_t instrument, std::string_view name, sink& out)
    : settings_(s),
      instrument_(instrument),
      reporter_("trap_detector", instrument, name, out),
      levels_(s.levels),
      machines_(s) {
  for (std::size_t i = 0; i < kind_count; ++i) watched_[i] = s.watches(kinds[i].pattern);
}

// Times to which every duration of the options can be added.
static bool plausible(std::int64_t ts) noexcept { return ts > 0 && ts < std::int64_t{1} << 62; }

ignored symbol::take_time(channel c, const trapline_event& e) noexcept {
  if (!plausible(e.ts_event)) return ignored::no_time;
  if (e.ts_event < channel_ts_[c]) {
    ++backwards_;
    return ignored::time_backwards;
  }
  channel_ts_[c] = e.ts_event;
  backwards_ = 0;
  if (first_live_ == 0 && !(e.flags & TRAPLINE_FLAG_HISTORY)) first_live_ = e.ts_event;
  if (const std::int64_t passed = market_.advance(e.ts_event); passed > 0) every_second(passed);
  if (next_report_ == 0) next_report_ = (market_.now() / settings_.report_every + 1) * settings_.report_every;
  return ignored::none;
}

bool symbol::plausible_price(double price) noexcept {
  const double known = market_.price();
  if (known == 0 || (price < known * farthest_step && known < price * farthest_step)) {
    implausible_ = 0;
    return true;
  }
  return ++implausible_ > most_implausible;
}

ignored symbol::on_trade(const trapline_event& e, const trapline_trade& t) noexcept {
  trade_tick tick;
  tick.price = amount(t.price, t.price_exp);
  tick.size = amount(t.size, t.size_exp);
  if (!(tick.price > 0) || !(tick.size > 0)) return ignored::malformed;
  if (!plausible_price(tick.price)) return ignored::implausible;
  if (const auto r = take_time(trades, e); r != ignored::none) return r;
  tick.ts = e.ts_event;
  tick.side = t.aggressor_side == TRAPLINE_SIDE_BUY ? 1 : t.aggressor_side == TRAPLINE_SIDE_SELL ? -1 : 0;
  market_.see_price_exp(t.price_exp);
  const bool history = (e.flags & TRAPLINE_FLAG_HISTORY) != 0;
  market_.on_trade(tick, history);
  levels_.on_trade(e.ts_event, tick.price, market_.sig60_price());
  if (history || warming()) return ignored::none;

  machines_.on_trade(market_, levels_, tick, t.size);
  evaluate_changed();
  return ignored::none;
}

ignored symbol::on_book(const trapline_event& e, const trapline_book& b,
                        std::span<const trapline_level> levels) noexcept {
  // The levels are applied whatever the clock says: a delta that is left out would falsify the book.
  const ignored time = take_time(books, e);
  market_.see_price_exp(b.price_exp);
  const bool snapshot = e.type == TRAPLINE_EVENT_BOOK_SNAPSHOT;
  const bool dropped = (e.flags & (TRAPLINE_FLAG_CONFLATED | TRAPLINE_FLAG_AFTER_GAP)) != 0;
  const bool torn = b.venue_prev_seq != 0 && venue_seq_ != 0 && b.venue_prev_seq != venue_seq_;
  if (!snapshot && (dropped || torn)) {
    lose_book();
    return ignored::sequence;
  }
  if (b.bid_count > most_levels || b.ask_count > most_levels) {
    lose_book();
    return ignored::oversized;
  }
  venue_seq_ = b.venue_seq;

  if (snapshot) {
    // What changed between two snapshots is not known to be one act: it starts anew.
    machines_.reset_book();
    if (!market_.on_snapshot(b, levels)) {
      lose_book();
      return ignored::malformed;
    }
    evaluate_changed();
    return time;
  }
  const bool watch = !warming();
  const double mid = market_.mid();
  const bool ok = market_.on_delta(b, levels, [&](book_side s, double price, double before, double after) {
    if (after > before && mid > 0 && std::abs(price - mid) <= mid * settings_.spoofing.max_bp * 1e-4)
      market_.on_add(after - before);
    if (watch) machines_.on_change(market_, s, price, before, after);
  });
  if (!ok) {
    lose_book();
    return ignored::book_invalid;
  }
  if (watch) {
    machines_.on_book(market_);
    evaluate_changed();
  }
  return time;
}

ignored symbol::on_ticker(const trapline_event& e, const trapline_ticker& t) noexcept {
  if (const auto r = take_time(tickers, e); r != ignored::none) return r;
  market_.on_ticker(t);
  return ignored::none;
}

ignored symbol::on_candle(const trapline_candle& c) noexcept {
  if (c.interval_ns != minute || !c.closed) return ignored::none;
  const auto price = [&](std::int64_t v) { return amount(v, c.price_exp); };
  const minute_bar b{c.start_ts, price(c.open), price(c.high), price(c.low), price(c.close)};
  if (!plausible(b.start) || !(b.open > 0) || !(b.low > 0) || !(b.close > 0) || !(b.high >= b.low))
    return ignored::malformed;
  // Bars carry their own time, and history comes as a list: neither moves the clock.
  levels_.on_candle(b, std::max(market_.now(), b.start + minute), market_.sig60_price());
  return ignored::none;
}

void symbol::on_instrument(const trapline_instrument& i) noexcept {
  const double tick = amount(i.tick, i.price_exp);
  if (tick > 0) market_.set_tick(tick);
}

void symbol::on_gap(const trapline_gap& g) noexcept {
  if (g.channel == TRAPLINE_GAP_BOOK || g.channel == TRAPLINE_GAP_BUS) lose_book();
  if (g.channel == TRAPLINE_GAP_TRADE || g.channel == TRAPLINE_GAP_BUS) market_.on_trade_gap();
}

void symbol::lose_book() noexcept {
  market_.invalidate_book();
  venue_seq_ = 0;
  machines_.reset_book();
  if (!warming()) evaluate_changed();
}

void symbol::hand_over(symbol& next) noexcept {
  for (std::size_t i = 0; i < kind_count; ++i) {
    const auto news = trackers_[i].step(static_cast<kind>(i), {}, market_.now(), settings_, 0);
    if (news.stage != TRAPLINE_STAGE_NONE) tell(static_cast<kind>(i), news.stage);
    next.trackers_[i].number_from(trackers_[i].number());
  }
}

void symbol::every_second(std::int64_t passed) noexcept {
  levels_.watch(market_.price());
  if (!warming()) {
    machines_.on_second(market_, levels_, passed);
    for (std::size_t i = 0; i < kind_count; ++i) evaluate(static_cast<kind>(i));
  }
  if (market_.now() >= next_report_ && next_report_ != 0) {
    next_report_ = (market_.now() / settings_.report_every + 1) * settings_.report_every;
    report();
  }
}

void symbol::evaluate_changed() noexcept {
  for (std::uint32_t changed = machines_.take_changed(); changed != 0; changed &= changed - 1)
    evaluate(static_cast<kind>(std::countr_zero(changed)));
}

// One move, one explanation: an impulse that was only recognised because a hunt or a trap pushed the price is
// theirs. Such a move is retraced by definition, and would be told twice.
void symbol::weigh_fake(std::size_t side, assessment& a) const noexcept {
  if (!a.active) return;
  for (const kind k :
       {side == 0 ? kind::stop_hunt_high : kind::stop_hunt_low, side == 0 ? kind::bull_trap : kind::bear_trap}) {
    const tracker& t = trackers_[index(k)];
    // In progress with flow behind it, or alarmed before: a bare swept level explains nothing.
    const bool in_progress = t.active() && t.probability() > explains * alarm_at(t.last(), settings_).on;
    for (const std::int64_t onset : {in_progress ? t.last().onset : 0, t.alarmed_onset()})
      if (onset >= machines_.impulse_of(side).onset() && onset <= machines_.impulse_of(side).began())
        a.evidence.cap(explained * alarm_at(a, settings_).off);
  }
}

assessment symbol::assess(kind k) const noexcept {
  const auto alarmed = [&](kind x) { return trackers_[index(x)].alarmed(); };
  machines::support by;
  by.spoofed = {alarmed(kind::spoofing_bid) || alarmed(kind::layering_bid),
                alarmed(kind::spoofing_ask) || alarmed(kind::layering_ask)};
  by.pulled = {alarmed(kind::liquidity_pull_up), alarmed(kind::liquidity_pull_down)};
  assessment a = machines_.assess(k, market_, by);
  if (k == kind::fake_pump) weigh_fake(0, a);
  if (k == kind::fake_dump) weigh_fake(1, a);
  return a;
}

void symbol::evaluate(kind k) noexcept {
  if (!watched_[index(k)]) return;
  tracker& t = trackers_[index(k)];
  if (!t.active() && !machines_.active(k)) return;
  const assessment a = assess(k);
  if (!a.active && !t.active()) return;
  const auto news = t.step(k, a, market_.now(), settings_, refractory(k, settings_));
  if (news.stage != TRAPLINE_STAGE_NONE) tell(k, news.stage);
  if (news.alarm) report();
  if (news.finished && a.confirmed) machines_.forget(k);
}

void symbol::tell(kind k, std::uint8_t stage) noexcept {
  reporter_.signal(k, stage, trackers_[index(k)], market_.now(), market_.price_exp());
}

void symbol::report() noexcept { reporter_.matrix(trackers_, watched_, warming(), market_.now(), market_.price_exp()); }

}  // namespace trapline::trap
