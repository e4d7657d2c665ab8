// One quantile of a stream of sizes, high ones in particular, for streams of thousands a second.
//
// Samples are counted in bins of an eighth of an octave, and a pointer follows the quantile's bin: exact to the width
// of a bin (9 %), where P² (p2_quantile.hpp) converges slowly in a far tail, and a few instructions a sample. The
// answer is a sample that was seen, so that sizes of whole ticks or lots stay whole. The past is halved whenever
// `memory` samples are counted.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace trapline::trap {

class log_quantile {
 public:
  // `q` in 0..1; `memory` at least 2.
  log_quantile(double q, std::uint32_t memory) noexcept : q_(q), memory_(memory) {}

  // `x` finite and not negative.
  void add(double x) noexcept {
    const std::size_t b = bin(x);
    ++counts_[b];
    sample_[b] = x;
    ++total_;
    if (b < at_) ++below_;
    const double wanted = q_ * total_;
    while (below_ > wanted) below_ -= counts_[--at_];
    while (below_ + counts_[at_] <= wanted && at_ + 1 < bins) below_ += counts_[at_++];
    if (total_ >= memory_) fade();
  }
  // 0 before the first sample.
  double value() const noexcept { return sample_[at_]; }
  // Samples in the estimate.
  std::uint32_t samples() const noexcept { return total_; }

 private:
  static constexpr std::size_t bins = 512;  // 64 octaves: 2^-32 .. 2^32

  static std::size_t bin(double x) noexcept {
    constexpr std::int64_t lowest = (1023 - 32) << 3;
    const auto eighths = static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(x) >> 49) - lowest;
    return static_cast<std::size_t>(std::clamp<std::int64_t>(eighths, 0, bins - 1));
  }
  void fade() noexcept {
    total_ = below_ = 0;
    for (std::size_t i = 0; i < bins; ++i) {
      counts_[i] /= 2;
      total_ += counts_[i];
      if (i < at_) below_ += counts_[i];
    }
  }

  double q_;
  std::uint32_t memory_;
  std::uint32_t total_ = 0, below_ = 0;  // below_: in bins before at_
  std::size_t at_ = 0;
  std::array<std::uint32_t, bins> counts_{};
  std::array<double, bins> sample_{};  // the newest of each bin
};

}  // namespace trapline::trap
