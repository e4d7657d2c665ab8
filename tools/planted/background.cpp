#include "background.hpp"

#include <algorithm>
#include <cmath>

namespace planted {

namespace {
constexpr double dt = 0.05;
constexpr std::array<double, 3> rate_of_decay{10, 1, 0.1};
constexpr std::array<double, 3> branching{0.25, 0.25, 0.2};  // of each kernel; together 0.7
constexpr double own_side = 0.75;
constexpr double orders_per_s = 15.6;
constexpr double own_arrivals = orders_per_s * (1 - 0.7);
constexpr std::int64_t reach = 1700;         // ticks from the touch that are quoted, a little more than 25 bp
constexpr double populated = 0.62;           // share of ticks with a level
constexpr double round_number = 5000;        // ticks: 500
constexpr double impact = 0.02;              // ticks for the root of a lot
constexpr std::int64_t widest_sweep = 2500;  // ticks
}  // namespace

background::background(const market_settings& s, tape& out)
    : settings_(s), out_(out), random_(s.seed), now_(s.start), value_(s.price), index_(s.price), mark_(s.price) {
  origin_ = static_cast<std::int64_t>(s.price) - width / 2;
  cells_.resize(static_cast<std::size_t>(width));
  best_bid_ = static_cast<std::int64_t>(std::floor(value_));
  best_ask_ = best_bid_ + 1;
  last_second_ = value_;
}

void background::begin(int minutes) {
  // A walk whose end is moved to the price at which the market opens.
  struct bar {
    double open, high, low, close;
  };
  std::vector<bar> bars;
  double p = 0;
  for (int i = 0; i < minutes; ++i) {
    bar b{p, p, p, p};
    for (int k = 0; k < 60; ++k) {
      p += settings_.volatility * settings_.noise * settings_.price / std::sqrt(60.0) * random_.normal();
      b.high = std::max(b.high, p), b.low = std::min(b.low, p);
    }
    b.close = p;
    bars.push_back(b);
  }
  const std::int64_t first = (now_ / minute - minutes) * minute;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const auto tick = [&](double x) { return std::llround(settings_.price + x - p); };
    trapline_candle c{};
    c.interval_ns = minute;
    c.start_ts = first + static_cast<std::int64_t>(i) * minute;
    c.open = tick(bars[i].open), c.high = tick(bars[i].high);
    c.low = tick(bars[i].low), c.close = tick(bars[i].close);
    c.volume = static_cast<std::int64_t>(60 * volume);
    c.price_exp = price_exp, c.size_exp = size_exp;
    c.closed = 1;
    out_.candle(c.start_ts + minute, c);
    minutes_.push_back({static_cast<double>(c.high), static_cast<double>(c.low)});
  }
  minutes_.push_back({mid(), mid()});

  for (std::int64_t d = 0; d < reach; ++d)
    for (const bool bid : {true, false})
      if (d == 0 || random_.happens(populated)) cell_of(bid ? best_bid_ - d : best_ask_ + d).base = usual(d);
  bids_.clear(), asks_.clear();
  for (std::int64_t d = 0; d < reach; ++d)
    for (const bool bid : {true, false}) {
      const std::int64_t t = bid ? best_bid_ - d : best_ask_ + d;
      cell& c = cell_of(t);
      if (c.base == 0) continue;
      (bid ? bids_ : asks_).push_back({t, c.base});
      c.told = c.base, c.told_bid = bid;
    }
  trapline_book b{};
  b.venue_seq = sequence_;
  b.bid_count = static_cast<std::uint32_t>(bids_.size());
  b.ask_count = static_cast<std::uint32_t>(asks_.size());
  b.price_exp = price_exp, b.size_exp = size_exp;
  bids_.insert(bids_.end(), asks_.begin(), asks_.end());
  out_.book(now_, true, b, bids_);
  tell_ticker();
}

void background::step() {
  now_ += step_time;
  order_ts_ = now_ - step_time;
  wander();
  quote();
  takers();
  large_orders();
  change_levels();
  if (now_ % second == 0) fire_stops();
  quote();
  if (now_ % minute == 0) close_minute();
  if (now_ % settings_.feed == 0) tell_book();
  if (now_ % (500 * ms) == 0) tell_ticker();
  order_ts_ = now_;  // what a script does now comes after what was just told
}

void background::wander() {
  vol_ = std::exp(std::log(vol_) * (1 - dt / 1200) + 0.0143 * std::sqrt(dt) * random_.normal());
  double move = sig60() * control_.calm / std::sqrt(60.0) * std::sqrt(dt) * random_.normal();
  if (random_.happens(dt / 3600)) move += 1.5 * sig60() * control_.calm * random_.normal();
  move += control_.drift * dt + control_.pull * dt * (control_.target - value_);
  shift(move, control_.index_follows);
  index_ += (value_ - index_) * dt / 600 + 0.05 * random_.normal() * std::sqrt(dt);
  mark_ += (value_ - mark_) * dt / 5;
  oi_ *= 1 + control_.oi_per_s * dt + 2e-6 * std::sqrt(dt) * random_.normal();
}

void background::shift(double ticks, double index_share) noexcept {
  // The book has an end, and the value stays away from it.
  ticks = std::clamp(ticks, -room(false), room(true));
  value_ += ticks;
  index_ += ticks * index_share;
}

double background::room(bool up) const noexcept {
  const double from_middle = value_ - settings_.price;
  return std::max(0.0, width / 4.0 - (up ? from_middle : -from_middle));
}

std::int32_t background::usual(std::int64_t distance) {
  // 10 coins and more are large_orders()' matter; at the touch the recording has quantiles of 3.0 / 7.0 / 19 coins.
  const double e = random_.exponential(1);
  if (distance == 0) return static_cast<std::int32_t>(std::clamp(3500 * e, 1.0, 24'000.0));
  const double mean = distance < 123 ? 130 : distance < 618 ? 350 : 400;
  return static_cast<std::int32_t>(std::clamp(mean * e * e / 2, 1.0, 9'900.0));
}

void background::mark(std::int64_t tick) {
  cell& c = cell_of(tick);
  if (c.marked) return;
  c.marked = true;
  marked_.push_back(tick);
}

void background::set_base(std::int64_t tick, std::int64_t lots) {
  cell& c = cell_of(tick);
  if (c.base == lots) return;
  c.base = static_cast<std::int32_t>(lots);
  mark(tick);
}

// Nothing stands at `tick` afterwards. What scripts and large orders had there is traded or withdrawn.
void background::clear(std::int64_t tick, bool traded) {
  cell& c = cell_of(tick);
  if (c.extra > 0) {
    for (auto& f : flickers_)
      if (f.tick == tick) f.until = 0, c.extra -= f.size, f.size = 0;
    for (auto& l : layers_)
      if (l.tick == tick && l.left > 0) {
        if (!traded) {
          take_level(tick, !l.bid, cell_of(tick).base + l.left, order_ts_);
        } else {
          c.extra -= static_cast<std::int32_t>(l.left);
          l.left = 0;
        }
      }
    mark(tick);
  }
  set_base(tick, 0);
}

// Makes the book follow the fair value: what stands on its wrong side is hit or cancelled, the touch is filled.
void background::quote() {
  const auto bid = static_cast<std::int64_t>(std::floor(value_)), ask = bid + 1;
  if (best_ask_ <= bid) {
    if (random_.happens(0.12)) take(true, 1e9, order_ts_, bid);
    for (std::int64_t t = best_ask_; t <= bid; ++t) clear(t, false);
  }
  if (best_bid_ >= ask) {
    if (random_.happens(0.12)) take(false, 1e9, order_ts_, ask);
    for (std::int64_t t = best_bid_; t >= ask; --t) clear(t, false);
  }
  for (std::int64_t t = best_bid_ + 1; t < bid; ++t)
    if (cell_of(t).base == 0 && random_.happens(populated * control_.depth[0])) set_base(t, usual(bid - t));
  for (std::int64_t t = best_ask_ - 1; t > ask; --t)
    if (cell_of(t).base == 0 && random_.happens(populated * control_.depth[1])) set_base(t, usual(t - ask));
  if (shown(bid) == 0) set_base(bid, usual(0));
  if (shown(ask) == 0) set_base(ask, usual(0));
  best_bid_ = bid, best_ask_ = ask;
}

void background::takers() {
  for (auto& side : excitement_)
    for (std::size_t k = 0; k < 3; ++k) side[k] *= std::exp(-rate_of_decay[k] * dt);
  const double more = own_arrivals * (control_.rate - 1);
  int orders[2];
  for (std::size_t s = 0; s < 2; ++s) {
    const double share = s == 0 ? control_.buyers : 1 - control_.buyers;
    double intensity = std::max(0.1, own_arrivals / 2 + more * share);
    for (const double x : excitement_[s]) intensity += x;
    orders[s] = std::min(random_.count(std::min(intensity, 300.0) * dt), 40);
  }
  int left = orders[0] + orders[1];
  while (left > 0) {
    const std::size_t s = random_.whole(1, left) <= orders[0] ? 0 : 1;
    --orders[s], --left;
    order_ts_ = std::min(now_, order_ts_ + random_.whole(0, 50 / (left + 1) / 2) * ms);
    market_order(s == 0, std::min(1000 * std::exp(-3.507 + 2.38 * random_.normal()), 60'000.0));
    for (std::size_t k = 0; k < 3; ++k) {
      excitement_[s][k] += own_side * branching[k] * rate_of_decay[k];
      excitement_[1 - s][k] += (1 - own_side) * branching[k] * rate_of_decay[k];
    }
  }
}

void background::market_order(bool buy, double lots) {
  ++counts_.orders;
  const std::int64_t taken = take(buy, std::max(1.0, lots), order_ts_, 0);
  shift((buy ? 1 : -1) * impact * std::sqrt(static_cast<double>(taken)) * settings_.noise, 1);
}

// Takes up to `lots` from the best price on, not beyond `limit` (0 = none). Returns the lots taken.
std::int64_t background::take(bool buy, double lots, std::int64_t ts, std::int64_t limit) {
  const auto wanted = static_cast<std::int64_t>(lots);
  std::int64_t left = wanted;
  std::int64_t t = buy ? best_ask_ : best_bid_;
  for (std::int64_t far = 0; left > 0 && far < widest_sweep; ++far, t += buy ? 1 : -1) {
    if (limit != 0 && (buy ? t > limit : t < limit)) break;
    const std::int64_t here = std::min(left, shown(t));
    if (here <= 0) continue;
    take_level(t, buy, here, ts);
    left -= here;
  }
  return wanted - left;
}

void background::take_level(std::int64_t tick, bool buy, std::int64_t lots, std::int64_t ts) {
  cell& c = cell_of(tick);
  mark(tick);
  // What stood there first is taken first; then layers, then short-lived orders.
  std::int64_t left = lots - std::min<std::int64_t>(lots, c.base);
  c.base -= static_cast<std::int32_t>(lots - left);
  for (auto& l : layers_) {
    if (left == 0 || c.extra == 0) break;
    if (l.tick != tick || l.left == 0) continue;
    const std::int64_t n = std::min(left, l.left);
    l.left -= n, l.traded += n, left -= n;
    c.extra -= static_cast<std::int32_t>(n);
  }
  for (auto& f : flickers_) {
    if (left == 0 || c.extra == 0) break;
    if (f.tick != tick || f.size == 0) continue;
    const std::int64_t n = std::min<std::int64_t>(left, f.size);
    f.size -= static_cast<std::int32_t>(n), left -= n;
    c.extra -= static_cast<std::int32_t>(n);
  }
  for (std::int64_t rest = lots - left; rest > 0;) {
    // A taker order meets several resting ones at a price.
    const std::int64_t n = random_.happens(0.6) ? rest : std::max<std::int64_t>(1, rest / random_.whole(2, 4));
    trapline_trade t{};
    t.price = tick, t.size = n;
    t.price_exp = price_exp, t.size_exp = size_exp;
    t.aggressor_side = buy ? TRAPLINE_SIDE_BUY : TRAPLINE_SIDE_SELL;
    ++trade_id_;
    out_.trade(ts, t);
    minutes_.back().high = std::max(minutes_.back().high, static_cast<double>(tick));
    minutes_.back().low = std::min(minutes_.back().low, static_cast<double>(tick));
    ++counts_.trades;
    rest -= n;
  }
}

void background::large_orders() {
  for (std::size_t i = 0; i < flickers_.size();) {
    flicker& f = flickers_[i];
    if (f.until > now_ && f.size > 0) {
      ++i;
      continue;
    }
    if (f.size > 0) {
      cell_of(f.tick).extra -= f.size;
      mark(f.tick);
    }
    f = flickers_.back();
    flickers_.pop_back();
  }
  for (int n = random_.count(12.7 * dt); n > 0; --n) {
    flicker f;
    f.bid = random_.happens(0.5);
    // Of the recording's sizes from 10 coins on 54 / 23 / 7.6 / 3.2 % reach 15 / 20 / 25 / 30, none 40.
    const double above = 7'500 * std::pow(random_.exponential(1), 1 / 1.3);
    f.size = static_cast<std::int32_t>(10'000 + std::min(above, 29'000.0));
    // They keep away from the price: one in a hundred is nearer than 5 bp, nine in ten of 20 coins beyond 10 bp.
    const double near = above > 10'000 ? 0.11 : 0.70;
    const auto distance = static_cast<std::int64_t>(random_.happens(0.02)   ? random_.log_between(12, 300)
                                                    : random_.happens(near) ? random_.between(300, 600)
                                                                            : random_.between(600, 1500));
    f.tick = f.bid ? best_bid_ - distance : best_ask_ + distance;
    // Five in six are gone within a quarter of a second. Of those that stay 19 % are there after 1 s, and of the
    // smaller ones some for half a minute.
    const double smaller = std::exp(-above / 3'000);
    double life = random_.between(0.05, 0.24);
    if (random_.happens(0.09 + 0.2 * smaller))
      life = random_.happens(0.12 * smaller) ? random_.exponential(10)
                                             : std::min(90.0, 0.25 * std::pow(1 - random_.unit(), -1 / 1.5));
    f.until = now_ + static_cast<std::int64_t>(life * 1e9);
    cell_of(f.tick).extra += f.size;
    mark(f.tick);
    flickers_.push_back(f);
  }
}

void background::change_levels() {
  for (int n = random_.count(60); n > 0; --n) {
    const bool bid = random_.happens(0.5);
    const double far = random_.happens(0.5) ? random_.exponential(150) : random_.between(0, reach);
    const auto d = std::min<std::int64_t>(reach, 1 + static_cast<std::int64_t>(far));
    const std::int64_t t = bid ? best_bid_ - d : best_ask_ + d;
    const double scale = control_.depth[bid ? 0 : 1];
    set_base(t, random_.happens(populated * std::min(1.0, scale)) ? static_cast<std::int64_t>(usual(d) * scale) : 0);
  }
  // The touch is traded and refilled all the time.
  if (random_.happens(0.5)) set_base(best_bid_, usual(0));
  if (random_.happens(0.5)) set_base(best_ask_, usual(0));
}

// Stop orders of others beyond round numbers and old extremes: market orders in the direction of the move, and
// positions that end.
void background::fire_stops() {
  const double before = last_second_;
  last_second_ = value_;
  if (!control_.stops || now_ < next_stop_) return;
  const bool round = std::floor(before / round_number) != std::floor(value_ / round_number);
  const bool high = stop_high_ > 0 && before <= stop_high_ && value_ > stop_high_;
  const bool low = stop_low_ > 0 && before >= stop_low_ && value_ < stop_low_;
  if (!round && !high && !low) return;
  next_stop_ = now_ + 5 * minute;
  double lots = random_.exponential(25'000);
  change_open_interest(-lots / oi_);
  while (lots > 1) {
    const double n = std::min(lots, random_.exponential(5'000));
    market_order(value_ > before, n);
    lots -= n;
  }
}

void background::close_minute() {
  stop_high_ = extreme(true, 60, 10);
  stop_low_ = extreme(false, 60, 10);
  minutes_.push_back({mid(), mid()});
}

double background::extreme(bool high, int look_back, int age) const {
  const auto n = static_cast<int>(minutes_.size());
  const auto at = [&](int ago) {
    const auto& m = minutes_[static_cast<std::size_t>(n - 1 - ago)];
    return high ? m.high : -m.low;
  };
  if (n <= 2 * age + 1) return 0;
  int best = age;
  for (int i = age; i <= look_back && i < n - age; ++i)
    if (at(i) > at(best)) best = i;
  if (best + age >= n) return 0;
  for (int i = 0; i < best; ++i)
    if (at(i) >= at(best)) return 0;
  for (int i = best + 1; i <= best + age; ++i)
    if (at(i) > at(best)) return 0;
  return high ? at(best) : -at(best);
}

std::size_t background::post(bool bid, std::int64_t tick, double lots) {
  tick = bid ? std::min(tick, best_bid_) : std::max(tick, best_ask_);
  const auto n = static_cast<std::int64_t>(lots);
  cell_of(tick).extra += static_cast<std::int32_t>(n);
  mark(tick);
  layers_.push_back({tick, n, n, 0, bid});
  return layers_.size() - 1;
}

void background::withdraw(std::size_t id, double share) {
  layer& l = layers_[id];
  const auto n = std::min(l.left, static_cast<std::int64_t>(std::ceil(static_cast<double>(l.left) * share)));
  cell_of(l.tick).extra -= static_cast<std::int32_t>(n);
  l.left -= n;
  mark(l.tick);
}

void background::tell_book() {
  bids_.clear(), asks_.clear();
  std::sort(marked_.begin(), marked_.end());
  for (const std::int64_t t : marked_) {
    cell& c = cell_of(t);
    c.marked = false;
    const bool bid = t <= best_bid_;
    const std::int32_t size = c.base + c.extra;
    if (c.told > 0 && c.told_bid != bid) {
      (c.told_bid ? bids_ : asks_).push_back({t, 0});
      c.told = 0;
    }
    if (size == c.told) continue;
    (bid ? bids_ : asks_).push_back({t, size});
    c.told = size, c.told_bid = bid;
  }
  marked_.clear();
  if (bids_.empty() && asks_.empty()) return;
  trapline_book b{};
  b.venue_prev_seq = sequence_;
  b.venue_seq = ++sequence_;
  b.bid_count = static_cast<std::uint32_t>(bids_.size());
  b.ask_count = static_cast<std::uint32_t>(asks_.size());
  b.price_exp = price_exp, b.size_exp = size_exp;
  bids_.insert(bids_.end(), asks_.begin(), asks_.end());
  counts_.changes += bids_.size();
  ++counts_.messages;
  out_.book(now_, false, b, bids_);
}

void background::tell_ticker() {
  trapline_ticker t{};
  t.present = TRAPLINE_TICKER_MARK | TRAPLINE_TICKER_INDEX | TRAPLINE_TICKER_OPEN_INTEREST;
  t.price_exp = price_exp, t.size_exp = size_exp;
  t.mark = std::llround(mark_);
  t.index = std::llround(index_);
  t.open_interest = std::llround(oi_);
  out_.ticker(now_, t);
}

}  // namespace planted
