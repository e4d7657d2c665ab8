#include "patterns/ignition.hpp"

#include <algorithm>
#include <limits>

namespace trapline::trap {

namespace {
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
// By then next to nothing (e^-3) of the burst itself is left in the one-second kernel: what is there are others.
constexpr std::int64_t burst_is_over = 3 * second;
}  // namespace

void ignition::begin(const market& m, double price) noexcept {
  if (m.now() < rearm_ || !m.trades_complete() || !(m.sig60_price() > 0)) return;
  const flow& f = m.bins();
  const double calm = m.calm_ratio();
  if (!(calm > 0) || calm > settings_.calm_ratio) return;
  if (f.sweeps(s_) < static_cast<std::uint32_t>(settings_.sweeps)) return;
  if (f.share(flow::two, s_) < settings_.taker_share) return;
  // The move began within the two seconds of the burst.
  start_ = price;
  for (std::int64_t i = 0; i < 3 && i < f.held(); ++i)
    if (const double p = s_ > 0 ? f.bin(i).low : f.bin(i).high; p > 0 && s_ * (start_ - p) > 0) start_ = p;
  extreme_ = last_ = price;
  sig60_ = m.sig60_price();
  onset_ = extreme_ts_ = m.now();
  reverted_ = 0;
  calm_ = calm;
  burst_z_ = burst_ratio_ = share_ = sweeps_ = 0;
  n_before_ = m.branching_n();
  rate_before_ = m.order_rate() / 2;
  n_rise_ = follow_ratio_ = 0;
  pushed_ = reverting_ = 0;
  ofi10_ = unknown;
  move(state::one);
  step(m, price);
}

void ignition::measure(const market& m) noexcept {
  const flow& f = m.bins();
  burst_z_ = std::max(burst_z_, m.burst_z(s_));
  burst_ratio_ = std::max(burst_ratio_, m.burst(flow::two));
  sweeps_ = std::max(sweeps_, static_cast<double>(f.sweeps(s_)));
  if (burst_z_ == m.burst_z(s_)) share_ = f.share(flow::two, s_);
  pushed_ = std::max(pushed_, s_ > 0 ? f.buy(flow::five) : f.sell(flow::five));
  if (m.book_valid() && m.d10() > 0) ofi10_ = s_ * f.ofi10((m.now() - onset_) / second + 2) / m.d10();
}

double ignition::taken_back() const noexcept {
  const double way = s_ * (extreme_ - start_);
  return way > 0 ? s_ * (extreme_ - last_) / way : 0.0;
}

void ignition::step(const market& m, double price) noexcept {
  if (at_ == state::confirmed) return;
  const std::int64_t now = m.now();
  last_ = price;
  if (s_ * (price - extreme_) > 0) {
    extreme_ = price;
    extreme_ts_ = now;
    measure(m);
  } else if (at_ == state::one) {
    measure(m);
  }
  const flow& f = m.bins();
  reverting_ = std::max(reverting_, s_ > 0 ? f.sell(flow::five) : f.buy(flow::five));
  if (at_ == state::one) {
    const bool moved = s_ * (extreme_ - start_) >= settings_.move_sigma * sig60_;
    if (now - onset_ >= burst_is_over && moved && n_rise_ >= settings_.follow_n) {
      move(state::two);
    } else if (now - onset_ > settings_.follow_within || taken_back() >= 1) {
      // Nobody followed: a large order, and no more.
      rearm_ = now + settings_.follow_within;
      return move(state::idle);
    }
  }
  if (at_ == state::two) {
    if (now - extreme_ts_ > settings_.revert_within) {
      rearm_ = now + settings_.refractory;
      return move(state::idle);
    }
    if (taken_back() >= settings_.revert) {
      reverted_ = now;
      rearm_ = now + settings_.refractory;
      move(state::confirmed);
    }
  }
}

void ignition::on_second(const market& m) noexcept {
  if (at_ == state::idle) return;
  if (at_ != state::confirmed && m.now() - onset_ <= settings_.follow_within) {
    n_rise_ = std::max(n_rise_, m.branching_n() - n_before_);
    if (m.now() - onset_ >= burst_is_over && rate_before_ > 0)
      follow_ratio_ =
          std::max(follow_ratio_, m.orders().value(s_, order_intensity::one_second, m.now()) / rate_before_);
  }
  step(m, m.price());
}

assessment ignition::assess(const market& m, bool pulled) const noexcept {
  assessment out;
  if (at_ == state::idle) return out;
  score e(prior(s_ > 0 ? kind::momentum_ignition_up : kind::momentum_ignition_down, at_));
  const double way = s_ * (extreme_ - start_);
  e.add(item::calm_ratio, calm_);
  e.add(item::burst_z, burst_z_);
  e.add(item::sweep_count, sweeps_);
  e.add(item::taker_share, share_);
  e.add(item::ofi10_push, ofi10_);
  if (pulled) e.add(item::pull_support, 1.0);
  if (at_ >= state::two) {
    e.add(item::follow_n, n_rise_);
    e.add(item::follow_ratio, follow_ratio_ > 0 ? follow_ratio_ : unknown);
    e.add(item::revert_share, taken_back());
    e.add(item::revert_volume_ratio, pushed_ > 0 && m.trades_complete() ? reverting_ / pushed_ : unknown);
  }
  e.note(item::return_sigma, way / sig60_);
  e.note(item::burst_ratio, burst_ratio_);
  // Until the move is taken back, a large buyer who is right looks the same.
  if (at_ != state::confirmed) e.cap(at_ == state::one ? 0.35 : 0.65);
  out.evidence = e;
  out.active = true;
  out.confirmed = at_ == state::confirmed;
  out.level = start_;
  out.displacement = way / sig60_;
  out.volume = burst_ratio_;
  out.onset = onset_;
  out.last = reverted_;
  if (!m.book_valid() || !m.trades_complete()) out.observability = TRAPLINE_OBSERVABILITY_REDUCED;
  return out;
}

}  // namespace trapline::trap
