// Stop hunt: a level is swept on a burst of taker flow, and reclaimed within two minutes.
//
//   IDLE > ARMED (near a level) > SWEPT (one) > RECLAIMED (two) > CONFIRMED
//
// A break that is not reclaimed in time, or goes too far, is a break and not a hunt: the attempt ends. A sweep
// without burst or fall of open interest never passes 0.35, because a swept level alone is what chance gives.
#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "features/levels.hpp"
#include "features/market.hpp"
#include "patterns/assessment.hpp"

namespace trapline::trap {

class stop_hunt {
 public:
  // `direction`: +1 hunts the stops above a high, -1 those below a low.
  stop_hunt(sign direction, const stop_hunt_settings& s) : s_(direction), settings_(s) {}

  void on_trade(const market& m, const level_set& levels, const trade_tick& t) noexcept;
  void on_second(const market& m) noexcept;
  // An attempt moved to another state since the last call.
  bool take_changed() noexcept { return std::exchange(changed_, false); }
  assessment assess(const market& m) const noexcept;
  // Ends the episode: forgets every attempt.
  void reset() noexcept;

 private:
  struct attempt {
    state at = state::idle;
    double level = 0, strength = 0;
    double sig60 = 0;  // price units, frozen when the attempt begins
    double extreme = 0;
    std::int64_t swept = 0, reclaimed = 0, confirmed = 0;
    double burst = 0, share = 0, sweep = 0;  // of the strongest 5 s so far
    bool flow = false;                       // burst with taker share, or sweep range, reached its threshold
    double oi_before = 0, oi_drop_pct = 0;
    double ofi_before = 0;
    double depth_before = 0;
  };
  void arm(const market& m, const level_set& levels) noexcept;
  void step(attempt& a, const market& m, double price) noexcept;
  void sweep(attempt& a, const market& m) noexcept;
  void measure(attempt& a, const market& m) noexcept;
  void move(attempt& a, state to) noexcept;
  bool before(const attempt& a, const attempt& b) const noexcept;
  score evaluate(const attempt& a, const market& m) const noexcept;
  kind which() const noexcept { return s_ > 0 ? kind::stop_hunt_high : kind::stop_hunt_low; }

  sign s_;
  const stop_hunt_settings& settings_;
  std::array<attempt, 4> attempts_{};
  int live_ = 0;
  bool changed_ = false;
};

}  // namespace trapline::trap
