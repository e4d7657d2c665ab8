// What a pattern's state machine says at one moment, in the terms that all of them share.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "probability.hpp"
#include "trapline/abi/signal.h"

namespace trapline::trap {

struct assessment {
  bool active = false;           // an episode is in progress
  bool confirmed = false;        // the machine reached its last state
  state at = state::idle;        // the machine's state
  bool held = false;             // no alarm in this state, however low the threshold
  std::array<bool, 4> unused{};  // and below: part of a state, see threshold/move_detector.hpp
  double on = 0;                 // probability of an alarm, where it is not the option `alarm.on`; 0 = it is
  score evidence;
  double level = 0;         // price, 0 = the pattern has none here
  double displacement = 0;  // log-price move over sig60
  double volume = 0;        // taker volume against its expectation
  std::int64_t onset = 0;   // event ns
  std::int64_t last = 0;    // event ns of the newest evidence: a confirmed probability fades from here
  std::uint8_t observability = TRAPLINE_OBSERVABILITY_FULL;
  std::array<bool, 7> unused_too{};
};

// Size of the move against the market's own scale, 0..1. A move of 6 sig60 on 60 times the usual volume is 1.
inline double intensity(double displacement, double volume) noexcept {
  constexpr double full = 8.0;
  const double x = std::log1p(std::max(0.0, displacement)) * std::log1p(std::max(0.0, volume)) / full;
  return std::isfinite(x) ? std::clamp(x, 0.0, 1.0) : 0.0;
}

}  // namespace trapline::trap
