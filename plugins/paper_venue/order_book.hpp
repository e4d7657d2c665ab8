// The venue's own order book: total lots per price tick, plus orders that must not vanish by chance.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace trapline::paper_venue {

enum class side : std::uint8_t { buy, sell };

constexpr side opposite(side s) { return s == side::buy ? side::sell : side::buy; }

struct fill {
  std::int64_t tick;
  std::int64_t lots;
};

class order_book {
 public:
  using levels = std::map<std::int64_t, std::int64_t>;  // tick -> lots, rising in price on both sides

  const levels& of(side s) const { return s == side::buy ? bids_ : asks_; }

  bool empty(side s) const { return of(s).empty(); }
  std::int64_t best(side s) const { return s == side::buy ? bids_.rbegin()->first : asks_.begin()->first; }
  std::int64_t at(side s, std::int64_t tick) const;
  // Lots on `s` from the touch to `limit`, that tick included.
  std::int64_t depth(side s, std::int64_t limit) const;

  // Adds resting lots. False, and nothing done, if they would cross the book.
  bool add(side s, std::int64_t tick, std::int64_t lots);
  // Takes lots away without a trade, but never pinned ones. Returns what was taken.
  std::int64_t cancel(side s, std::int64_t tick, std::int64_t lots);
  // A taker of side `taker` eats up to `lots` from the best price on, not past `limit`.
  void take(side taker, std::int64_t lots, std::int64_t limit, std::vector<fill>& out);

  // Pinned lots rest until they are traded or released: the layers of a script, the orders of an account. They
  // stand last in the queue of their tick. add() them first.
  void pin(side s, std::int64_t tick, std::int64_t lots);
  std::int64_t pinned(side s, std::int64_t tick) const;
  void unpin(side s, std::int64_t tick, std::int64_t lots);

 private:
  levels& mine(side s) { return s == side::buy ? bids_ : asks_; }
  levels& pins(side s) { return s == side::buy ? bid_pins_ : ask_pins_; }

  levels bids_, asks_, bid_pins_, ask_pins_;
};

}  // namespace trapline::paper_venue
