// What really was at the venue, kept for as long as a message may be on its way: what the feed says is compared with
// it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "trapline/abi/market.h"
#include "venue.hpp"

namespace trapline::sim {

using level = trapline_level;  // price in ticks, size in lots

struct book_state {
  std::uint64_t seq = 0;
  std::vector<level> bids, asks;  // best first
};

class truth {
 public:
  explicit truth(paper_venue::venue& v);

  // After each step of the markets and each call that may have changed the account. `now`: any clock that never goes
  // back, ns.
  void look(std::int64_t now);

  // nullptr: the venue never had such a state, or long ago.
  const book_state* book(std::size_t symbol, std::uint64_t seq) const;
  std::uint64_t latest_seq(std::size_t symbol) const { return books_[symbol].back().seq; }
  // Place in the row of all trades and the trade itself; nullptr as above.
  const paper_venue::trade* trade(std::size_t symbol, std::uint64_t id, std::uint64_t& place) const;

  // All that the account ever had, by (trade id, order id).
  using execution_key = std::pair<std::uint64_t, std::uint64_t>;
  const std::map<execution_key, paper_venue::execution>& executions() const { return executions_; }
  // The account had a position of that size at some time since `since`. 0 lots: none.
  bool held(std::size_t symbol, paper_venue::side direction, std::int64_t lots, std::int64_t since) const;
  // When anything of positions, orders or plan orders changed last.
  std::int64_t account_changed() const { return account_changed_; }

  paper_venue::venue& venue() const { return venue_; }
  const paper_venue::exchange& exchange() const { return venue_.the_simulation()->the_exchange(); }
  const paper_venue::instrument& instrument(std::size_t symbol) const {
    return venue_.the_simulation()->instruments()[symbol];
  }

 private:
  struct held_size {
    std::int64_t lots, from, until;
  };
  struct trades {
    std::map<std::uint64_t, std::pair<std::uint64_t, paper_venue::trade>> by_id;  // id -> place
    std::uint64_t places = 0;
  };
  using held_key = std::pair<std::size_t, paper_venue::side>;
  void look_at_executions(std::int64_t now);
  std::int64_t lots_of(const held_key& key) const;
  void set_held(const held_key& key, std::int64_t lots, std::int64_t now);
  void look_at_positions(std::int64_t now);
  std::uint64_t account_state() const;

  paper_venue::venue& venue_;
  std::int64_t seen_market_ = 0;
  std::vector<std::deque<book_state>> books_;
  std::vector<trades> trades_;
  std::map<execution_key, paper_venue::execution> executions_;
  execution_key last_execution_{};
  std::map<held_key, std::deque<held_size>> positions_;
  std::int64_t account_changed_ = 0;
  std::uint64_t account_state_ = 0;
};

}  // namespace trapline::sim
