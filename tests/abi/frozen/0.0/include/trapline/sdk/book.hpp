// An order book for detectors and tools: flat sorted arrays, best price in O(1).
//
// Bids rise and asks fall towards the back, so that the best level is the last element and changes near
// the touch, which are most, move few bytes. After a GAP event of the book, or an error below, the book is
// invalid until the next snapshot and must not be used.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "trapline/abi/market.h"
#include "trapline/sdk/decimal.hpp"

namespace trapline::sdk {
inline namespace v0 {

class book {
 public:
  // Replaces the whole book. `levels`: bids, then asks, as in the event. False: counts and levels do not
  // match, a price or size is not positive, or the sides are out of order or crossed; the book is invalid then.
  bool apply_snapshot(const trapline_book& head, std::span<const trapline_level> levels) {
    valid_ = false;
    if (levels.size() != std::size_t{head.bid_count} + head.ask_count) return false;
    price_exp_ = head.price_exp;
    size_exp_ = head.size_exp;
    const auto bids = levels.first(head.bid_count), asks = levels.subspan(head.bid_count);
    bids_.assign(bids.rbegin(), bids.rend());
    asks_.assign(asks.rbegin(), asks.rend());
    const auto positive = [](const trapline_level& l) { return l.price > 0 && l.size > 0; };
    valid_ = std::all_of(levels.begin(), levels.end(), positive) &&
             std::adjacent_find(bids_.begin(), bids_.end(), [](auto& a, auto& b) { return a.price >= b.price; }) ==
                 bids_.end() &&
             std::adjacent_find(asks_.begin(), asks_.end(), [](auto& a, auto& b) { return a.price <= b.price; }) ==
                 asks_.end() &&
             !crossed();
    return valid_;
  }

  // Applies absolute level sizes (0 deletes; deleting an absent level is harmless). False: the book was
  // not valid, or is crossed now or cannot hold the event's numbers, and is invalid from here on.
  bool apply_delta(const trapline_book& head, std::span<const trapline_level> levels) {
    if (!valid_) return false;
    if (levels.size() != std::size_t{head.bid_count} + head.ask_count || !adopt_exponents(head)) return valid_ = false;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      const auto price = rescale(levels[i].price, head.price_exp, price_exp_);
      const auto size = rescale(levels[i].size, head.size_exp, size_exp_);
      if (!price || !size || *price <= 0 || *size < 0) return valid_ = false;
      if (i < head.bid_count) set<true>(bids_, {*price, *size});
      else set<false>(asks_, {*price, *size});
    }
    return valid_ = !crossed();
  }

  void invalidate() noexcept { valid_ = false; }
  bool valid() const noexcept { return valid_; }
  int price_exp() const noexcept { return price_exp_; }
  int size_exp() const noexcept { return size_exp_; }

  std::size_t bid_count() const noexcept { return bids_.size(); }
  std::size_t ask_count() const noexcept { return asks_.size(); }
  // The i-th best level, 0 = best; i below the count.
  const trapline_level& bid(std::size_t i) const noexcept { return bids_[bids_.size() - 1 - i]; }
  const trapline_level& ask(std::size_t i) const noexcept { return asks_[asks_.size() - 1 - i]; }

 private:
  using side = std::vector<trapline_level>;

  template <bool Bids>
  static void set(side& levels, trapline_level level) {
    const auto worse = [](const trapline_level& a, std::int64_t price) {
      return Bids ? a.price < price : a.price > price;
    };
    const auto it = std::lower_bound(levels.begin(), levels.end(), level.price, worse);
    const bool found = it != levels.end() && it->price == level.price;
    if (level.size == 0) {
      if (found) levels.erase(it);
    } else if (found) {
      it->size = level.size;
    } else {
      levels.insert(it, level);
    }
  }

  bool crossed() const noexcept { return !bids_.empty() && !asks_.empty() && bids_.back().price >= asks_.back().price; }

  // The finer exponent of the two is kept, so that nothing is rounded.
  bool adopt_exponents(const trapline_book& head) {
    if (head.price_exp >= price_exp_ && head.size_exp >= size_exp_) return true;
    const int pe = std::min<int>(price_exp_, head.price_exp), se = std::min<int>(size_exp_, head.size_exp);
    for (side* s : {&bids_, &asks_})
      for (auto& l : *s) {
        const auto price = rescale(l.price, price_exp_, pe);
        const auto size = rescale(l.size, size_exp_, se);
        if (!price || !size) return false;
        l = {*price, *size};
      }
    price_exp_ = pe;
    size_exp_ = se;
    return true;
  }

  side bids_, asks_;
  int price_exp_ = 0, size_exp_ = 0;
  bool valid_ = false;
};

}  // namespace v0
}  // namespace trapline::sdk
