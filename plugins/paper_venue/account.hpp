// The venue's one account: one-way mode, crossed margin, exact decimals.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "instrument.hpp"
#include "order_book.hpp"

namespace trapline::paper_venue {

inline constexpr std::int64_t leverage = 20;
inline constexpr std::int64_t taker_fee_per_10k = 6;  // 0.0006
inline constexpr std::int64_t maker_fee_per_10k = 2;
inline constexpr std::int64_t maintenance_per_1000 = 4;  // 0.004

struct position {
  std::uint64_t id = 0;
  std::size_t symbol = 0;
  side direction = side::buy;  // buy = long
  std::int64_t lots = 0;
  __int128 cost = 0;                      // sum of ticks * lots at entry
  std::int64_t realised = 0;              // money
  std::int64_t fees = 0;                  // money, positive = paid
  std::int64_t created = 0, updated = 0;  // UTC ns
};

enum class order_status : std::uint8_t { live, partially_filled, filled, canceled };

struct order {
  std::uint64_t id = 0;
  std::string client_id;
  std::size_t symbol = 0;
  side direction = side::buy;
  bool market = false;
  bool reduce_only = false;
  std::int64_t tick = 0;  // limit price, 0 = market
  std::int64_t lots = 0;
  order_status status = order_status::live;
  std::int64_t filled = 0;
  __int128 cost = 0;      // sum of ticks * lots filled
  std::int64_t fees = 0;  // money, positive = paid
  std::int64_t profit = 0;
  std::int64_t created = 0, updated = 0;

  struct last_fill {
    std::int64_t tick = 0, lots = 0, fee = 0, ts = 0;
    std::uint64_t trade_id = 0;
    bool maker = false;
  };
  std::optional<last_fill> last;
};

class account {
 public:
  // `balance`: money. `instruments` must outlive the account.
  account(std::int64_t balance, const std::vector<instrument>& instruments);

  // Books a fill of `o` (its filled, cost, fees, profit, last and status are brought up to date).
  void fill_order(order& o, std::int64_t tick, std::int64_t lots, bool maker, std::uint64_t trade_id, std::int64_t ts);

  const std::vector<position>& positions() const { return positions_; }
  const position* find(std::size_t symbol) const;

  std::int64_t balance() const { return balance_; }
  // `marks`: mark price in ticks by symbol.
  std::int64_t unrealised(const position& p, std::int64_t mark) const;
  std::int64_t margin(const position& p) const;
  std::int64_t equity(const std::vector<std::int64_t>& marks) const;
  std::int64_t margin_used() const;
  // Price in ticks at which the equity falls to the maintenance margin, other positions at their marks; 0 = none.
  std::int64_t liquidation_tick(const position& p, const std::vector<std::int64_t>& marks) const;

 private:
  const std::vector<instrument>& instruments_;
  std::int64_t balance_;
  std::uint64_t next_position_id_ = 1'360'000'000'000'000'100u;
  std::vector<position> positions_;
};

}  // namespace trapline::paper_venue
