#include "patterns/pull.hpp"

#include <algorithm>
#include <cmath>

namespace trapline::trap {

namespace {
constexpr std::size_t ten_bp = 3;  // index into band_bp
constexpr double refilled = 0.7;   // of the depth before: it was no pull, or it is over
// Trades and book come over two channels: a trade may be told this much after the level fell.
constexpr std::int64_t skew = 300'000'000;
constexpr double usual_depth_share = 0.5;  // depth that vanishes must have been there in the first place
}  // namespace

void pull_watch::look(const market& m) noexcept {
  if (!m.book_valid()) return;
  const std::int64_t back = std::max<std::int64_t>(1, settings_.within / pulse::step);
  const auto& before = m.steps().ago(back);
  const auto i = static_cast<std::size_t>(side_);
  const double depth = m.depth(side_, ten_bp);
  if (depth > (1 - settings_.drop) * before.depth[i]) return;
  if (!(before.depth[i] >= usual_depth_share * m.d10()) || !m.trades_complete()) return;
  const double sig10 = m.sig10_price();
  if (!(sig10 > 0) || std::abs(m.mid() - before.mid) > sig10) return;
  const double fall = before.depth[i] - depth;
  at_ = state::armed;
  mid_ = before.mid;
  depth_ = before.depth[i];
  sig10_ = sig10;
  share_ = fall / depth_;
  traded_ = 0;
  const double other = before.depth[1 - i];
  other_ = other > 0 ? (other - m.depth(opposite(side_), ten_bp)) / other : 0.0;
  lean_ = s_ * m.micro_lean();
  moved_ = 0;
  dropped_ = m.now();
  through_ = 0;
}

void pull_watch::step(const market& m, double price) noexcept {
  if (at_ != state::armed && at_ != state::one) return;
  if (at_ == state::armed && m.now() - dropped_ >= skew) {
    const std::int64_t back = (m.now() - dropped_ + settings_.within) / pulse::step + 1;
    traded_ = m.steps().hit(side_, std::min(back, pulse::span - 1)) / (share_ * depth_);
    at_ = traded_ <= settings_.traded_max ? state::one : state::idle;
    changed_ = at_ == state::one;
    if (at_ == state::idle) return;
  }
  if (price > 0) moved_ = std::max(moved_, s_ * (price - mid_) / sig10_);
  if (at_ == state::one && moved_ >= settings_.move_sigma) {
    at_ = state::confirmed;
    through_ = m.now();
    changed_ = true;
    return;
  }
  if (m.now() - dropped_ > settings_.move_within || !m.book_valid() || m.depth(side_, ten_bp) >= refilled * depth_) {
    changed_ = active();
    at_ = state::idle;
  }
}

assessment pull_watch::assess(const market& m) const noexcept {
  assessment out;
  if (!active()) return out;
  score e(prior(s_ > 0 ? kind::liquidity_pull_up : kind::liquidity_pull_down, at_));
  e.add(item::pull_share, share_);
  e.add(item::pull_traded_share, traded_);
  // Makers who leave both sides expect news; they do not aim at one.
  e.add(item::pull_other_share, other_);
  e.add(item::micro_lean, lean_);
  if (at_ == state::confirmed) e.add(item::pull_move_sig10, moved_);
  else e.cap(0.45);
  out.evidence = e;
  out.active = true;
  out.confirmed = at_ == state::confirmed;
  out.level = mid_;
  out.displacement = moved_ * 0.408248290463863;  // sig10 / sig60
  out.volume = share_ * 10;
  out.onset = dropped_;
  out.last = through_;
  if (m.book_interval_s() > 0.5) out.observability = TRAPLINE_OBSERVABILITY_REDUCED;
  return out;
}

}  // namespace trapline::trap
