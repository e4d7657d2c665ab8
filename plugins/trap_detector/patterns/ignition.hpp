// Momentum ignition: out of a calm market a burst of sweeping orders on one side, others follow, and what they carried
// is taken back.
//
//   CALM (idle) > BURST (one) > FOLLOW (two) > REVERT (confirmed)
//
// Public data does not tell whose orders they are: "others follow" means that orders of that side keep coming faster
// than before the burst, and that the price goes on. Until it is taken back, it is a move like any other.
#pragma once

#include <cstdint>
#include <utility>

#include "features/market.hpp"
#include "patterns/assessment.hpp"

namespace trapline::trap {

class alignas(64) ignition {
 public:
  ignition(sign direction, const ignition_settings& s) : s_(direction), settings_(s) {}

  void on_trade(const market& m, const trade_tick& t) noexcept {
    if (at_ != state::idle) step(m, t.price);
    else if (t.side == s_ && m.burst_z(s_) >= settings_.burst_z) begin(m, t.price);
  }
  void on_second(const market& m) noexcept;
  bool take_changed() noexcept { return std::exchange(changed_, false); }
  bool active() const noexcept { return at_ != state::idle; }
  // `pulled`: an alarm of a liquidity pull stands on the side that the move goes through.
  assessment assess(const market& m, bool pulled) const noexcept;
  void reset() noexcept { move(state::idle); }

 private:
  void begin(const market& m, double price) noexcept;
  void step(const market& m, double price) noexcept;
  void measure(const market& m) noexcept;
  void move(state to) noexcept {
    if (at_ == to) return;
    at_ = to;
    changed_ = true;
  }
  double taken_back() const noexcept;

  sign s_;
  const ignition_settings& settings_;
  state at_ = state::idle;
  bool changed_ = false;

  double start_ = 0, extreme_ = 0, last_ = 0, sig60_ = 0;  // prices, and sig60 in price units at the burst
  std::int64_t onset_ = 0, extreme_ts_ = 0, reverted_ = 0, rearm_ = 0;
  double calm_ = 0, burst_z_ = 0, burst_ratio_ = 0, share_ = 0, sweeps_ = 0;
  double n_before_ = 0, n_rise_ = 0, rate_before_ = 0, follow_ratio_ = 0, ofi10_ = 0;
  double pushed_ = 0, reverting_ = 0;  // highest 5-s taker volume of either side, in each leg
};

}  // namespace trapline::trap
