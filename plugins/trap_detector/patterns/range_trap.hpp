// Bull trap and bear trap: a level is broken, the break is accepted, and then it fails.
//
//   IDLE > ARMED (near a level) > BROKEN (one) > ACCEPTED (two) > FAILING (three) > CONFIRMED
//
// Told from a stop hunt by the time spent beyond the level: more than two minutes, with acceptance. What goes
// on far beyond the level is a genuine break and ends the attempt.
#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "features/levels.hpp"
#include "features/market.hpp"
#include "patterns/assessment.hpp"

namespace trapline::trap {

class alignas(64) range_trap {
 public:
  // `direction`: +1 bull trap (above a high), -1 bear trap.
  range_trap(sign direction, const range_trap_settings& s) : s_(direction), settings_(s) {}

  void on_trade(const market& m, const level_set& levels, const trade_tick& t) noexcept;
  void on_second(const market& m, const level_set& levels) noexcept;
  bool take_changed() noexcept { return std::exchange(changed_, false); }
  bool active() const noexcept { return live_ > 0; }
  assessment assess(const market& m) const noexcept;
  void reset() noexcept;

 private:
  struct attempt {
    state at = state::idle;
    double level = 0, strength = 0;
    double sig60 = 0;  // price units, frozen when the attempt begins
    double extreme = 0;
    std::int64_t broken = 0, beyond_since = 0, returned = 0, confirmed = 0;
    double bought = 0, sold = 0;  // taker volume beyond the level
    double oi_before = 0, oi_peak = 0, oi_last = 0;
    double return_burst = 0, burst = 0;
  };
  void arm(const market& m, const level_set& levels) noexcept;
  void begin(attempt& a, const market& m) noexcept;
  void step(attempt& a, const market& m, double price) noexcept;
  void move(attempt& a, state to) noexcept;
  bool before(const attempt& a, const attempt& b) const noexcept;
  score evaluate(const attempt& a, const market& m) const noexcept;
  kind which() const noexcept { return s_ > 0 ? kind::bull_trap : kind::bear_trap; }

  sign s_;
  const range_trap_settings& settings_;
  int live_ = 0;
  bool changed_ = false;
  std::array<attempt, 4> attempts_{};
};

}  // namespace trapline::trap
