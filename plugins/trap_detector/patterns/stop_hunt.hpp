// Stop hunt: a level is swept on a burst of taker flow, and reclaimed within two minutes.
//
//   IDLE > ARMED (near a level) > SWEPT (one) > RECLAIMED (two) > CONFIRMED
//
// A break that is not reclaimed in time, or goes too far, is a break and not a hunt: the attempt ends. A sweep
// without burst or fall of open interest never passes 0.35, because a swept level alone is what chance gives.
//
// Two forms of it have names of their own. A liquidity grab is a hunt in which a good part of the swept side's depth
// vanished: told beside the hunt. A half liquidity grab is one of the same structure and smaller thresholds, told by a
// machine of its own, which gives up as soon as the sweep is as large as a hunt's.
#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "features/levels.hpp"
#include "features/market.hpp"
#include "patterns/assessment.hpp"

namespace trapline::trap {

class alignas(64) stop_hunt {
 public:
  // `direction`: +1 hunts the stops above a high, -1 those below a low.
  stop_hunt(sign direction, const stop_hunt_settings& s, const liquidity_grab_settings& grab, bool half = false)
      : s_(direction), settings_(s), grab_(grab), half_(half), scale_(half ? grab.half_scale : 1.0) {}

  void on_trade(const market& m, const level_set& levels, const trade_tick& t) noexcept;
  void on_second(const market& m) noexcept;
  // An attempt moved to another state since the last call.
  bool take_changed() noexcept { return std::exchange(changed_, false); }
  bool active() const noexcept { return live_ > 0; }
  assessment assess(const market& m) const noexcept;
  // The same attempt as a liquidity grab; not active unless enough depth vanished.
  assessment assess_grab(const market& m) const noexcept;
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
    bool run_over = false;                   // the price stood before the level when the thrust began
    double oi_before = 0, oi_drop_pct = 0;
    double ofi_before = 0;
    double depth_before = 0, depth_least = 0;
    double depletion() const noexcept { return depth_before > 0 ? 1 - depth_least / depth_before : 0.0; }
  };
  void arm(const market& m, const level_set& levels) noexcept;
  void step(attempt& a, const market& m, double price) noexcept;
  void sweep(attempt& a, const market& m) noexcept;
  void measure(attempt& a, const market& m) noexcept;
  void move(attempt& a, state to) noexcept;
  bool before(const attempt& a, const attempt& b) const noexcept;
  const attempt* best() const noexcept;
  // Flow or open interest stand behind it: a swept level alone is what chance gives.
  bool evident(const attempt& a) const noexcept { return a.flow || a.oi_drop_pct >= settings_.oi_drop_pct; }
  // `e`: what is known before any evidence.
  score evaluate(const attempt& a, const market& m, score e) const noexcept;
  assessment assessment_of(const attempt& a, const market& m, const score& e) const noexcept;
  kind which() const noexcept {
    if (half_) return s_ > 0 ? kind::half_liquidity_grab_high : kind::half_liquidity_grab_low;
    return s_ > 0 ? kind::stop_hunt_high : kind::stop_hunt_low;
  }

  sign s_;
  const stop_hunt_settings& settings_;
  const liquidity_grab_settings& grab_;
  bool half_;
  double scale_;  // of the thresholds
  int live_ = 0;
  bool changed_ = false;
  std::array<attempt, 4> attempts_{};
};

}  // namespace trapline::trap
