// What the exchange needs of a market: somebody to trade with.
#pragma once

#include <cstdint>
#include <vector>

#include "../order_book.hpp"

namespace trapline::paper_venue {

struct trade {
  std::int64_t ts;  // UTC ns
  std::int64_t tick;
  std::int64_t lots;
  side taker;
  std::uint64_t id;
};

// A resting order of the account was traded.
struct resting_fill {
  std::uint64_t order_id;
  std::int64_t tick;
  std::int64_t lots;
  std::uint64_t trade_id;
  std::int64_t ts;  // UTC ns
};

class liquidity {
 public:
  virtual ~liquidity() = default;

  virtual const order_book& book() const = 0;  // never empty on either side
  virtual std::int64_t last_tick() const = 0;
  virtual std::int64_t mark_tick() const = 0;
  virtual std::int64_t funding_millionths() const = 0;  // of the present interval

  // A taker order of the account, at most `lots`, not past `limit` (0 = any price). `out`: its trades.
  virtual void take(side taker, std::int64_t lots, std::int64_t limit, std::vector<trade>& out) = 0;
  // As order_book.
  virtual bool rest(side s, std::int64_t tick, std::int64_t lots, std::uint64_t id) = 0;
  virtual std::int64_t withdraw(side s, std::int64_t tick, std::uint64_t id) = 0;
  // Fills of resting orders since the last call, in order.
  virtual std::vector<resting_fill> take_resting_fills() = 0;
};

}  // namespace trapline::paper_venue
