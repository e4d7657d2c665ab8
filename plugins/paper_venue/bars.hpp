// One-minute bars: an invented past, the bars of the running market, and the swing levels in them.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "prng.hpp"

namespace trapline::paper_venue {

struct bar {
  std::int64_t start = 0;                               // UTC ns, a whole minute
  std::int64_t open = 0, high = 0, low = 0, close = 0;  // ticks
  std::int64_t lots = 0;
  __int128 turnover = 0;  // sum of ticks * lots
};

class bars {
 public:
  static constexpr std::int64_t interval = 60'000'000'000;
  static constexpr std::size_t kept = 1440;       // a day
  static constexpr std::size_t swing_width = 30;  // bars on each side that a swing stands out from

  // Fills a day that ends at `now` and at `tick`: a random walk with `sigma` ticks a minute.
  void invent_past(std::int64_t now, std::int64_t tick, double sigma, double lots_per_minute, prng& random);

  void on_trade(std::int64_t ts, std::int64_t tick, std::int64_t lots);
  // Begins a bar at the last price if a new minute has begun without a trade.
  void on_time(std::int64_t now);

  const std::deque<bar>& all() const { return bars_; }  // oldest first; the last one is running
  // The last `count` bars (at most) of `minutes` each, that begin `offset` minutes after whole multiples in UTC. The
  // first may lack what is older than a day, the last is running.
  std::vector<bar> joined(std::int64_t minutes, std::int64_t offset, std::size_t count) const;
  std::int64_t high() const;  // of all bars kept
  std::int64_t low() const;

  // Prices of swing highs and lows that were known at the end of the last closed bar: each exceeds the
  // `swing_width` bars before and after it, and has not been passed since.
  std::vector<std::int64_t> untouched_swing_highs() const;
  std::vector<std::int64_t> untouched_swing_lows() const;

 private:
  void begin(std::int64_t start, std::int64_t tick);
  template <class Value, class Beyond>
  std::vector<std::int64_t> swings(Value value, Beyond beyond) const;

  std::deque<bar> bars_;
};

}  // namespace trapline::paper_venue
