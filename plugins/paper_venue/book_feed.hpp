// The book as clients hold it: what a snapshot would show now, and how it changed since the last push.
//
// One sequence of states for all clients, so that a client may join at any of them.
#pragma once

#include <cstdint>
#include <vector>

#include "instrument.hpp"
#include "order_book.hpp"

namespace trapline::paper_venue {

struct level_change {
  std::int64_t tick;
  std::int64_t lots;  // 0 = the level is gone
};

class book_feed {
 public:
  static constexpr int checksum_levels = 25;

  // `first_seq`: number of the empty state before the first publish().
  explicit book_feed(std::int64_t first_seq) : seq_(first_seq), previous_seq_(first_seq) {}

  // Takes over the present state. False: nothing changed, nothing to push.
  bool publish(const order_book& book, std::int64_t seq_step);

  std::int64_t seq() const { return seq_; }
  std::int64_t previous_seq() const { return previous_seq_; }
  const order_book::levels& bids() const { return bids_; }
  const order_book::levels& asks() const { return asks_; }
  // Changes of the last publish(); lots 0 = the level is gone. Best price first.
  const std::vector<level_change>& bid_changes() const { return bid_changes_; }
  const std::vector<level_change>& ask_changes() const { return ask_changes_; }

  // Of the present state: signed CRC-32 over the wire texts of the best 25 levels a side, alternating.
  std::int32_t checksum(const instrument& i) const;

 private:
  std::int64_t seq_, previous_seq_;
  order_book::levels bids_, asks_;
  std::vector<level_change> bid_changes_, ask_changes_;
};

}  // namespace trapline::paper_venue
