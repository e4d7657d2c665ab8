// From the machines to episodes with stages, and to one picture of the symbol.
#pragma once

#include <array>
#include <cstdint>

#include "patterns/assessment.hpp"
#include "settings.hpp"

namespace trapline::trap {

// Hysteresis of an alarm.
struct thresholds {
  double on = 0, off = 0;
};
// Where the pattern has a threshold of its own, its end is as far below as `alarm.off` is below `alarm.on`.
inline thresholds alarm_at(const assessment& a, const settings& s) noexcept {
  return a.on > 0 ? thresholds{a.on, a.on * s.off / s.on} : thresholds{s.on, s.off};
}

// Follows one class: gives ids, applies the hysteresis, lets a confirmed probability fade, ends every episode.
//
//   none > forming > detected (p >= on) > confirmed (last state and p >= on) > expired (p < off, or given up)
class tracker {
 public:
  // What to tell; stage NONE = nothing.
  struct news {
    std::uint8_t stage = TRAPLINE_STAGE_NONE;
    bool alarm = false;     // first detected or confirmed of the episode
    bool finished = false;  // the machine shall forget the episode
  };

  // `a` at event time `now`. `refractory`: ns after an alarm's episode without a new one of the class.
  news step(kind k, const assessment& a, std::int64_t now, const settings& s, std::int64_t refractory) noexcept;

  bool active() const noexcept { return stage_ != TRAPLINE_STAGE_NONE; }
  bool alarmed() const noexcept { return alarmed_ && active(); }
  std::uint8_t stage() const noexcept { return stage_; }
  std::uint64_t number() const noexcept { return number_; }
  // The next episode gets `n` + 1.
  void number_from(std::uint64_t n) noexcept { number_ = n; }
  double probability() const noexcept { return probability_; }
  // Onset of the newest episode that raised an alarm, ended or not; 0 = none yet.
  std::int64_t alarmed_onset() const noexcept { return alarmed_onset_; }
  const assessment& last() const noexcept { return last_; }

 private:
  news end(std::int64_t now, std::int64_t refractory) noexcept;

  std::uint8_t stage_ = TRAPLINE_STAGE_NONE;
  bool alarmed_ = false;
  [[maybe_unused]] std::array<bool, 6> unused_{};  // part of a state, see threshold/move_detector.hpp
  std::uint64_t number_ = 0;
  double probability_ = 0;
  std::int64_t confirmed_at_ = 0, fade_from_ = 0;
  std::int64_t ended_onset_ = 0, quiet_until_ = 0, alarmed_onset_ = 0;
  assessment last_;
};

// Confidence: how much of the wanted evidence was there, less where inputs are degraded. 0..1.
double confidence(const assessment& a) noexcept;
// TRAPLINE_SEVERITY_* of a probability and an intensity.
std::uint8_t severity(double probability, double intensity) noexcept;

// The symbol as a whole.
struct verdict {
  double probability = 0;
  int leading = -1;  // index of a kind, -1 = no trap in progress
};
// Patterns of price and flow rest on the same trades, so that the largest of them counts; spoofing, layering and the
// like rest on resting orders. The two groups are disjoint and join as 1 - (1-p)(1-q). A pump or dump is a move and
// no trap, absorption is legitimate, wash trading is a slow index: they have their rows, but no part in this.
verdict overall(const std::array<tracker, kind_count>& trackers) noexcept;

}  // namespace trapline::trap
