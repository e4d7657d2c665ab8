#include "patterns/stop_hunt.hpp"

#include <cstdlib>
#include <limits>
#include <utility>

namespace trapline::trap {

namespace {
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t one_thrust_within = 60 * second;
constexpr double minor = 1;               // strength below which a level is one of many
constexpr std::int64_t thrust_takes = 5;  // s, to the sweep; what the price passed before was not aimed at
}  // namespace

void stop_hunt::move(attempt& a, state to) noexcept {
  if (a.at == state::idle && to != state::idle) ++live_;
  if (a.at != state::idle && to == state::idle) --live_;
  // Arming alone shows nowhere outside.
  if (to != state::armed && !(to == state::idle && a.at == state::armed)) changed_ = true;
  a.at = to;
  if (to == state::idle) a = {};
}

void stop_hunt::reset() noexcept {
  attempts_ = {};
  live_ = 0;
  changed_ = false;
}

void stop_hunt::on_trade(const market& m, const level_set& levels, const trade_tick& t) noexcept {
  const auto near = levels.side(s_);
  if (!near.empty() && s_ * (t.price - near[0].price) > -settings_.arm_sigma * m.sig60_price()) arm(m, levels);
  if (live_ == 0) return;
  for (auto& a : attempts_)
    if (a.at != state::idle) step(a, m, t.price);
}

void stop_hunt::arm(const market& m, const level_set& levels) noexcept {
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
    // A merely armed attempt gives way to a nearer level.
    for (auto& a : attempts_)
      if (!slot && a.at == state::armed && s_ * (a.level - l.price) > 0) slot = &a;
    if (!slot) return;
    move(*slot, state::idle);
    move(*slot, state::armed);
    slot->level = l.price;
    slot->strength = l.strength;
    slot->sig60 = sig60;
  }
}

void stop_hunt::sweep(attempt& a, const market& m) noexcept {
  a.swept = m.now();
  a.oi_before = m.oi_ago(10);
  a.ofi_before = m.bins().ofi(5);
  const double began = thrust_takes < m.bins().held() ? m.bins().bin(thrust_takes).close : 0.0;
  a.run_over = began > 0 && s_ * (a.level - began) >= 0;
  // Depth on the side that is swept, before the push: median of a few seconds would need a sort, the
  // largest of three samples resists a single pulled second as well.
  a.depth_before = 0;
  for (const std::int64_t ago : {10, 15, 20})
    if (ago < m.bins().held())
      a.depth_before = std::max(a.depth_before, s_ > 0 ? m.bins().bin(ago).depth_ask : m.bins().bin(ago).depth_bid);
  a.depth_least = a.depth_before;
  move(a, state::one);
}

void stop_hunt::measure(attempt& a, const market& m) noexcept {
  const double burst = m.burst(flow::five);
  if (burst > a.burst) {
    a.burst = burst;
    a.share = m.bins().share(flow::five, s_);
  }
  const double q99 = std::max(m.sweep_q99(), m.tick());
  a.sweep = std::max(a.sweep, m.bins().sweep(s_) / q99);
  if (m.book_valid()) a.depth_least = std::min(a.depth_least, m.depth(s_ > 0 ? book_side::ask : book_side::bid, 3));
  if (burst >= scale_ * settings_.burst_ratio && m.bins().share(flow::five, s_) >= settings_.taker_share) a.flow = true;
  // A quantile of few sweeps, or of sweeps that all took one level, says nothing.
  if (m.sweep_q99() >= 2 * m.tick() && a.sweep >= 1) a.flow = true;
  const double oi = m.open_interest();
  if (a.oi_before > 0 && oi > 0 && m.now() - a.swept <= 60 * second)
    a.oi_drop_pct = std::max(a.oi_drop_pct, (a.oi_before - oi) / a.oi_before * 100);
}

void stop_hunt::step(attempt& a, const market& m, double price) noexcept {
  const double beyond = s_ * (price - a.level);
  const double breach = std::max(m.tick(), scale_ * settings_.breach_sigma * a.sig60);
  // What goes as far as a hunt's sweep is one, and no half of it.
  const double farthest = half_ ? std::max(2 * m.tick(), settings_.breach_sigma * a.sig60) * (1 - 1e-9)
                                : settings_.breach_max_sigma * a.sig60;
  switch (a.at) {
    case state::armed:
      if (beyond < breach * (1 - 1e-9)) return;
      a.extreme = price;
      sweep(a, m);
      [[fallthrough]];
    case state::one:
      if (s_ * (price - a.extreme) > 0) a.extreme = price;
      measure(a, m);
      if (s_ * (a.extreme - a.level) > farthest || m.now() - a.swept > settings_.reclaim_within) {
        move(a, state::idle);
      } else if (beyond <= -scale_ * settings_.reclaim_sigma * a.sig60) {
        a.reclaimed = m.now();
        move(a, state::two);
      }
      return;
    case state::two:
      if (beyond > 0) {
        // Lost again: the clock of the sweep runs on.
        move(a, m.now() - a.swept > settings_.reclaim_within ? state::idle : state::one);
      } else if (m.now() - a.reclaimed >= settings_.hold) {
        a.confirmed = m.now();
        move(a, state::confirmed);
      }
      return;
    default:
      return;
  }
}

void stop_hunt::on_second(const market& m) noexcept {
  if (live_ == 0) return;
  for (auto& a : attempts_) {
    if (a.at == state::armed) {
      if (s_ * (m.price() - a.level) < -1.5 * settings_.arm_sigma * a.sig60) move(a, state::idle);
    } else if (a.at != state::idle && a.at != state::confirmed) {
      step(a, m, m.price());
    }
  }
}

score stop_hunt::evaluate(const attempt& a, const market& m, score e) const noexcept {
  e.add(item::overshoot_sigma, s_ * (a.extreme - a.level) / a.sig60);
  e.add(item::burst_ratio, m.trades_complete() ? a.burst : unknown);
  e.add(item::taker_share, m.trades_complete() && a.burst > 0 ? a.share : unknown);
  e.add(item::sweep_ratio, m.sweep_q99() > 0 ? a.sweep : unknown);
  e.add(item::oi_drop_pct, a.oi_before > 0 ? a.oi_drop_pct : unknown);
  e.add(item::level_strength, a.strength);
  if (a.at != state::one) {
    e.add(item::reclaim_s, static_cast<double>(a.reclaimed - a.swept) * 1e-9);
    const bool book = m.book_valid() && m.d10() > 0;
    const double after =
        book ? m.bins().ofi(std::min<std::int64_t>(30, (m.now() - a.reclaimed) / second + 3)) : unknown;
    // How far the flow turned against the push, in units of the usual depth.
    e.add(item::ofi_flip, -s_ * after / m.d10());
    const double depth = m.depth(s_ > 0 ? book_side::ask : book_side::bid, 3);
    e.add(item::depth_refill, book && a.depth_before > 0 ? depth / a.depth_before : unknown);
  } else {
    // Whether it will be reclaimed is open: a cascade that goes on is a liquidation, not a hunt.
    e.cap(0.60);
  }
  if (!evident(a)) e.cap(settings_.cap_without_flow);
  return e;
}

// Which of two attempts the episode is about. Levels that one thrust ran over are one episode, about the first of them
// that stood before the price when the thrust began: its stops carried the price to the others, and until it is taken
// back the thrust is not. An extreme of ten bars is such a level only where no other was: there are many, and a thrust
// passes some on its way. Of several thrusts: the machine that is farther decides, then the stronger level, then the
// outer one.
bool stop_hunt::before(const attempt& a, const attempt& b) const noexcept {
  const bool one_thrust = a.extreme == b.extreme && std::abs(a.swept - b.swept) <= one_thrust_within;
  if (one_thrust && a.run_over != b.run_over) return a.run_over;
  if (one_thrust && (a.strength < minor) != (b.strength < minor)) return a.strength >= minor;
  if (one_thrust) return s_ * (a.level - b.level) < 0;
  if (a.at != b.at) return a.at > b.at;
  if (a.strength != b.strength) return a.strength > b.strength;
  return s_ * (a.level - b.level) > 0;
}

const stop_hunt::attempt* stop_hunt::best() const noexcept {
  const attempt* best = nullptr;
  for (const auto& a : attempts_)
    if (a.at >= state::one && (!best || before(a, *best))) best = &a;
  return best;
}

assessment stop_hunt::assessment_of(const attempt& a, const market& m, const score& e) const noexcept {
  assessment out;
  out.evidence = e;
  out.active = true;
  out.confirmed = a.at == state::confirmed;
  out.at = a.at;
  out.held = a.at == state::one || !evident(a);
  out.level = a.level;
  out.displacement = s_ * (a.extreme - a.level) / a.sig60;
  out.volume = a.burst;
  out.onset = a.swept;
  out.last = a.confirmed;
  if (!m.book_valid() || m.open_interest() <= 0 || !m.trades_complete())
    out.observability = TRAPLINE_OBSERVABILITY_REDUCED;
  return out;
}

assessment stop_hunt::assess(const market& m) const noexcept {
  const attempt* a = best();
  if (!a) return {};
  // What was learned is about hunts, not about their half-size form.
  const score e = half_ ? score(prior(which(), a->at)) : score(settings_.learned, which(), a->at);
  assessment out = assessment_of(*a, m, evaluate(*a, m, e));
  if (!half_) out.on = settings_.learned.on;
  return out;
}

assessment stop_hunt::assess_grab(const market& m) const noexcept {
  const attempt* a = best();
  if (!a || a->depletion() < grab_.depletion) return {};
  score e = evaluate(*a, m, score(prior(s_ > 0 ? kind::liquidity_grab_high : kind::liquidity_grab_low, a->at)));
  e.add(item::depth_depletion, a->depletion());
  return assessment_of(*a, m, e);
}

}  // namespace trapline::trap
