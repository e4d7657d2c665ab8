#include "patterns/range_trap.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace trapline::trap {

namespace {
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t one_break_within = 60 * second;
constexpr double sig300_per_sig60 = 2.23606797749979;  // sqrt(5)
}  // namespace

void range_trap::move(attempt& a, state to) noexcept {
  if (a.at == state::idle && to != state::idle) ++live_;
  if (a.at != state::idle && to == state::idle) --live_;
  // A break shows outside only once it was accepted: there are many, and they say little.
  if (to >= state::two || a.at >= state::two) changed_ = true;
  a.at = to;
  if (to == state::idle) a = {};
}

void range_trap::reset() noexcept {
  attempts_ = {};
  live_ = 0;
  changed_ = false;
}

void range_trap::on_trade(const market& m, const level_set& levels, const trade_tick& t) noexcept {
  const auto near = levels.side(s_);
  if (!near.empty() && s_ * (t.price - near[0].price) > -settings_.arm_sigma * m.sig60_price()) arm(m, levels);
  if (live_ == 0) return;
  for (auto& a : attempts_) {
    if (a.at == state::idle) continue;
    if ((a.at == state::one || a.at == state::two) && s_ * (t.price - a.level) > 0) {
      if (t.side > 0) a.bought += t.size;
      else if (t.side < 0) a.sold += t.size;
    }
    step(a, m, t.price);
  }
}

void range_trap::arm(const market& m, const level_set& levels) noexcept {
  const double sig60 = m.sig60_price();
  if (!(sig60 > 0)) return;
  for (const auto& l : levels.side(s_)) {
    if (s_ * (m.price() - l.price) <= -settings_.arm_sigma * sig60) break;
    attempt* slot = nullptr;
    bool known = false;
    for (auto& a : attempts_) {
      if (a.at != state::idle && a.level == l.price) known = true;
      if (a.at == state::idle && !slot) slot = &a;
    }
    if (known) continue;
    // All taken: a level that is merely armed, or else the innermost break that was not accepted, gives way.
    for (auto& a : attempts_)
      if (!slot && (a.at == state::armed || a.at == state::one) && s_ * (a.level - l.price) < 0) slot = &a;
    if (!slot) return;
    move(*slot, state::idle);
    move(*slot, state::armed);
    slot->level = l.price;
    slot->strength = l.strength;
    slot->sig60 = sig60;
  }
}

void range_trap::begin(attempt& a, const market& m) noexcept {
  a.extreme = m.price();
  a.broken = a.beyond_since = m.now();
  a.oi_before = a.oi_peak = m.oi_ago(10);
  move(a, state::one);
}

void range_trap::step(attempt& a, const market& m, double price) noexcept {
  const double beyond = s_ * (price - a.level);
  const std::int64_t now = m.now();
  if (a.at == state::armed) {
    if (beyond >= std::max(m.tick(), settings_.breach_sigma * a.sig60) * (1 - 1e-9)) begin(a, m);
    return;
  }
  if (s_ * (price - a.extreme) > 0) a.extreme = price;
  a.burst = std::max(a.burst, m.burst(flow::five));
  if (const double oi = m.open_interest(); oi > 0) {
    if (a.at != state::three) a.oi_peak = std::max(a.oi_peak, oi);
    a.oi_last = oi;
  }
  const bool genuine = s_ * (a.extreme - a.level) > settings_.follow_through_max * sig300_per_sig60 * a.sig60;
  if (a.at != state::confirmed && (genuine || now - a.broken > settings_.within)) return move(a, state::idle);

  switch (a.at) {
    case state::one:
      // A short look back inside belongs to every break; a return by a whole sig60 ends this one.
      if (beyond <= -settings_.back_inside_sigma * a.sig60) return move(a, state::idle);
      if (beyond <= 0) a.beyond_since = now;
      else if (now - a.beyond_since >= settings_.acceptance) move(a, state::two);
      return;
    case state::two:
      if (beyond > 0) return;
      if (now - a.broken < settings_.dwell_min) {
        if (beyond <= -settings_.back_inside_sigma * a.sig60) move(a, state::idle);
        return;
      }
      a.returned = now;
      move(a, state::three);
      [[fallthrough]];
    case state::three: {
      const double opposite = m.bins().share(flow::twenty_five, -s_) * m.burst(flow::twenty_five);
      a.return_burst = std::max(a.return_burst, opposite);
      if (beyond >= std::max(m.tick(), settings_.breach_sigma * a.sig60)) return move(a, state::two);
      if (beyond <= -settings_.back_inside_sigma * a.sig60) {
        a.confirmed = now;
        move(a, state::confirmed);
      }
      return;
    }
    default:
      return;
  }
}

void range_trap::on_second(const market& m, const level_set& levels) noexcept {
  if (live_ == 0) return;
  for (auto& a : attempts_) {
    if (a.at == state::idle) continue;
    if (a.at == state::armed && s_ * (m.price() - a.level) < -1.5 * settings_.arm_sigma * a.sig60) {
      move(a, state::idle);
      continue;
    }
    if (a.at == state::one) {
      // Acceptance by closes: that many one-minute bars in a row, all begun after the break.
      int closes = 0;
      while (closes < settings_.acceptance_closes &&
             levels.bar_start(static_cast<std::size_t>(closes)) >= a.broken - minute &&
             s_ * (levels.close(static_cast<std::size_t>(closes)) - a.level) > 0)
        ++closes;
      if (closes >= settings_.acceptance_closes) move(a, state::two);
    }
    step(a, m, m.price());
  }
}

score range_trap::evaluate(const attempt& a, const market& m) const noexcept {
  score e(settings_.learned, which(), a.at);
  const bool oi = a.oi_before > 0 && a.oi_last > 0;
  e.add(item::oi_build_pct, oi ? (a.oi_peak - a.oi_before) / a.oi_before * 100 : unknown);
  e.add(item::follow_through_sig300, s_ * (a.extreme - a.level) / (sig300_per_sig60 * a.sig60));
  const double traded = a.bought + a.sold;
  // Near zero or negative: price stands beyond the level, but takers do not carry it (absorption, divergence).
  e.add(item::cvd_share, traded > 0 && m.trades_complete() ? s_ * (a.bought - a.sold) / traded : unknown);
  e.add(item::level_strength, a.strength);
  if (a.at >= state::three) {
    e.add(item::oi_shed_pct, oi && a.oi_peak > 0 ? (a.oi_peak - a.oi_last) / a.oi_peak * 100 : unknown);
    e.add(item::return_burst_ratio, m.trades_complete() ? a.return_burst : unknown);
  } else {
    // Whether it will fail is open: an accepted break that holds looks the same.
    e.cap(0.60);
  }
  return e;
}

// As in stop_hunt, but levels that one move broke are one episode about the strongest of them.
bool range_trap::before(const attempt& a, const attempt& b) const noexcept {
  const bool one_break = a.extreme == b.extreme && std::abs(a.broken - b.broken) <= one_break_within;
  if (one_break && a.strength != b.strength) return a.strength > b.strength;
  return a.at != b.at ? a.at > b.at : s_ * (a.level - b.level) > 0;
}

assessment range_trap::assess(const market& m) const noexcept {
  assessment out;
  const attempt* best = nullptr;
  for (const auto& a : attempts_)
    if (a.at >= state::two && (!best || before(a, *best))) best = &a;
  if (!best) return out;
  out.evidence = evaluate(*best, m);
  out.active = true;
  out.confirmed = best->at == state::confirmed;
  out.at = best->at;
  out.held = best->at < state::three;
  out.on = settings_.learned.on;
  out.level = best->level;
  out.displacement = s_ * (best->extreme - best->level) / best->sig60;
  out.volume = best->burst;
  out.onset = best->broken;
  out.last = best->confirmed;
  if (m.open_interest() <= 0 || !m.trades_complete()) out.observability = TRAPLINE_OBSERVABILITY_REDUCED;
  return out;
}

}  // namespace trapline::trap
