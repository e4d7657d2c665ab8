// Quote stuffing: far more level changes than usual, or one level that appears and vanishes again and again.
//
//   IDLE > RATE (one: this second is over the threshold) > CONFIRMED (for `lasting`)
//
// A throttled feed shows a sample of what happens: there the probability is capped and `observability` is low.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <utility>

#include "features/market.hpp"
#include "patterns/assessment.hpp"

namespace trapline::trap {

class alignas(64) stuffing_watch {
 public:
  stuffing_watch(book_side side, const stuffing_settings& s) : side_(side), settings_(s) {}

  // One changed level of this side.
  void on_change(double price, double before, double after) noexcept {
    ++changes_;
    if ((before > 0) != (after > 0)) flip(price);
  }
  // A second was closed; `m` has opened the next. `passed`: how many.
  void on_second(const market& m, std::int64_t passed) noexcept;
  bool take_changed() noexcept { return std::exchange(changed_, false); }
  bool active() const noexcept { return at_ != state::idle; }
  assessment assess(const market& m) const noexcept;
  // The book is not known any more.
  void reset() noexcept;

 private:
  // How often each price appeared or vanished in the running second. Two prices may share a slot: then the later one
  // starts anew, so that a collision hides flips and never makes one up.
  struct slot {
    double price = 0;
    std::uint32_t epoch = 0, flips = 0;
  };
  void flip(double price) noexcept {
    slot& s = slots_[(std::bit_cast<std::uint64_t>(price) * 0x9e3779b97f4a7c15u) >> 56];
    if (s.epoch != epoch_ || s.price != price) s = {price, epoch_, 0};
    if (++s.flips > flips_) {
      flips_ = s.flips;
      flipping_ = price;
    }
  }
  bool throttled(const market& m) const noexcept {
    return m.book_interval_s() * 1e9 >= static_cast<double>(settings_.throttled_from);
  }
  void move(state to) noexcept {
    if (at_ == to) return;
    at_ = to;
    changed_ = true;
  }

  book_side side_;
  const stuffing_settings& settings_;
  state at_ = state::idle;
  bool changed_ = false;

  std::uint32_t epoch_ = 1, changes_ = 0, flips_ = 0;
  double flipping_ = 0;
  ew_moments usual_changes_{900}, usual_flips_{900};  // a second, half-life 15 min

  double changes_z_ = 0, flips_z_ = 0, per_trade_ = 0, level_ = 0, flips_a_second_ = 0;  // highest of the episode
  std::int64_t onset_ = 0, last_ = 0;
  std::array<slot, 256> slots_{};
};

}  // namespace trapline::trap
