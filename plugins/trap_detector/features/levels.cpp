#include "features/levels.hpp"

#include <algorithm>
#include <cmath>

namespace trapline::trap {

namespace {

// Swings of few bars are swept no more often than in shuffled bars (N=10: 25.1 a day against 28.0): they come
// last, behind round numbers, at which stops are known to cluster (Osler 2003).
double swing_strength(int bars) noexcept { return bars >= 60 ? 3 : bars >= 30 ? 2 : 0.4; }
// When the table is full the least of these goes first.
bool less_worth(const price_level& a, const price_level& b) noexcept {
  return a.strength != b.strength ? a.strength < b.strength : a.born < b.born;
}

}  // namespace

void level_set::on_trade(std::int64_t ts, double price, double sig60_price) noexcept {
  roll_session(ts, price);
  const std::int64_t start = ts - ts % minute;
  if (running_.start == start) {
    running_.high = std::max(running_.high, price);
    running_.low = std::min(running_.low, price);
    running_.close = price;
    return;
  }
  if (start < running_.start) return;
  if (running_.start != 0) close_bar(running_, ts, sig60_price);
  running_ = {start, price, price, price, price};
}

void level_set::on_candle(const minute_bar& b, std::int64_t now, double sig60_price) noexcept {
  if (!(b.low > 0) || b.high < b.low || b.start <= 0) return;
  if (b.start >= running_.start && running_.start != 0) return;  // the trades know the running minute better
  close_bar(b, now, sig60_price);
}

void level_set::close_bar(const minute_bar& b, std::int64_t now, double sig60_price) noexcept {
  if (bar_count_ == 0 || b.start > bars_[bar_count_ - 1].start) {
    append(b);
    drop_broken(b.close, 0.5 * sig60_price);
    if (history_changed_) {
      history_changed_ = false;
      for (std::size_t ago = bar_count_; ago-- > 0;) find_swings(ago, now);
    } else {
      find_swings(0, now);
    }
    return;
  }
  const auto end = bars_.begin() + static_cast<std::ptrdiff_t>(bar_count_);
  const auto it =
      std::lower_bound(bars_.begin(), end, b.start, [](const minute_bar& x, std::int64_t s) { return x.start < s; });
  if (it != end && it->start == b.start) return;
  const auto i = static_cast<std::size_t>(it - bars_.begin());
  if (bar_count_ == bar_capacity) {
    if (i == 0) return;
    std::move(bars_.begin() + 1, bars_.begin() + static_cast<std::ptrdiff_t>(i), bars_.begin());
    bars_[i - 1] = b;
  } else {
    std::move_backward(it, end, end + 1);
    bars_[i] = b;
    ++bar_count_;
  }
  history_changed_ = true;
}

void level_set::append(const minute_bar& b) noexcept {
  if (bar_count_ == bar_capacity) {
    std::move(bars_.begin() + 1, bars_.end(), bars_.begin());
    --bar_count_;
  }
  bars_[bar_count_++] = b;
}

void level_set::find_swings(std::size_t newest_ago, std::int64_t now) noexcept {
  for (const int n : settings_.swing_bars) {
    const auto k = static_cast<std::size_t>(n);
    const std::size_t centre = newest_ago + k;
    if (centre + k >= bar_count_) continue;
    for (const int s : {1, -1}) {
      const auto extreme = [&](std::size_t ago) { return s > 0 ? bar(ago).high : bar(ago).low; };
      const double x = extreme(centre);
      bool is_swing = true;
      for (std::size_t i = 1; i <= k && is_swing; ++i)
        is_swing = s * (x - extreme(centre + i)) > 0 && s * (x - extreme(centre - i)) >= 0;
      // Bars between the confirmation and now may have gone through it already (history only).
      for (std::size_t ago = 0; ago < newest_ago && is_swing; ++ago) is_swing = s * (bar(ago).close - x) <= 0;
      if (!is_swing) continue;
      price_level l;
      l.price = x;
      l.strength = swing_strength(n);
      l.born = now;
      l.side = static_cast<std::int8_t>(s);
      l.bars = static_cast<std::uint16_t>(n);
      add(l);
    }
  }
}

void level_set::add(price_level l) noexcept {
  for (std::size_t i = 0; i < count_; ++i) {
    price_level& o = levels_[i];
    if (o.side != l.side) continue;
    if (o.price == l.price && o.kind == l.kind) {
      if (l.strength >= o.strength) o.strength = l.strength, o.bars = std::max(o.bars, l.bars);
      return;
    }
    const bool extremes_of_bars = o.kind <= level_kind::equal && l.kind == level_kind::swing;
    if (settings_.equal_extremes && extremes_of_bars &&
        std::abs(o.price - l.price) <= l.price * settings_.equal_bp * 1e-4) {
      // Two tops at one height are one level, at the outer of the two.
      o.price = l.side > 0 ? std::max(o.price, l.price) : std::min(o.price, l.price);
      o.kind = level_kind::equal;
      o.strength = 3;
      o.bars = std::max(o.bars, l.bars);
      if (o.touches < 0xffff) ++o.touches;
      return;
    }
  }
  if (count_ == capacity) {
    auto* worst = std::min_element(levels_.begin(), levels_.end(), less_worth);
    if (less_worth(l, *worst)) return;
    *worst = l;
    return;
  }
  levels_[count_++] = l;
}

void level_set::drop_broken(double close, double margin) noexcept {
  const auto end = levels_.begin() + static_cast<std::ptrdiff_t>(count_);
  const auto keep =
      std::remove_if(levels_.begin(), end, [&](const price_level& l) { return l.side * (close - l.price) > margin; });
  count_ = static_cast<std::size_t>(keep - levels_.begin());
}

void level_set::roll(extremes& e, std::int64_t id, level_kind kind, std::int64_t ts, double price) noexcept {
  if (e.id == id) {
    e.high = std::max(e.high, price);
    e.low = std::min(e.low, price);
    return;
  }
  if (e.id >= 0 && id > e.id) {
    const auto end = levels_.begin() + static_cast<std::ptrdiff_t>(count_);
    count_ = static_cast<std::size_t>(
        std::remove_if(levels_.begin(), end, [&](const price_level& l) { return l.kind == kind; }) - levels_.begin());
    for (const int s : {1, -1}) {
      price_level l;
      l.price = s > 0 ? e.high : e.low;
      l.strength = 3;
      l.born = ts;
      l.kind = kind;
      l.side = static_cast<std::int8_t>(s);
      if (s * (price - l.price) <= 0) add(l);
    }
  }
  e = {id, price, price};
}

void level_set::roll_session(std::int64_t ts, double price) noexcept {
  if (settings_.session <= 0) return;
  roll(session_, ts / settings_.session, level_kind::session, ts, price);
  roll(day_, ts / (24 * 60 * minute), level_kind::day, ts, price);
}

double level_set::round_step(double price) noexcept {
  if (!(price > 0)) return 0;
  const double target = price / 120;
  const double power = std::pow(10.0, std::floor(std::log10(target)));
  const double lead = target / power;  // 1..10; the bounds are the geometric means of 1, 5, 10
  return lead < 2.23606797749979 ? power : lead < 7.0710678118654755 ? 5 * power : 10 * power;
}

void level_set::watch(double price) noexcept {
  above_count_ = below_count_ = 0;
  if (!(price > 0)) return;
  const auto put = [](auto& out, std::size_t& n, const price_level& l, int s) {
    std::size_t i = n;
    while (i > 0 && s * (out[i - 1].price - l.price) > 0) --i;
    // The same price from two sources is one level: the stronger one.
    for (std::size_t k = 0; k < n; ++k)
      if (out[k].price == l.price) {
        if (l.strength > out[k].strength) out[k] = l;
        return;
      }
    if (i >= watched) return;
    if (n < watched) ++n;
    for (std::size_t k = n - 1; k > i; --k) out[k] = out[k - 1];
    out[i] = l;
  };
  for (std::size_t i = 0; i < count_; ++i) {
    const price_level& l = levels_[i];
    if (l.side > 0 && l.price > price) put(above_, above_count_, l, 1);
    if (l.side < 0 && l.price < price) put(below_, below_count_, l, -1);
  }
  if (!settings_.round_numbers) return;
  const double step = round_step(price);
  const double k = std::floor(price / step);
  for (const int s : {1, -1}) {
    // Strictly beyond the price, also when it stands on a round number itself.
    double n = s > 0 ? k + 1 : std::ceil(price / step) - 1;
    price_level l;
    l.price = n * step;
    l.strength = std::fmod(n, 2.0) == 0 ? 2 : 1;
    l.kind = level_kind::round;
    l.side = static_cast<std::int8_t>(s);
    // A round number has stops behind it on the far side of where the price has been: one that was crossed in
    // the running or the last minute is no longer, or not yet, such a level.
    const auto crossed = [&](const minute_bar& b) { return s > 0 ? b.high >= l.price : b.low <= l.price; };
    if (running_.start != 0 && crossed(running_)) continue;
    if (bar_count_ > 0 && crossed(bar(0))) continue;
    if (s > 0) put(above_, above_count_, l, 1);
    else if (l.price > 0) put(below_, below_count_, l, -1);
  }
}

}  // namespace trapline::trap
