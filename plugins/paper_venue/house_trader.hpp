// A seeded trader that opens and closes a position of the account every few minutes, so that the private channels
// have something to tell.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "account.hpp"
#include "market.hpp"

namespace trapline::paper_venue {

class house_trader {
 public:
  house_trader(std::size_t symbol, std::uint64_t seed, std::int64_t start_ts);

  // After each step of the market. Appends each new state of an order.
  void advance(market& m, account& a, std::vector<order>& out);

 private:
  void book_resting_fills(const market& m, account& a, std::vector<order>& out);
  void act(market& m, account& a, std::vector<order>& out);
  void send(market& m, account& a, side direction, std::int64_t lots, bool reduce, std::vector<order>& out);
  void rest_until(double low_seconds, double high_seconds, std::int64_t now);

  std::size_t symbol_;
  prng random_;
  std::int64_t next_at_;
  std::uint64_t next_order_id_;
  std::optional<order> resting_;
};

}  // namespace trapline::paper_venue
