// What the venue trades, by which rules, and how its numbers stand on the wire.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace trapline::paper_venue {

// A USDT-margined perpetual. Prices are whole ticks, sizes whole lots.
struct instrument {
  std::string symbol;  // "BTCUSDT"
  int price_exp = -1;  // a tick is 10^price_exp
  int size_exp = -4;   // a lot is 10^size_exp of the base coin
  std::int64_t min_lots = 1;
  std::int64_t max_lots = 12'000'000;        // of a limit order
  std::int64_t max_market_lots = 2'200'000;  // of a market order
};

// Rules that are the same for all instruments: Bitget's of BTCUSDT, without its tiers.
inline constexpr std::int64_t taker_fee_per_10k = 6;  // 0.0006
inline constexpr std::int64_t maker_fee_per_10k = 2;
inline constexpr std::int64_t maintenance_per_1000 = 4;  // 0.004
inline constexpr std::int64_t max_leverage = 125;
inline constexpr std::int64_t default_leverage = 20;
inline constexpr std::int64_t price_band_per_100 = 5;  // a limit order is at most so far beyond the mark
inline constexpr std::size_t max_open_orders = 400;    // of the account
inline constexpr std::size_t max_open_plans = 400;

// Money is kept in billionths of USDT: exact for every fee and every profit of the instruments above.
inline constexpr int money_exp = -9;
inline constexpr std::int64_t usdt = 1'000'000'000;
inline constexpr std::int64_t min_notional = 5 * usdt;
// Of one side of one symbol. Keeps every sum of money within 64 bits.
inline constexpr std::int64_t max_position_notional = 200'000'000 * usdt;

// Value of `ticks_times_lots`; exact, since no instrument is finer than money.
constexpr std::int64_t notional(const instrument& i, __int128 ticks_times_lots) {
  for (int e = i.price_exp + i.size_exp; e > money_exp; --e) ticks_times_lots *= 10;
  return static_cast<std::int64_t>(ticks_times_lots);
}

inline std::string_view base_coin(const instrument& i) {
  const std::string_view s = i.symbol;
  return s.size() > 4 && s.substr(s.size() - 4) == "USDT" ? s.substr(0, s.size() - 4) : s;
}

}  // namespace trapline::paper_venue
