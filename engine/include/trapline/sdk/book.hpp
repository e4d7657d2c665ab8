// An order book for detectors and tools: flat sorted arrays of exact levels.
//
//   void on(const trapline_event& e, const trapline_book& b) { if (books_[e.instrument].apply(e, b)) ... }
//   void on(const trapline_event& e, const trapline_gap& g) { books_[e.instrument].apply(g); }  // BUS: all of them
//
// Bids rise and asks fall towards the back, so that the best level is the last element: reading it is O(1), and a
// change k levels from the touch costs O(k) to find (O(log n) past the first few) and moves k levels of 16 bytes.
// Memory grows with the deepest book seen, up to a bound, and is kept: no allocation after that.
//
// A book is invalid from the first doubt (see apply()) until the next snapshot and must not be read meanwhile. One
// thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "trapline/abi/market.h"
#include "trapline/abi/system.h"
#include "trapline/sdk/decimal.hpp"
#include "trapline/sdk/event.hpp"

namespace trapline::sdk {
inline namespace v0 {

class book {
 public:
  // `most`: levels a side; a deeper book is refused, not cut, because levels cut off would be missed when the book
  // falls back to them.
  explicit book(std::size_t most = 16'384) noexcept : most_(most) {}

  // Applies a BOOK_SNAPSHOT or BOOK_DELTA event. False: the book is invalid now, because the event is malformed or
  // breaks the book (as below), or is a delta that does not join what is here: another venue_prev_seq than the last
  // venue_seq, events dropped before it (CONFLATED, AFTER_GAP), or no valid book to apply it to. True: applied. If the
  // venue's message goes on in the next event (no LAST_IN_BATCH), valid() waits for its end.
  bool apply(const trapline_event& e, const trapline_book& head) {
    whole_ = (e.flags & TRAPLINE_FLAG_LAST_IN_BATCH) != 0;
    if (e.type == TRAPLINE_EVENT_BOOK_SNAPSHOT) return snapshot(head, levels(e, head));
    if (e.type != TRAPLINE_EVENT_BOOK_DELTA || (e.flags & (TRAPLINE_FLAG_CONFLATED | TRAPLINE_FLAG_AFTER_GAP)) != 0)
      return intact_ = false;
    return delta(head, levels(e, head));
  }

  // A GAP event for this book's instrument, or of the lane.
  void apply(const trapline_gap& gap) noexcept {
    if (gap.channel == TRAPLINE_GAP_BOOK || gap.channel == TRAPLINE_GAP_BUS) invalidate();
  }

  // Replaces the whole book. `levels`: bids, then asks, as in the event. False: counts and levels do not match or pass
  // the bound, a price or size is not positive, or the sides are out of order or crossed; the book is invalid then.
  bool apply_snapshot(const trapline_book& head, std::span<const trapline_level> levels) {
    whole_ = true;
    return snapshot(head, levels);
  }

  // Applies absolute level sizes (0 deletes; deleting an absent level is harmless). False: the book was not valid, the
  // delta does not join it, it is crossed now or cannot hold the event's numbers; it is invalid from here on.
  bool apply_delta(const trapline_book& head, std::span<const trapline_level> levels) {
    whole_ = true;
    return delta(head, levels);
  }

  void invalidate() noexcept { intact_ = false; }
  bool valid() const noexcept { return intact_ && whole_; }

  // Prices and sizes of all levels are mantissas at these exponents: the finest that the venue has sent since the
  // snapshot.
  int price_exp() const noexcept { return price_exp_; }
  int size_exp() const noexcept { return size_exp_; }
  // The venue's number of this state, 0 = it gives none.
  std::uint64_t venue_seq() const noexcept { return seq_; }

  std::size_t bid_count() const noexcept { return bids_.size(); }
  std::size_t ask_count() const noexcept { return asks_.size(); }
  // The i-th best level, 0 = best; i below the count.
  const trapline_level& bid(std::size_t i) const noexcept { return bids_[bids_.size() - 1 - i]; }
  const trapline_level& ask(std::size_t i) const noexcept { return asks_[asks_.size() - 1 - i]; }

 private:
  using side = std::vector<trapline_level>;

  bool snapshot(const trapline_book& head, std::span<const trapline_level> levels) {
    intact_ = false;
    if (!sound(head, levels) || head.bid_count > most_ || head.ask_count > most_) return false;
    price_exp_ = head.price_exp;
    size_exp_ = head.size_exp;
    seq_ = head.venue_seq;
    const auto bids = levels.first(head.bid_count), asks = levels.subspan(head.bid_count);
    bids_.assign(bids.rbegin(), bids.rend());
    asks_.assign(asks.rbegin(), asks.rend());
    const auto positive = [](const trapline_level& l) { return l.price > 0 && l.size > 0; };
    return intact_ = std::all_of(levels.begin(), levels.end(), positive) && ordered<std::less<>>(bids_) &&
                     ordered<std::greater<>>(asks_) && !crossed();
  }

  bool delta(const trapline_book& head, std::span<const trapline_level> levels) {
    if (!intact_) return false;
    const bool joins = head.venue_prev_seq == 0 || seq_ == 0 || head.venue_prev_seq == seq_;
    if (!joins || !sound(head, levels) || !adopt_exponents(head)) return intact_ = false;
    for (std::size_t i = 0; i < levels.size(); ++i) {
      const auto price = rescale(levels[i].price, head.price_exp, price_exp_);
      const auto size = rescale(levels[i].size, head.size_exp, size_exp_);
      if (!price || !size || *price <= 0 || *size < 0) return intact_ = false;
      const trapline_level l{*price, *size};
      if (!(i < head.bid_count ? set<std::less<>>(bids_, l) : set<std::greater<>>(asks_, l))) return intact_ = false;
    }
    seq_ = head.venue_seq;
    return intact_ = !crossed();
  }

  static bool sound(const trapline_book& head, std::span<const trapline_level> levels) noexcept {
    return levels.size() == std::size_t{head.bid_count} + head.ask_count;
  }

  template <class Worse>
  static bool ordered(const side& levels) {
    const auto wrong = [](const trapline_level& a, const trapline_level& b) { return !Worse{}(a.price, b.price); };
    return std::adjacent_find(levels.begin(), levels.end(), wrong) == levels.end();
  }

  // First level that is not worse than the price. Most changes are among the best few: those are looked at one by one,
  // which beats the unforeseeable jumps of a binary search.
  template <class Worse>
  static side::iterator find(side& levels, std::int64_t price) {
    auto it = levels.end();
    for (int k = 0; k < 8 && it != levels.begin(); ++k, --it)
      if (Worse{}(it[-1].price, price)) return it;
    return std::lower_bound(levels.begin(), it, price,
                            [](const trapline_level& a, std::int64_t p) { return Worse{}(a.price, p); });
  }

  // False: no room for one more level.
  template <class Worse>
  bool set(side& levels, trapline_level level) {
    const auto it = find<Worse>(levels, level.price);
    const bool found = it != levels.end() && it->price == level.price;
    if (level.size == 0) {
      if (found) levels.erase(it);
    } else if (found) {
      it->size = level.size;
    } else {
      if (levels.size() >= most_) return false;
      levels.insert(it, level);
    }
    return true;
  }

  // Between the events of one message the sides may overlap.
  bool crossed() const noexcept {
    return whole_ && !bids_.empty() && !asks_.empty() && bids_.back().price >= asks_.back().price;
  }

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

  std::size_t most_;
  side bids_, asks_;
  std::uint64_t seq_ = 0;
  int price_exp_ = 0, size_exp_ = 0;
  bool intact_ = false;  // nothing was lost since the snapshot
  bool whole_ = true;    // the venue's last message has been applied to its end
};

}  // namespace v0
}  // namespace trapline::sdk
