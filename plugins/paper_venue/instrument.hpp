// What the venue trades, and how its numbers stand on the wire.
#pragma once

#include <cstdint>
#include <string>

namespace trapline::paper_venue {

struct instrument {
  std::string symbol;  // "BTCUSDT"
  int price_exp = -1;  // a tick is 10^price_exp
  int size_exp = -4;   // a lot is 10^size_exp of the base coin
};

// Money is kept in billionths of USDT: exact for every fee and every profit of the instruments above.
inline constexpr int money_exp = -9;

// Value of `lots` at `tick`.
constexpr std::int64_t notional(const instrument& i, __int128 ticks_times_lots) {
  for (int e = i.price_exp + i.size_exp; e > money_exp; --e) ticks_times_lots *= 10;
  return static_cast<std::int64_t>(ticks_times_lots);
}

}  // namespace trapline::paper_venue
