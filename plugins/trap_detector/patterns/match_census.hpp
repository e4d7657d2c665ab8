// How often this market shows withdrawn layers by itself: the scale against which a repetition is one.
//
// Orders that are large, stand for a moment and leave while others trade are common (detection.md 0.3), and three of
// them in two minutes come by chance where thirty an hour do. Each market is therefore its own yardstick: matches are
// counted by size, life and distance, fading with a half-life of 30 minutes, and a run of them is rare or common
// against what was usual before it. One event in ten minutes, fewer the longer they stand, is put in for what is not
// known yet: the recording of BTCUSDT has one in six on both sides (detection.md 0.3), and of those that stand t
// seconds about as many as 1/t.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "settings.hpp"

namespace trapline::trap {

class match_census {
 public:
  // From here on matches would be seen.
  void start(std::int64_t now) noexcept {
    if (start_ == 0) start_ = base_ = now;
  }
  // `share`: size over D10; `life_s`: how long it stood; `bp`: from the mid. All above 0.
  void add(std::int64_t ts, double share, double life_s, double bp) noexcept {
    if (start_ == 0) return;
    if (ts - base_ > 8 * half_life) rebase(ts);
    const float weight = static_cast<float>(std::exp2(halves(ts)));
    cells_[(size_bin(share) * lives + life_bin(life_s)) * distances + distance_bin(bp)] += weight;
  }
  // Matches at least as large, as long and as near that `window` ns usually hold.
  double expected(std::int64_t now, std::int64_t window, double share, double life_s, double bp) const noexcept {
    double sum = 0;
    for (std::size_t s = size_bin(share); s < sizes; ++s)
      for (std::size_t l = life_bin(life_s); l < lives; ++l)
        for (std::size_t d = 0; d <= distance_bin(bp); ++d)
          sum += static_cast<double>(cells_[(s * lives + l) * distances + d]);
    const double faded = sum * std::exp2(-halves(now));
    // The seconds that were watched, faded alike.
    const double watched = start_ == 0 ? 0.0 : faded_whole * (1 - std::exp2(-halves_between(start_, now)));
    const double unknown = std::min(1.0, 0.3 / life_s);
    return (faded + unknown) / (watched + prior_time) * static_cast<double>(window) * 1e-9;
  }

 private:
  static constexpr std::size_t sizes = 16, lives = 7, distances = 7;
  static constexpr std::int64_t half_life = 30 * minute;
  static constexpr double faded_whole = 1800 / 0.6931471805599453;  // s: all time, faded
  static constexpr double prior_time = 600;

  static std::size_t bin(double x, double least, double each_octave, std::size_t n) noexcept {
    const double b = std::floor(each_octave * std::log2(std::max(x, 1e-9) / least));
    return static_cast<std::size_t>(std::clamp(b, 0.0, static_cast<double>(n - 1)));
  }
  static std::size_t size_bin(double share) noexcept { return bin(share, 0.1, 4, sizes); }
  static std::size_t life_bin(double s) noexcept { return bin(s, 0.3, 1, lives); }
  static std::size_t distance_bin(double bp) noexcept { return bin(bp, 0.25, 1, distances); }
  static double halves_between(std::int64_t from, std::int64_t to) noexcept {
    return static_cast<double>(to - from) / static_cast<double>(half_life);
  }
  double halves(std::int64_t ts) const noexcept { return halves_between(base_, ts); }
  void rebase(std::int64_t ts) noexcept {
    const float left = static_cast<float>(std::exp2(-halves(ts)));
    for (auto& c : cells_) c *= left;
    base_ = ts;
  }

  std::int64_t start_ = 0, base_ = 0;  // base_: where a weight is 1
  std::array<float, sizes * lives * distances> cells_{};
};

// -log10 of the probability that chance makes `n` or more events where `expected` are usual (Poisson), at most 9.
inline double chance_log10(int n, double expected) noexcept {
  if (n <= 0) return 0;
  double term = std::exp(-expected);
  for (int k = 1; k <= n; ++k) term *= expected / k;
  double tail = 0;
  for (int k = n; k < n + 200 && term > tail * 1e-9; ++k) {
    tail += term;
    term *= expected / (k + 1);
  }
  return tail > 1e-9 ? std::max(0.0, -std::log10(tail)) : 9.0;
}

}  // namespace trapline::trap
