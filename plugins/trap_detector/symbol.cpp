#include "symbol.hpp"

#include <algorithm>
#include <cmath>

#include "trapline/sdk/decimal.hpp"

namespace trapline::trap {

namespace {
constexpr sign sides[] = {1, -1};
// Highest probability of what another pattern explains better: below the end of an alarm.
constexpr double explained = 0.45;
}  // namespace

std::string_view ignored_name(ignored r) noexcept {
  constexpr std::string_view names[ignored_count] = {"none",     "no_time",      "time_backwards", "malformed",
                                                     "sequence", "book_invalid", "max_symbols"};
  return names[static_cast<std::size_t>(r)];
}

symbol::symbol(const settings& s, std::uint32_t instrument, std::string_view name, sink& out)
    : settings_(s),
      instrument_(instrument),
      reporter_("trap_detector", instrument, name, out),
      levels_(s.levels),
      hunts_{stop_hunt(1, s.stop_hunt), stop_hunt(-1, s.stop_hunt)},
      traps_{range_trap(1, s.range_trap), range_trap(-1, s.range_trap)},
      impulses_{impulse(1, s.impulse), impulse(-1, s.impulse)},
      bid_layers_(book_side::bid, s.spoofing, s.layering),
      ask_layers_(book_side::ask, s.spoofing, s.layering) {
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
  if (market_.advance(e.ts_event)) every_second();
  if (next_report_ == 0) next_report_ = (market_.now() / settings_.report_every + 1) * settings_.report_every;
  return ignored::none;
}

ignored symbol::on_trade(const trapline_event& e, const trapline_trade& t) noexcept {
  trade_tick tick;
  tick.price = sdk::to_double(t.price, t.price_exp);
  tick.size = sdk::to_double(t.size, t.size_exp);
  if (!(tick.price > 0) || !(tick.size > 0)) return ignored::malformed;
  if (const auto r = take_time(trades, e); r != ignored::none) return r;
  tick.ts = e.ts_event;
  tick.side = t.aggressor_side == TRAPLINE_SIDE_BUY ? 1 : t.aggressor_side == TRAPLINE_SIDE_SELL ? -1 : 0;
  market_.see_price_exp(t.price_exp);
  const bool history = (e.flags & TRAPLINE_FLAG_HISTORY) != 0;
  market_.on_trade(tick, history);
  levels_.on_trade(e.ts_event, tick.price, market_.sig60_price());
  if (history || warming()) return ignored::none;

  for (std::size_t i = 0; i < 2; ++i) {
    hunts_[i].on_trade(market_, levels_, tick);
    traps_[i].on_trade(market_, levels_, tick);
    impulses_[i].on_trade(market_, tick, impulses_[1 - i]);
  }
  bid_layers_.on_trade(market_, tick);
  ask_layers_.on_trade(market_, tick);
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
  venue_seq_ = b.venue_seq;

  if (snapshot) {
    // What changed between two snapshots is not known to be one act: layers start anew.
    bid_layers_.reset();
    ask_layers_.reset();
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
    if (watch) (s == book_side::bid ? bid_layers_ : ask_layers_).on_change(market_, price, before, after);
  });
  if (!ok) {
    lose_book();
    return ignored::book_invalid;
  }
  if (watch) {
    bid_layers_.on_book(market_, ask_layers_);
    ask_layers_.on_book(market_, bid_layers_);
    bid_layers_.on_time(market_);
    ask_layers_.on_time(market_);
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
  const auto price = [&](std::int64_t v) { return sdk::to_double(v, c.price_exp); };
  const minute_bar b{c.start_ts, price(c.open), price(c.high), price(c.low), price(c.close)};
  if (!plausible(b.start) || !(b.open > 0) || !(b.low > 0) || !(b.close > 0) || !(b.high >= b.low))
    return ignored::malformed;
  // Bars carry their own time, and history comes as a list: neither moves the clock.
  levels_.on_candle(b, std::max(market_.now(), b.start + minute), market_.sig60_price());
  return ignored::none;
}

void symbol::on_instrument(const trapline_instrument& i) noexcept {
  const double tick = sdk::to_double(i.tick, i.price_exp);
  if (tick > 0 && std::isfinite(tick)) market_.set_tick(tick);
}

void symbol::on_gap(const trapline_gap& g) noexcept {
  if (g.channel == TRAPLINE_GAP_BOOK || g.channel == TRAPLINE_GAP_BUS) lose_book();
  if (g.channel == TRAPLINE_GAP_TRADE || g.channel == TRAPLINE_GAP_BUS) market_.on_trade_gap();
}

void symbol::lose_book() noexcept {
  market_.invalidate_book();
  venue_seq_ = 0;
  bid_layers_.reset();
  ask_layers_.reset();
  if (!warming()) evaluate_changed();
}

void symbol::hand_over(symbol& next) noexcept {
  for (std::size_t i = 0; i < kind_count; ++i) {
    const auto news = trackers_[i].step(static_cast<kind>(i), {}, market_.now(), settings_, 0);
    if (news.stage != TRAPLINE_STAGE_NONE) tell(static_cast<kind>(i), news.stage);
    next.trackers_[i].number_from(trackers_[i].number());
  }
}

void symbol::every_second() noexcept {
  levels_.watch(market_.price());
  if (!warming()) {
    for (std::size_t i = 0; i < 2; ++i) {
      hunts_[i].on_second(market_);
      traps_[i].on_second(market_, levels_);
      impulses_[i].on_second(market_, impulses_[1 - i]);
    }
    bid_layers_.on_time(market_);
    ask_layers_.on_time(market_);
    for (std::size_t i = 0; i < kind_count; ++i) evaluate(static_cast<kind>(i));
  }
  if (market_.now() >= next_report_ && next_report_ != 0) {
    next_report_ = (market_.now() / settings_.report_every + 1) * settings_.report_every;
    report();
  }
}

void symbol::evaluate_changed() noexcept {
  for (std::size_t i = 0; i < 2; ++i) {
    if (hunts_[i].take_changed()) evaluate(sides[i] > 0 ? kind::stop_hunt_high : kind::stop_hunt_low);
    if (traps_[i].take_changed()) evaluate(sides[i] > 0 ? kind::bull_trap : kind::bear_trap);
    if (impulses_[i].take_changed()) {
      evaluate(sides[i] > 0 ? kind::pump : kind::dump);
      evaluate(sides[i] > 0 ? kind::fake_pump : kind::fake_dump);
    }
  }
  if (bid_layers_.take_changed()) {
    evaluate(kind::spoofing_bid);
    evaluate(kind::layering_bid);
  }
  if (ask_layers_.take_changed()) {
    evaluate(kind::spoofing_ask);
    evaluate(kind::layering_ask);
  }
}

// One move, one explanation: an impulse that was only recognised because a hunt or a trap pushed the price is
// theirs. Such a move is retraced by definition, and would be told twice.
void symbol::weigh_fake(std::size_t side, assessment& a) const noexcept {
  if (!a.active) return;
  for (const kind k :
       {side == 0 ? kind::stop_hunt_high : kind::stop_hunt_low, side == 0 ? kind::bull_trap : kind::bear_trap}) {
    const tracker& t = trackers_[index(k)];
    // In progress with flow behind it, or alarmed before: a bare swept level explains nothing.
    const bool in_progress = t.active() && t.probability() > settings_.stop_hunt.cap_without_flow;
    for (const std::int64_t onset : {in_progress ? t.last().onset : 0, t.alarmed_onset()})
      if (onset >= impulses_[side].onset() && onset <= impulses_[side].began()) a.evidence.cap(explained);
  }
}

assessment symbol::assess(kind k) const noexcept {
  const auto fake = [&](std::size_t side, kind spoof, kind layer) {
    const bool spoofed = trackers_[index(spoof)].alarmed() || trackers_[index(layer)].alarmed();
    assessment a = impulses_[side].assess_fake(market_, spoofed);
    weigh_fake(side, a);
    return a;
  };
  switch (k) {
    case kind::stop_hunt_high:
      return hunts_[0].assess(market_);
    case kind::stop_hunt_low:
      return hunts_[1].assess(market_);
    case kind::bull_trap:
      return traps_[0].assess(market_);
    case kind::bear_trap:
      return traps_[1].assess(market_);
    case kind::fake_pump:
      return fake(0, kind::spoofing_bid, kind::layering_bid);
    case kind::fake_dump:
      return fake(1, kind::spoofing_ask, kind::layering_ask);
    case kind::pump:
      return impulses_[0].assess_move(market_);
    case kind::dump:
      return impulses_[1].assess_move(market_);
    case kind::spoofing_bid:
      return bid_layers_.assess_spoofing(market_);
    case kind::spoofing_ask:
      return ask_layers_.assess_spoofing(market_);
    case kind::layering_bid:
      return bid_layers_.assess_layering(market_);
    case kind::layering_ask:
      return ask_layers_.assess_layering(market_);
  }
  return {};
}

void symbol::forget(kind k) noexcept {
  switch (k) {
    case kind::stop_hunt_high:
      return hunts_[0].reset();
    case kind::stop_hunt_low:
      return hunts_[1].reset();
    case kind::bull_trap:
      return traps_[0].reset();
    case kind::bear_trap:
      return traps_[1].reset();
    case kind::fake_pump:
      return impulses_[0].reset();
    case kind::fake_dump:
      return impulses_[1].reset();
    // The machine of the impulse goes on: whether it turns out fake is still open.
    case kind::pump:
    case kind::dump:
      return;
    case kind::spoofing_bid:
      return bid_layers_.forget_spoofing();
    case kind::spoofing_ask:
      return ask_layers_.forget_spoofing();
    case kind::layering_bid:
      return bid_layers_.forget_layering();
    case kind::layering_ask:
      return ask_layers_.forget_layering();
  }
}

std::int64_t symbol::refractory(kind k) const noexcept {
  switch (k) {
    case kind::stop_hunt_high:
    case kind::stop_hunt_low:
      return settings_.stop_hunt.refractory;
    case kind::bull_trap:
    case kind::bear_trap:
      return settings_.range_trap.refractory;
    case kind::fake_pump:
    case kind::fake_dump:
    case kind::pump:
    case kind::dump:
      return settings_.impulse.refractory;
    default:
      return settings_.spoofing.refractory;
  }
}

void symbol::evaluate(kind k) noexcept {
  if (!watched_[index(k)]) return;
  tracker& t = trackers_[index(k)];
  const assessment a = assess(k);
  if (!a.active && !t.active()) return;
  const auto news = t.step(k, a, market_.now(), settings_, refractory(k));
  if (news.stage != TRAPLINE_STAGE_NONE) tell(k, news.stage);
  if (news.alarm) report();
  if (news.finished && a.confirmed) forget(k);
}

void symbol::tell(kind k, std::uint8_t stage) noexcept {
  reporter_.signal(k, stage, trackers_[index(k)], market_.now(), market_.price_exp());
}

void symbol::report() noexcept { reporter_.matrix(trackers_, watched_, warming(), market_.now(), market_.price_exp()); }

}  // namespace trapline::trap
