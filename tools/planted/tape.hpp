// Who gets the events of a planted market: a detector directly, or a file.
#pragma once

#include <cstdint>
#include <span>

#include "trapline/abi/market.h"

namespace planted {

inline constexpr std::int64_t ms = 1'000'000;
inline constexpr std::int64_t second = 1000 * ms;
inline constexpr std::int64_t minute = 60 * second;
inline constexpr int price_exp = -1;  // of every price: ticks of 0.1
inline constexpr int size_exp = -3;   // of every size: lots of 0.001

class tape {
 public:
  virtual ~tape() = default;
  virtual void candle(std::int64_t ts, const trapline_candle& c) = 0;
  virtual void trade(std::int64_t ts, const trapline_trade& t) = 0;
  virtual void book(std::int64_t ts, bool snapshot, const trapline_book& b, std::span<const trapline_level> levels) = 0;
  virtual void ticker(std::int64_t ts, const trapline_ticker& t) = 0;
};

}  // namespace planted
