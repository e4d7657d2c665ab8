// Intensity of taker orders: sums with exponential memory, the state of a Hawkes process with such kernels.
//
//   S <- S * exp(-dt / tau) + 1 at each order of a side;  at a steady rate S settles at rate * tau.
//
// The kernels are 0.1, 1 and 10 s, so that one exponential gives all three decays as its powers.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "features/ew.hpp"
#include "features/flow.hpp"

namespace trapline::trap {

class order_intensity {
 public:
  enum kernel : std::uint8_t { tenth_second = 0, one_second = 1, ten_seconds = 2 };

  // One taker order at `ts` (event ns, not before the last one).
  void add(sign s, std::int64_t ts) noexcept {
    if (ts != ts_) decay(ts);
    for (auto& x : sums_[s > 0]) x += 1;
  }
  double value(sign s, kernel k, std::int64_t now) const noexcept {
    constexpr double tau[] = {0.1, 1, 10};
    return sums_[s > 0][k] * std::exp(-static_cast<double>(now - ts_) * 1e-9 / tau[k]);
  }

 private:
  void decay(std::int64_t ts) noexcept {
    const double ten = std::exp(-static_cast<double>(ts - ts_) * 1e-10);
    const auto tenth_power = [](double x) {
      const double x2 = x * x, x4 = x2 * x2;
      return x4 * x4 * x2;
    };
    const double one = tenth_power(ten), tenth = tenth_power(one);
    for (auto& side : sums_) {
      side[tenth_second] *= tenth;
      side[one_second] *= one;
      side[ten_seconds] *= ten;
    }
    ts_ = ts;
  }

  std::array<std::array<double, 3>, 2> sums_{};  // of sellers, of buyers
  std::int64_t ts_ = 0;
};

// Branching ratio n of the orders, from counts a second: for a Hawkes process whose kernels are short against a
// second, variance / mean of the counts is 1 / (1 - n)^2 (Hardiman and Bouchaud 2014). 0 for a Poisson stream.
class branching {
 public:
  // `half_life` in seconds.
  explicit branching(double half_life) noexcept : counts_(half_life), squares_(half_life) {}
  void add(double count) noexcept {
    counts_.add(count);
    squares_.add(count * count);
  }
  void add_zeros(std::int64_t k) noexcept {
    counts_.add_zeros(k);
    squares_.add_zeros(k);
  }
  double rate() const noexcept { return counts_.mean(); }  // orders a second
  double n() const noexcept {
    const double mean = counts_.mean();
    const double variance = squares_.mean() - mean * mean;
    return mean > 0 && variance > mean ? 1 - std::sqrt(mean / variance) : 0.0;
  }

 private:
  ew_mean counts_, squares_;
};

}  // namespace trapline::trap
