// One quantile of a stream in constant memory: the P² algorithm (Jain and Chlamtac, CACM 28(10), 1985).
//
// The published algorithm weighs all history alike. With a `memory` above 0 the marker positions are halved
// whenever that many samples are reached, so that old samples fade and the estimate follows the market.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace trapline::trap {

class p2_quantile {
 public:
  // `q` in 0..1. `memory`: samples after which the past is halved in weight, 0 = never.
  explicit p2_quantile(double q, double memory = 0) noexcept : q_(q), memory_(memory) {}

  // `x` must be finite.
  void add(double x) noexcept {
    if (count_ < 5) {
      height_[count_++] = x;
      if (count_ == 5) {
        std::sort(height_.begin(), height_.end());
        position_ = {1, 2, 3, 4, 5};
        behind_ = {0, 1 + 2 * q_ - 2, 1 + 4 * q_ - 3, 3 + 2 * q_ - 4, 0};
      }
      return;
    }
    int cell = 0;
    if (x < height_[0]) {
      height_[0] = x;
    } else if (x >= height_[4]) {
      height_[4] = x;
      cell = 3;
    } else {
      cell = (x >= height_[1]) + (x >= height_[2]) + (x >= height_[3]);
    }
    const double moved1 = cell < 1, moved2 = cell < 2, moved3 = cell < 3;
    position_[1] += moved1;
    position_[2] += moved2;
    position_[3] += moved3;
    position_[4] += 1;
    behind_[1] += q_ / 2 - moved1;
    behind_[2] += q_ - moved2;
    behind_[3] += (1 + q_) / 2 - moved3;
    for (std::size_t i = 1; i < 4; ++i)
      if (std::abs(behind_[i]) >= 1) adjust(i);
    if (memory_ > 0 && position_[4] >= memory_) fade();
  }

  // Of fewer than five samples: the nearest order statistic. 0 without any.
  double value() const noexcept {
    if (count_ >= 5) return height_[2];
    if (count_ == 0) return 0;
    auto sorted = height_;
    std::sort(sorted.begin(), sorted.begin() + count_);
    return sorted[std::min<std::size_t>(count_ - 1, static_cast<std::size_t>(q_ * static_cast<double>(count_)))];
  }
  // Samples in the estimate (fewer than seen once the past was halved).
  double samples() const noexcept { return count_ < 5 ? static_cast<double>(count_) : position_[4]; }

 private:
  void adjust(std::size_t i) noexcept {
    const double d = behind_[i];
    const double right = position_[i + 1] - position_[i], left = position_[i - 1] - position_[i];
    if (!((d >= 1 && right > 1) || (d <= -1 && left < -1))) return;
    const double s = d > 0 ? 1 : -1;
    const double span = position_[i + 1] - position_[i - 1];
    const double parabolic =
        height_[i] + s / span *
                         ((position_[i] - position_[i - 1] + s) * (height_[i + 1] - height_[i]) / right +
                          (position_[i + 1] - position_[i] - s) * (height_[i] - height_[i - 1]) / -left);
    if (height_[i - 1] < parabolic && parabolic < height_[i + 1]) {
      height_[i] = parabolic;
    } else {
      const std::size_t j = s > 0 ? i + 1 : i - 1;
      height_[i] += s * (height_[j] - height_[i]) / (position_[j] - position_[i]);
    }
    position_[i] += s;
    behind_[i] -= s;
  }

  void fade() noexcept {
    for (std::size_t i = 0; i < 5; ++i) {
      position_[i] = 1 + (position_[i] - 1) / 2;
      behind_[i] /= 2;
    }
  }

  double q_, memory_;
  std::uint8_t count_ = 0;
  // behind_: where a marker should be, less where it is
  std::array<double, 5> height_{}, position_{}, behind_{};
};

}  // namespace trapline::trap
