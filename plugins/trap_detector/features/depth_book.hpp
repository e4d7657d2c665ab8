// The order book as the detectors see it: fixed memory, doubles, and a call for every level that changes.
//
// sdk::book keeps exact mantissas in growing vectors; here memory must not grow after the first sight of a
// symbol and every change of a level has to be seen. Prices become doubles by the correctly rounded division
// of sdk::to_double, so equal decimals are equal doubles whatever their exponents (up to 2^53 in the mantissa).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>

#include "trapline/abi/market.h"
#include "trapline/sdk/decimal.hpp"

namespace trapline::trap {

// Mantissas of one exponent as numbers: what sdk::to_double gives (up to 2^53), with the power looked up once. NaN for
// what no market has: the largest and least of an int64, which stand for "none" in more than one feed, and 10^15 and
// more.
class unit {
 public:
  explicit unit(int exp) noexcept
      : factor_(exp >= 0 ? sdk::to_double(1, exp) : 1.0), divisor_(exp < 0 ? sdk::to_double(1, -exp) : 1.0) {}

  double of(std::int64_t mantissa) const noexcept {
    constexpr auto least = std::numeric_limits<std::int64_t>::min(), most = std::numeric_limits<std::int64_t>::max();
    const double v = static_cast<double>(mantissa) * factor_ / divisor_;
    return mantissa != least && mantissa != most && v < 1e15 ? v : std::numeric_limits<double>::quiet_NaN();
  }

 private:
  double factor_, divisor_;
};
inline double amount(std::int64_t mantissa, int exp) noexcept { return unit(exp).of(mantissa); }

enum class book_side : std::uint8_t { bid = 0, ask = 1 };
constexpr book_side opposite(book_side s) noexcept { return s == book_side::bid ? book_side::ask : book_side::bid; }

class depth_book {
 public:
  struct level {
    double price, size;
  };
  // Levels a side. Those farther from the touch are dropped; 25 bp of BTC at 0.1 ticks are ~1500 levels at
  // most and a venue sends some 500.
  static constexpr std::size_t capacity = 1024;

  // Replaces the book. False, and invalid: wrong counts, a number that is not positive and finite, or sides
  // that are out of order or crossed.
  bool snapshot(const trapline_book& head, std::span<const trapline_level> levels) noexcept {
    valid_ = false;
    if (levels.size() != std::size_t{head.bid_count} + head.ask_count) return false;
    bids_.count = asks_.count = 0;
    valid_ = fill<true>(bids_, head, levels.first(head.bid_count)) &&
             fill<false>(asks_, head, levels.subspan(head.bid_count)) && !crossed();
    return valid_;
  }

  // Applies absolute sizes, 0 deletes. `changed(side, price, old_size, new_size)` is called for every level
  // whose size changes. False, and invalid: the book was not valid, is crossed now, or the event is malformed.
  template <class Changed>
  bool delta(const trapline_book& head, std::span<const trapline_level> levels, Changed&& changed) {
    if (!valid_) return false;
    if (levels.size() != std::size_t{head.bid_count} + head.ask_count) return valid_ = false;
    const unit price(head.price_exp), size(head.size_exp);
    bids_.last = bids_.count;
    asks_.last = asks_.count;
    // In two steps, so that the divisions of several levels overlap.
    std::array<level, 32> some;
    for (std::size_t begin = 0; begin < levels.size(); begin += some.size()) {
      const std::size_t n = std::min(some.size(), levels.size() - begin);
      for (std::size_t i = 0; i < n; ++i)
        some[i] = {price.of(levels[begin + i].price), size.of(levels[begin + i].size)};
      for (std::size_t i = 0; i < n; ++i) {
        const level& l = some[i];
        if (!(l.price > 0) || !(l.size >= 0)) return valid_ = false;
        const bool bid = begin + i < head.bid_count;
        const double before = bid ? set<true>(bids_, l) : set<false>(asks_, l);
        if (before != l.size) changed(bid ? book_side::bid : book_side::ask, l.price, before, l.size);
      }
    }
    return valid_ = !crossed();
  }

  void invalidate() noexcept { valid_ = false; }
  bool valid() const noexcept { return valid_; }
  bool two_sided() const noexcept { return valid_ && bids_.count > 0 && asks_.count > 0; }

  std::size_t count(book_side s) const noexcept { return side(s).count; }
  // The i-th best level, 0 = best; i below the count.
  level at(book_side s, std::size_t i) const noexcept {
    const auto& x = side(s);
    return {x.prices[x.count - 1 - i], x.sizes[x.count - 1 - i]};
  }
  // The sizes of a side, the best last.
  std::span<const double> sizes(book_side s) const noexcept { return {side(s).sizes.data(), side(s).count}; }
  // How many levels are within `reach` of `mid`, looked for from `hint` outwards; any hint is right.
  std::size_t within(book_side s, double mid, double reach, std::size_t hint) const noexcept {
    const auto& x = side(s);
    const double direction = s == book_side::bid ? -1 : 1;
    const auto beyond = [=](double price) { return direction * (price - mid) > reach; };
    return x.count - first_not(x, beyond, x.count - std::min(hint, x.count));
  }
  // Size at a price, 0 = none.
  double size_at(book_side s, double price) const noexcept {
    const auto& x = side(s);
    const std::size_t i = s == book_side::bid ? find<true>(x, price, x.count) : find<false>(x, price, x.count);
    return i < x.count && x.prices[i] == price ? x.sizes[i] : 0.0;
  }

 private:
  struct half {
    // The best is the last, so that changes near the touch move little. Prices are searched, sizes are summed: apart,
    // either reads half as much memory.
    std::array<double, capacity> prices, sizes;
    std::size_t count = 0;
    std::size_t last = 0;  // where the last change was; any number is right
  };
  const half& side(book_side s) const noexcept { return s == book_side::bid ? bids_ : asks_; }

  template <bool Bids>
  static bool worse(double a, double b) noexcept {
    return Bids ? a < b : a > b;
  }

  // Index of the first level that is not worse than `price`. Venues send the changes of a message in the order of their
  // prices, so that the next one is near the last: the hint.
  template <bool Bids>
  static std::size_t find(const half& h, double price, std::size_t hint) noexcept {
    return first_not(
        h, [=](double p) { return worse<Bids>(p, price); }, hint);
  }

  // Index of the first level whose price is not `worse`, as those before all are, looked for from `hint` outwards.
  template <class Worse>
  static std::size_t first_not(const half& h, Worse worse, std::size_t hint) noexcept {
    const auto is_worse = [&](std::size_t i) { return worse(h.prices[i]); };
    std::size_t from = 0, to = h.count;  // everything below `from` is worse, nothing from `to` on
    if (hint < to && is_worse(hint)) {
      from = hint + 1;
      for (std::size_t step = 1; from + step <= to; step *= 2) {
        if (!is_worse(from + step - 1)) {
          to = from + step - 1;
          break;
        }
        from += step;
      }
    } else {
      to = std::min(hint, to);
      for (std::size_t step = 1; step <= to; step *= 2) {
        if (is_worse(to - step)) {
          from = to - step + 1;
          break;
        }
        to -= step;
      }
    }
    while (from < to) {
      const std::size_t middle = (from + to) / 2;
      const bool w = is_worse(middle);
      from = w ? middle + 1 : from;
      to = w ? to : middle;
    }
    return from;
  }

  // Returns the size that stood there before. A level beyond the capacity reads as unchanged.
  template <bool Bids>
  static double set(half& h, level l) noexcept {
    const std::size_t i = find<Bids>(h, l.price, h.last);
    h.last = i;
    double* const p = h.prices.data();
    double* const q = h.sizes.data();
    if (i < h.count && p[i] == l.price) {
      const double before = q[i];
      if (l.size > 0) {
        q[i] = l.size;
      } else {
        std::copy(p + i + 1, p + h.count, p + i);
        std::copy(q + i + 1, q + h.count, q + i);
        --h.count;
      }
      return before;
    }
    if (l.size == 0) return 0.0;
    if (h.count == capacity) {
      if (i == 0) return l.size;
      std::copy(p + 1, p + i, p);
      std::copy(q + 1, q + i, q);
      p[i - 1] = l.price;
      q[i - 1] = l.size;
      return 0.0;
    }
    std::copy_backward(p + i, p + h.count, p + h.count + 1);
    std::copy_backward(q + i, q + h.count, q + h.count + 1);
    p[i] = l.price;
    q[i] = l.size;
    ++h.count;
    return 0.0;
  }

  template <bool Bids>
  static bool fill(half& h, const trapline_book& head, std::span<const trapline_level> levels) noexcept {
    const std::size_t n = std::min(levels.size(), capacity);
    const unit price(head.price_exp), size(head.size_exp);
    for (std::size_t i = 0; i < levels.size(); ++i) {
      const level l{price.of(levels[i].price), size.of(levels[i].size)};
      if (!(l.price > 0) || !(l.size > 0)) return false;
      if (i > 0 && !(Bids ? levels[i].price < levels[i - 1].price : levels[i].price > levels[i - 1].price))
        return false;
      if (i >= n) continue;
      h.prices[n - 1 - i] = l.price;
      h.sizes[n - 1 - i] = l.size;
    }
    h.count = n;
    return true;
  }

  bool crossed() const noexcept {
    return bids_.count > 0 && asks_.count > 0 && bids_.prices[bids_.count - 1] >= asks_.prices[asks_.count - 1];
  }

  half bids_, asks_;
  bool valid_ = false;
};

}  // namespace trapline::trap
