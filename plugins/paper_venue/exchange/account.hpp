// Positions and money of the venue's one account: one-way or hedge mode, crossed margin, exact decimals.
//
// Money is conserved: balance = deposit + profits - fees - funding + insurance, to the last billionth.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "../instrument.hpp"
#include "order.hpp"

namespace trapline::paper_venue {

struct position {
  std::uint64_t id = 0;
  std::size_t symbol = 0;
  side direction = side::buy;  // buy = long
  std::int64_t lots = 0;
  __int128 cost = 0;                           // sum of ticks * lots at entry, of what is still open
  std::int64_t realised = 0;                   // money
  std::int64_t open_fees = 0, close_fees = 0;  // money, positive = paid
  std::int64_t funding = 0;                    // money, positive = paid
  // Of its whole life, for the history.
  std::int64_t opened_lots = 0, closed_lots = 0;
  __int128 open_cost = 0, close_cost = 0;
  std::int64_t created = 0, updated = 0;  // UTC ns

  std::int64_t fees() const { return open_fees + close_fees; }
};

class account {
 public:
  // `balance`: money. `instruments` must outlive the account.
  account(std::int64_t balance, const std::vector<instrument>& instruments);

  // Books a fill of `o`: its filled, cost, fees, profit, last and status are brought up to date. `ended`, if given,
  // receives a position that the fill closed to the last lot.
  void fill_order(order& o, std::int64_t tick, std::int64_t lots, bool maker, std::uint64_t trade_id, std::int64_t ts,
                  std::optional<position>* ended = nullptr);
  // Every position of `symbol` pays `rate_millionths` of its value at `mark` if long, receives it if short.
  void settle_funding(std::size_t symbol, std::int64_t mark, std::int64_t rate_millionths, std::int64_t ts);
  // A balance below zero without positions: the venue's insurance pays it up.
  void cover_deficit();

  const std::vector<position>& positions() const { return positions_; }
  const position* find(std::size_t symbol) const;  // the first, in hedge mode
  const position* find(std::size_t symbol, side direction) const;

  // Applies to positions as they are. 1..max_leverage.
  void set_leverage(std::size_t symbol, std::int64_t leverage) { leverage_[symbol] = leverage; }
  std::int64_t leverage(std::size_t symbol) const;

  std::int64_t balance() const { return balance_; }
  // Sums since the start.
  std::int64_t profits() const { return profits_; }
  std::int64_t fees() const { return fees_; }
  std::int64_t funding() const { return funding_; }
  std::int64_t insurance() const { return insurance_; }

  // `marks`: mark price in ticks by symbol.
  std::int64_t unrealised(const position& p, std::int64_t mark) const;
  std::int64_t unrealised(const std::vector<std::int64_t>& marks) const;
  std::int64_t margin(const position& p) const;  // initial
  std::int64_t equity(const std::vector<std::int64_t>& marks) const { return balance_ + unrealised(marks); }
  std::int64_t margin_used() const;
  std::int64_t maintenance(const std::vector<std::int64_t>& marks) const;
  // Price in ticks at which the equity falls to the maintenance margin, other symbols at their marks; 0 = none.
  std::int64_t liquidation_tick(const position& p, const std::vector<std::int64_t>& marks) const;

 private:
  std::vector<position>::iterator locate(std::size_t symbol, side direction);

  const std::vector<instrument>& instruments_;
  std::int64_t balance_;
  std::int64_t profits_ = 0, fees_ = 0, funding_ = 0, insurance_ = 0;
  std::uint64_t next_position_id_ = 1'360'000'000'000'000'100u;
  std::map<std::size_t, std::int64_t> leverage_;
  std::vector<position> positions_;
};

}  // namespace trapline::paper_venue
