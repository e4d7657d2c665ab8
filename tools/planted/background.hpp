// A market without traps: order flow that excites itself, a book that is quoted round a wandering fair value.
//
// Takers arrive as two mutually exciting Hawkes processes (kernels of 0.1, 1 and 10 s); levels are posted, changed and
// cancelled at random (zero intelligence). The numbers are those measured on 345 s of the BTCUSDT perpetual
// (detection.md 1.3 and 3): 15.6 taker orders and 1,286 level changes a second, taker sizes with quantiles
// 0.03 / 0.66 / 7.2 BTC, 130 BTC within 10 bp of a side, 12.7 adds of 10 BTC a second of which five in six live less
// than 0.25 s, 10 bp of volatility a minute. On top: two-sided quotes that follow the price, stop orders beyond round
// numbers and old extremes, slow changes of volatility, open interest, mark and index.
//
// Prices are ticks, sizes lots (tape.hpp), times ns. One thread; the same seed gives the same events.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "chance.hpp"
#include "tape.hpp"

namespace planted {

struct market_settings {
  std::uint64_t seed = 1;
  std::int64_t start = 1'700'000'000 * second;  // a multiple of a minute is not needed
  double price = 600'000;                       // ticks
  std::int64_t feed = 50 * ms;                  // between two book messages; a multiple of 50 ms
  double volatility = 10e-4;                    // of the fair value in a minute
  double noise = 1;                             // scale of what wanders by itself; 0.3 for a calm market
};

struct layer {
  std::int64_t tick = 0;
  std::int64_t posted = 0, left = 0, traded = 0;  // lots
  bool bid = true;
};

class background {
 public:
  static constexpr std::int64_t step_time = 50 * ms;
  background(const market_settings& s, tape& out);

  // Tells `minutes` of one-minute candles that end at the start, then the book. Once, before the first step.
  void begin(int minutes);
  // Moves the market by step_time.
  void step();

  std::int64_t now() const noexcept { return now_; }
  double value() const noexcept { return value_; }
  // How far the fair value can still go, in ticks; a script that goes far asks first.
  double room(bool up) const noexcept;
  double mid() const noexcept { return 0.5 * static_cast<double>(best_bid_ + best_ask_); }
  std::int64_t best(bool bid) const noexcept { return bid ? best_bid_ : best_ask_; }
  // One deviation of a minute, in ticks, as the market is now.
  double sig60() const noexcept { return settings_.volatility * vol_ * settings_.noise * value_; }
  // Usual depth of a side within 10 bp, in lots; usual taker volume of a second, in lots.
  static constexpr double depth10 = 130'000;
  static constexpr double volume = 8'400;
  // Highest high (or lowest low) of whole minutes that is at least `age` minutes old, has `age` lower minutes before
  // it, and was not reached since; in ticks, 0 = there is none. Of trades: nobody sees the fair value.
  double extreme(bool high, int look_back, int age) const;

  // --- what a script may do; drift, pull and flow hold until they are changed
  struct controls {
    double drift = 0;                   // ticks a second added to the fair value
    double target = 0, pull = 0;        // fair value is drawn to `target` by the share `pull` a second
    double calm = 1;                    // scale of the fair value's own wandering
    double rate = 1;                    // scale of the taker flow
    double buyers = 0.5;                // share of buyers in what `rate` adds
    double index_follows = 1;           // share of the fair value's moves that the index makes
    std::array<double, 2> depth{1, 1};  // bid, ask: scale of what is posted
    double oi_per_s = 0;                // relative change of the open interest a second
    bool stops = true;                  // stop orders of others fire
  };
  controls& control() noexcept { return control_; }
  void release() noexcept { control_ = {}; }
  void shift(double ticks, double index_share) noexcept;
  void market_order(bool buy, double lots);
  void change_open_interest(double share) noexcept { oi_ *= 1 + share; }
  // Quantity that belongs to a script. Trades take it after what else stands at the price.
  std::size_t post(bool bid, std::int64_t tick, double lots);
  void withdraw(std::size_t id, double share = 1);
  const layer& at(std::size_t id) const { return layers_[id]; }
  chance& random() noexcept { return random_; }

  // What happened so far, for comparison with the real table.
  struct counts {
    std::uint64_t orders = 0, trades = 0, changes = 0, messages = 0;
  };
  const counts& counted() const noexcept { return counts_; }

 private:
  static constexpr std::int64_t width = 1 << 19;  // ticks; the fair value stays in their middle half
  struct cell {
    std::int32_t base = 0, extra = 0;  // extra: layers of scripts and short-lived large orders
    std::int32_t told = 0;             // size in the last message that named this price
    bool told_bid = false, marked = false;
  };
  struct flicker {
    std::int64_t until = 0, tick = 0;
    std::int32_t size = 0;
    bool bid = true;
  };
  struct minute_extremes {
    double high = 0, low = 0;
  };

  cell& cell_of(std::int64_t tick) { return cells_[static_cast<std::size_t>(tick - origin_)]; }
  const cell& cell_of(std::int64_t tick) const { return cells_[static_cast<std::size_t>(tick - origin_)]; }
  void mark(std::int64_t tick);
  void set_base(std::int64_t tick, std::int64_t lots);
  std::int64_t shown(std::int64_t tick) const { return cell_of(tick).base + cell_of(tick).extra; }
  std::int32_t usual(std::int64_t distance);
  void wander();
  void quote();
  void takers();
  void change_levels();
  void large_orders();
  void fire_stops();
  void close_minute();
  std::int64_t take(bool buy, double lots, std::int64_t ts, std::int64_t limit);
  void take_level(std::int64_t tick, bool buy, std::int64_t lots, std::int64_t ts);
  void clear(std::int64_t tick, bool traded);
  void find_best();
  void tell_book();
  void tell_ticker();

  market_settings settings_;
  tape& out_;
  chance random_;
  controls control_;
  std::int64_t now_ = 0, origin_ = 0, best_bid_ = 0, best_ask_ = 0, order_ts_ = 0;
  double value_ = 0, vol_ = 1, index_ = 0, mark_ = 0, oi_ = 92'000'000;
  std::vector<cell> cells_;
  std::vector<std::int64_t> marked_;
  std::vector<flicker> flickers_;
  std::vector<layer> layers_;
  std::vector<minute_extremes> minutes_;  // of trades; the last is the running one
  std::vector<trapline_level> bids_, asks_;
  std::array<std::array<double, 3>, 2> excitement_{};  // side x kernel
  std::uint64_t sequence_ = 1, trade_id_ = 0;
  std::int64_t next_stop_ = 0;
  double stop_high_ = 0, stop_low_ = 0, last_second_ = 0;
  counts counts_;
};

}  // namespace planted
