// Exponentially weighted moments over an evenly spaced series.
//
// A sample k steps old weighs 2^(-k / half_life). Weights are normalised by their own sum, so that a young
// series is an ordinary average and not biased towards zero.
#pragma once

#include <cmath>
#include <cstdint>

namespace trapline::trap {

class ew_mean {
 public:
  // `half_life` in steps, above 0.
  explicit ew_mean(double half_life) noexcept : decay_(std::exp2(-1.0 / half_life)) {}

  void add(double x) noexcept {
    sum_ = sum_ * decay_ + x;
    weight_ = weight_ * decay_ + 1.0;
  }
  // As `k` calls of add(0), in constant time.
  void add_zeros(std::int64_t k) noexcept {
    if (k <= 0) return;
    const double d = std::pow(decay_, static_cast<double>(k));
    sum_ *= d;
    weight_ = weight_ * d + (1.0 - d) / (1.0 - decay_);
  }
  // 0 before the first sample.
  double mean() const noexcept { return weight_ > 0 ? sum_ / weight_ : 0.0; }
  // Sum of weights: the effective number of samples.
  double weight() const noexcept { return weight_; }

 private:
  double decay_;
  double sum_ = 0, weight_ = 0;
};

// Mean and standard deviation about it.
class ew_moments {
 public:
  explicit ew_moments(double half_life) noexcept : x_(half_life), xx_(half_life) {}
  void add(double x) noexcept {
    x_.add(x);
    xx_.add(x * x);
  }
  double mean() const noexcept { return x_.mean(); }
  double stddev() const noexcept {
    const double v = xx_.mean() - x_.mean() * x_.mean();
    return v > 0 ? std::sqrt(v) : 0.0;
  }
  double weight() const noexcept { return x_.weight(); }

 private:
  ew_mean x_, xx_;
};

}  // namespace trapline::trap
