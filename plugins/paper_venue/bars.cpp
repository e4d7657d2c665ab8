#include "bars.hpp"

#include <algorithm>
#include <cmath>

namespace trapline::paper_venue {

void bars::invent_past(std::int64_t now, std::int64_t tick, double sigma, double lots_per_minute, prng& random) {
  constexpr int steps = 12;
  bars_.clear();
  const std::int64_t running = now - now % interval;
  double price = static_cast<double>(tick);
  // Backwards in time, so that the walk ends where the market begins.
  for (std::size_t i = 0; i < kept; ++i) {
    bar b;
    b.start = running - static_cast<std::int64_t>(i) * interval;
    b.close = b.high = b.low = std::llround(price);
    for (int s = 0; s < steps; ++s) {
      price = std::max(price + sigma / std::sqrt(double{steps}) * random.normal(), static_cast<double>(tick) / 2);
      b.high = std::max<std::int64_t>(b.high, std::llround(price));
      b.low = std::min<std::int64_t>(b.low, std::llround(price));
    }
    b.open = std::llround(price);
    b.lots = std::max<std::int64_t>(1, std::llround(random.lognormal(lots_per_minute * 0.85, 0.5)));
    b.turnover = static_cast<__int128>(b.lots) * ((b.open + b.close) / 2);
    bars_.push_front(b);
  }
}

void bars::begin(std::int64_t start, std::int64_t tick) {
  bars_.push_back({start, tick, tick, tick, tick, 0, 0});
  if (bars_.size() > kept) bars_.pop_front();
}

void bars::on_time(std::int64_t now) {
  while (now - bars_.back().start >= interval) begin(bars_.back().start + interval, bars_.back().close);
}

void bars::on_trade(std::int64_t ts, std::int64_t tick, std::int64_t lots) {
  on_time(ts);
  bar& b = bars_.back();
  if (b.lots == 0) b.open = b.high = b.low = tick;
  b.high = std::max(b.high, tick);
  b.low = std::min(b.low, tick);
  b.close = tick;
  b.lots += lots;
  b.turnover += static_cast<__int128>(tick) * lots;
}

std::vector<bar> bars::joined(std::int64_t minutes, std::int64_t offset, std::size_t count) const {
  std::vector<bar> out;
  const auto length = minutes * interval, shift = offset * interval;
  for (auto b = bars_.rbegin(); b != bars_.rend(); ++b) {
    const auto begins = b->start - (b->start - shift) % length;
    if (out.empty() || out.back().start != begins) {
      if (out.size() == count) break;
      out.push_back(*b);
      out.back().start = begins;
      continue;
    }
    bar& whole = out.back();
    whole.open = b->open;
    whole.high = std::max(whole.high, b->high);
    whole.low = std::min(whole.low, b->low);
    whole.lots += b->lots;
    whole.turnover += b->turnover;
  }
  std::reverse(out.begin(), out.end());
  return out;
}

std::int64_t bars::high() const {
  return std::max_element(bars_.begin(), bars_.end(), [](auto& a, auto& b) { return a.high < b.high; })->high;
}
std::int64_t bars::low() const {
  return std::min_element(bars_.begin(), bars_.end(), [](auto& a, auto& b) { return a.low < b.low; })->low;
}

template <class Value, class Beyond>
std::vector<std::int64_t> bars::swings(Value value, Beyond beyond) const {
  std::vector<std::int64_t> found;
  const std::size_t n = bars_.size();
  for (std::size_t i = swing_width; i + swing_width + 1 < n; ++i) {
    const auto v = value(bars_[i]);
    bool stands_out = true;
    for (std::size_t j = i - swing_width; stands_out && j < n; ++j)
      stands_out = j == i || beyond(v, value(bars_[j])) || (j < i && v == value(bars_[j]));
    if (stands_out) found.push_back(v);
  }
  return found;
}

std::vector<std::int64_t> bars::untouched_swing_highs() const {
  return swings([](const bar& b) { return b.high; }, [](auto a, auto b) { return a > b; });
}
std::vector<std::int64_t> bars::untouched_swing_lows() const {
  return swings([](const bar& b) { return b.low; }, [](auto a, auto b) { return a < b; });
}

}  // namespace trapline::paper_venue
