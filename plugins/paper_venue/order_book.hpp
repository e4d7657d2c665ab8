// The venue's own order book: total lots per price tick, the places of accounts' orders in the queues, and lots that
// must not vanish by chance.
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
  std::uint64_t order_id = 0;  // of the account's order that was resting there; 0 = of somebody else
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
  // A taker of side `taker` eats up to `lots` from the best price on, not past `limit`; within a tick by the queue.
  void take(side taker, std::int64_t lots, std::int64_t limit, std::vector<fill>& out);

  // An account's order joins the queue of its tick behind everything that rests there. False, and nothing done, if
  // it would cross the book. `id` is not 0.
  bool rest(side s, std::int64_t tick, std::int64_t lots, std::uint64_t id);
  // Takes the order out. Returns what was left of it, 0 = no such order.
  std::int64_t withdraw(side s, std::int64_t tick, std::uint64_t id);
  // Lots of others that must trade at the tick before the order does; -1 = no such order.
  std::int64_t ahead(side s, std::int64_t tick, std::uint64_t id) const;
  // Lots at the tick that are not of accounts' orders.
  std::int64_t others(side s, std::int64_t tick) const;

  // Pinned lots rest until they are traded or released: the layers of a script. They stand last in the queue of their
  // tick. add() them first.
  void pin(side s, std::int64_t tick, std::int64_t lots);
  std::int64_t pinned(side s, std::int64_t tick) const;
  void unpin(side s, std::int64_t tick, std::int64_t lots);

 private:
  // An account's order. Who cancels at a tick is not known, only how much: those behind the order are thought to leave
  // first, so that it never gains a place that a real queue might not have given it.
  struct queued {
    std::uint64_t id;
    std::int64_t lots;
    std::int64_t ahead;  // of others; never falls along the queue
  };
  using queues = std::map<std::int64_t, std::vector<queued>>;

  void take_level(side resting, std::int64_t tick, std::int64_t lots, std::vector<fill>& out);
  const std::vector<queued>* queue(side s, std::int64_t tick) const;

  levels& mine(side s) { return s == side::buy ? bids_ : asks_; }
  queues& own(side s) { return s == side::buy ? bid_queues_ : ask_queues_; }
  levels& pins(side s) { return s == side::buy ? bid_pins_ : ask_pins_; }

  levels bids_, asks_, bid_pins_, ask_pins_;
  queues bid_queues_, ask_queues_;
};

}  // namespace trapline::paper_venue
