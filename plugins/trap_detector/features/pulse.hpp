// The last seconds in steps of 100 ms: depth of both sides, mid, and what takers hit. For what happens faster than a
// one-second bin shows.
#pragma once

#include <array>
#include <cstdint>

#include "features/depth_book.hpp"

namespace trapline::trap {

class pulse {
 public:
  static constexpr std::int64_t step = 100'000'000;  // ns
  static constexpr std::int64_t span = 32;           // steps held

  struct slot {
    std::array<double, 2> depth{};  // within 10 bp, by book_side, at the end of the step; 0 = no book
    double mid = 0;
    std::array<double, 2> hit{};  // taker volume against that side
  };

  // Opens the step of `ts`; steps between repeat the book and have no trades. Cost O(skipped), at most O(span).
  void advance(std::int64_t ts) noexcept {
    const std::int64_t to = ts / step;
    if (to <= at_) return;
    slot quiet = slots_[static_cast<std::size_t>(at_) % span];
    quiet.hit = {};
    for (std::int64_t i = to - at_ < span ? at_ + 1 : to - span + 1; i <= to; ++i)
      slots_[static_cast<std::size_t>(i) % span] = quiet;
    at_ = to;
  }
  void on_trade(book_side hit, double size) noexcept { now().hit[static_cast<std::size_t>(hit)] += size; }
  void on_book(double bid_depth, double ask_depth, double mid) noexcept {
    now().depth = {bid_depth, ask_depth};
    now().mid = mid;
  }
  // The book is not known any more: nothing of before is comparable with what comes.
  void reset() noexcept { slots_ = {}; }

  // `steps` ago, 0 = the running one; below span.
  const slot& ago(std::int64_t steps) const noexcept { return slots_[static_cast<std::size_t>(at_ - steps) % span]; }
  // Taker volume against a side in the running step and `steps` before it.
  double hit(book_side s, std::int64_t steps) const noexcept {
    double sum = 0;
    for (std::int64_t i = 0; i <= steps; ++i) sum += ago(i).hit[static_cast<std::size_t>(s)];
    return sum;
  }

 private:
  slot& now() noexcept { return slots_[static_cast<std::size_t>(at_) % span]; }

  std::int64_t at_ = span;  // so that no index is negative before the first event
  std::array<slot, span> slots_{};
};

}  // namespace trapline::trap
