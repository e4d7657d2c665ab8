// A seeded trader that opens and closes a position of the account every few minutes, so that the private channels
// have something to tell. It trades as any client does.
#pragma once

#include <cstdint>

#include "exchange/exchange.hpp"
#include "market.hpp"

namespace trapline::paper_venue {

class house_trader {
 public:
  house_trader(std::size_t symbol, std::uint64_t seed, std::int64_t start_ts);

  // After each step of the market.
  void advance(const market& m, exchange& e);

 private:
  void send(const market& m, exchange& e, side direction, std::int64_t lots, bool close);
  void rest_until(double low_seconds, double high_seconds, std::int64_t now);

  std::size_t symbol_;
  prng random_;
  std::int64_t next_at_;
  std::uint64_t orders_ = 0;
  std::uint64_t resting_ = 0;  // order id
};

}  // namespace trapline::paper_venue
