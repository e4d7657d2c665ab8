// What a subscription's argument names, in all dialects.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol.hpp"
#include "settings.hpp"

namespace trapline::paper_venue {

enum class channel : std::uint8_t {
  trade,
  books,
  ticker,
  candle,
  quiet,  // exists, but nothing ever happens on it here
  positions,
  orders,
  account,
  fill,
  plans,
  history,
  equity
};

constexpr bool is_private(channel c) { return c >= channel::positions; }

// Length of candles and where in UTC they begin.
struct candle_interval {
  std::string_view name;  // case matters: 1m is a minute, 1M a month
  std::int64_t minutes;
  std::int64_t offset_minutes;  // of the starts from 00:00 UTC
  bool v2_channel, v3_channel;
};

// nullptr = not served: longer than the day that the venue remembers, or unknown.
const candle_interval* find_interval(std::string_view name);

struct topic {
  channel what = channel::trade;
  std::size_t levels = 0;                     // books: of each snapshot; 0 = a snapshot, then changes
  const candle_interval* interval = nullptr;  // candle
  std::optional<std::size_t> symbol;          // empty: all ("default")
};

// Whether the name is of a private channel of v1 or v2.
bool names_private_channel(std::string_view channel_name);

// Empty: there is no such channel or symbol.
std::optional<topic> resolve(const std::vector<std::string>& symbols, const topic_arg& arg);

}  // namespace trapline::paper_venue
