#include "patterns/impulse.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace trapline::trap {

namespace {
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
}

void impulse::move(state to) noexcept {
  at_ = to;
  changed_ = true;
}

void impulse::reset() noexcept {
  at_ = state::idle;
  changed_ = false;
  trigger_ = 0;
  by_z_ = false;
}

// The lowest (for a pump) price of the window, and the price that would make a return of return_sigma from it.
// sigma is the one of the window's begin, so that the impulse does not hide in its own volatility. Called as a second
// opens, before its first trade.
void impulse::look_back(const market& m) noexcept {
  const flow& f = m.bins();
  const std::int64_t n = std::min<std::int64_t>(f.held(), settings_.within / second + 1);
  trigger_ = 0;
  by_z_ = false;
  // What was found before still stands while it is in the window: then only the seconds since are new.
  std::int64_t from = n;
  if (origin_ > 0 && origin_ts_ / second > f.sec() - n) from = std::min(n, f.sec() - looked_ + 1);
  else origin_ = 0;
  looked_ = f.sec();
  for (std::int64_t i = from; i-- > 0;) {
    const double p = s_ > 0 ? f.low(i) : f.high(i);
    if (p > 0 && (origin_ == 0 || s_ * (origin_ - p) >= 0)) {
      origin_ = p;
      origin_ts_ = (f.sec() - i) * second;
    }
  }
  const double before = f.bin(n - 1).sigma;
  const double sigma = before > 0 ? before : m.sigma();
  origin_sig60_ = sigma * 7.745966692414834;
  if (origin_ > 0 && sigma > 0) trigger_ = origin_ * std::exp(s_ * settings_.return_sigma * origin_sig60_);
  const double rush = m.rush_z(s_), ret = m.return_z(s_);
  by_z_ = rush > 0 && ret > 0 && std::sqrt(rush * ret) >= settings_.z;
}

void impulse::on_trade(const market& m, const trade_tick& t, const impulse& opposite) noexcept {
  if (at_ != state::idle) return step(m, t.price);
  if (by_model(m)) {
    if (!opposite.explains(t.price, m.now())) begin_by_model(m);
    return;
  }
  if (trigger_ > 0 && s_ * (t.price - trigger_) >= 0 && !opposite.explains(t.price, m.now())) begin(m, t.price);
}

void impulse::on_second(const market& m, const impulse& opposite) noexcept {
  if (at_ != state::idle) return step(m, m.price());
  look_back(m);
  if (by_model(m)) return;  // a trade decides
  if (!(m.price() > 0) || opposite.explains(m.price(), m.now())) return;
  if (by_z_ || (trigger_ > 0 && s_ * (m.price() - trigger_) >= 0)) begin(m, m.price());
}

void impulse::begin(const market& m, double price) noexcept {
  if (m.now() < rearm_) return;
  if (!by_model(m) && m.bins().share(flow::twenty_five, s_) < settings_.taker_share) return;
  if (!(origin_ > 0) || !(origin_sig60_ > 0) || s_ * (price - origin_) <= 0) return;
  start_ = origin_;
  extreme_ = last_ = price;
  sig60_ = origin_sig60_;
  onset_ = origin_ts_;
  began_ = extreme_ts_ = m.now();
  peak_ = confirmed_ = 0;
  const std::int64_t ago = std::min<std::int64_t>((m.now() - onset_) / second + 2, m.bins().held() - 1);
  oi_before_ = m.oi_ago(ago);
  index_before_ = m.bins().bin(ago).index;
  had_basis_ = m.bins().bin(ago).mark > 0 && index_before_ > 0;
  basis_before_ = had_basis_ ? (m.bins().bin(ago).mark / index_before_ - 1) * 1e4 : 0.0;
  burst_ = share_ = rush_z_ = retraced_ = 0;
  ofi_ = basis_ = index_ = support_ = unknown;
  modelled_ = by_model(m);
  if (modelled_) onset_logit_ = -std::numeric_limits<double>::infinity();
  move(state::one);
  step(m, price);
}

void impulse::begin_by_model(const market& m) noexcept {
  onset_values x;
  if (m.now() < rearm_ || !m.onset(s_, x) || settings_.model.logit(x) < logit(settings_.onset_at)) return;
  begin(m, m.price());
}

// The strongest moment counts: once the model is sure, what follows the onset is not a new question.
void impulse::read_model(const market& m) noexcept {
  onset_values x;
  if (!m.onset(s_, x)) return;
  const double now = settings_.model.logit(x);
  if (now <= onset_logit_) return;
  onset_logit_ = now;
  onset_values_ = x;
  changed_ = true;
}

double impulse::retrace(double price) const noexcept {
  const double way = s_ * (extreme_ - start_);
  return way > 0 ? s_ * (extreme_ - price) / way : 0.0;
}

void impulse::step(const market& m, double price) noexcept {
  const std::int64_t now = m.now();
  last_ = price;
  if (at_ == state::confirmed) return;
  if (s_ * (price - extreme_) > 0) {
    // A new extreme after a long rest is another move; this one held.
    if (now - extreme_ts_ > settings_.within) {
      rearm_ = now + rest(0);
      return move(state::idle);
    }
    extreme_ = price;
    extreme_ts_ = now;
    retraced_ = 0;
    peak_ = 0;
    if (at_ != state::one) move(state::one);
  }
  if (at_ == state::one) {
    if (modelled_) read_model(m);
    burst_ = std::max(burst_, m.burst(flow::twenty_five));
    share_ = m.bins().share(flow::twenty_five, s_);
    rush_z_ = std::max(rush_z_, m.rush_z(s_));
    // Frozen with the last new extreme: what carried the move, not what followed it.
    const bool book = m.book_valid() && m.d10() > 0;
    ofi_ = book ? s_ * m.bins().ofi(std::min<std::int64_t>(180, (now - onset_) / second + 1)) / m.d10() : unknown;
    support_ = book ? m.depth(s_ > 0 ? book_side::bid : book_side::ask, 3) / m.d10() : unknown;
    basis_ = had_basis_ && m.has_basis() ? s_ * (m.basis_bp() - basis_before_) : unknown;
    const bool index = index_before_ > 0 && m.index_price() > 0;
    index_ = index ? std::log(m.index_price() / index_before_) / std::log(extreme_ / start_) : unknown;
  }
  const double r = retrace(price);
  retraced_ = std::max(retraced_, r);
  if (now - extreme_ts_ > settings_.retrace_within || now - began_ > settings_.expire) {
    // It held: no fake, and the machine waits before it calls the next leg of the same move a new one.
    rearm_ = now + rest(settings_.refractory);
    return move(state::idle);
  }
  if (at_ == state::one && (now - extreme_ts_ >= settings_.peak_after || r >= settings_.retrace / 2)) {
    peak_ = now;
    move(state::two);
  }
  if (at_ == state::two && r >= settings_.retrace / 2) move(state::three);
  if (at_ == state::three && r >= settings_.retrace) {
    confirmed_ = now;
    rearm_ = now + rest(settings_.refractory);
    move(state::confirmed);
  }
}

assessment impulse::assess_fake(const market& m, bool spoofed) const noexcept {
  assessment out;
  if (at_ == state::idle) return out;
  const kind k = s_ > 0 ? kind::fake_pump : kind::fake_dump;
  score e(settings_.learned_fake, k, at_);
  e.add(item::ofi_gain, ofi_);
  e.add(item::basis_bp, basis_);
  e.add(item::index_share, index_);
  e.add(item::depth_support, support_);
  const double move_log = std::log(extreme_ / start_);
  const double oi = m.open_interest();
  e.add(item::impulse_oi_pct, oi_before_ > 0 && oi > 0 ? (oi - oi_before_) / oi_before_ * 100 : unknown);
  if (spoofed) e.add(item::spoof_support, 1.0);
  e.note(item::return_sigma, std::abs(move_log) / sig60_);
  e.note(item::taker_share, share_);
  e.note(item::burst_ratio, burst_);
  e.note(item::rush_z, rush_z_);
  e.note(item::retrace_share, retraced_);
  out.evidence = e;
  out.on = settings_.learned_fake.on;
  out.active = true;
  out.confirmed = at_ == state::confirmed;
  out.at = at_;
  out.displacement = std::abs(move_log) / sig60_;
  out.volume = burst_;
  out.onset = onset_;
  out.last = confirmed_;
  if (!m.book_valid() || m.open_interest() <= 0 || !m.trades_complete())
    out.observability = TRAPLINE_OBSERVABILITY_REDUCED;
  return out;
}

assessment impulse::assess_move(const market& m) const noexcept {
  assessment out;
  // The impulse as such is over once a good part of it was taken back.
  if (at_ == state::idle || at_ >= state::three) return out;
  const double displacement = std::abs(std::log(extreme_ / start_)) / sig60_;
  score e(modelled_ ? logistic(settings_.model.bias) : prior(s_ > 0 ? kind::pump : kind::dump, at_));
  if (modelled_) {
    out.on = settings_.onset_at;
    for (std::size_t i = 0; i < onset_feature_count; ++i)
      e.add(onset_names[i], onset_values_[i], settings_.model.weight[i] * onset_values_[i]);
    e.note(item::return_sigma, displacement);
  } else {
    e.add(item::return_sigma, displacement);
    e.add(item::rush_z, rush_z_);
  }
  e.note(item::taker_share, share_);
  e.note(item::burst_ratio, burst_);
  out.evidence = e;
  out.active = true;
  out.confirmed = at_ == state::two;
  out.at = at_;
  out.displacement = displacement;
  out.volume = burst_;
  out.onset = onset_;
  out.last = peak_;
  if (!m.trades_complete()) out.observability = TRAPLINE_OBSERVABILITY_REDUCED;
  return out;
}

}  // namespace trapline::trap
