// Quantiles of a stream of sizes, high ones in particular, for streams of thousands a second.
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

// N quantiles of one stream. What belongs to a bin lies together: one cache line a sample, however many quantiles.
template <std::size_t N>
class log_quantiles {
 public:
  struct wanted {
    double q;              // 0..1
    std::uint32_t memory;  // at least 2
  };
  explicit log_quantiles(const std::array<wanted, N>& all) noexcept {
    for (std::size_t i = 0; i < N; ++i) pointers_[i].is = all[i];
  }
  log_quantiles(double q, std::uint32_t memory) noexcept requires(N == 1)
      : log_quantiles(std::array{wanted{q, memory}}) {}

  // `x` finite and not negative.
  void add(double x) noexcept {
    const std::size_t b = bin_of(x);
    bins_[b].sample = x;
    for (std::size_t i = 0; i < N; ++i) {
      auto& p = pointers_[i];
      ++bins_[b].counts[i];
      ++p.total;
      if (b < p.at) ++p.below;
      const double below = p.is.q * p.total;
      while (p.below > below) p.below -= bins_[--p.at].counts[i];
      while (p.below + bins_[p.at].counts[i] <= below && p.at + 1 < bins) p.below += bins_[p.at++].counts[i];
      if (p.total >= p.is.memory) fade(i);
    }
  }
  // 0 before the first sample.
  double value(std::size_t i = 0) const noexcept { return bins_[pointers_[i].at].sample; }
  // Samples in the estimate.
  std::uint32_t samples(std::size_t i = 0) const noexcept { return pointers_[i].total; }

 private:
  static constexpr std::size_t bins = 512;  // 64 octaves: 2^-32 .. 2^32

  static std::size_t bin_of(double x) noexcept {
    constexpr std::int64_t lowest = (1023 - 32) << 3;
    const auto eighths = static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(x) >> 49) - lowest;
    return static_cast<std::size_t>(std::clamp<std::int64_t>(eighths, 0, bins - 1));
  }
  void fade(std::size_t i) noexcept {
    auto& p = pointers_[i];
    p.total = p.below = 0;
    for (std::size_t k = 0; k < bins; ++k) {
      auto& count = bins_[k].counts[i];
      count /= 2;
      p.total += count;
      if (k < p.at) p.below += count;
    }
  }

  struct pointer {
    wanted is{};
    std::uint32_t total = 0, below = 0;  // below: in bins before `at`
    std::size_t at = 0;
  };
  struct bin {
    double sample = 0;  // the newest
    std::array<std::uint32_t, N> counts{};
  };
  std::array<pointer, N> pointers_{};
  std::array<bin, bins> bins_{};
};
using log_quantile = log_quantiles<1>;

}  // namespace trapline::trap
