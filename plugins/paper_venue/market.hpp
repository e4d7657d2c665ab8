// The simulated market of one symbol: zero-intelligence orders around an efficient price, self-exciting takers,
// market makers that follow the price, and whatever forces a script adds.
//
// Deterministic: the state is a function of the settings and of the calls. Time is the venue's own (UTC ns).
#pragma once

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "bars.hpp"
#include "derivatives.hpp"
#include "exchange/liquidity.hpp"
#include "order_book.hpp"
#include "prng.hpp"
#include "script.hpp"

namespace trapline::paper_venue {

struct market_settings {
  std::uint64_t seed = 42;
  std::int64_t start_ts = 0;  // UTC ns
  std::int64_t start_tick = 0;
  double ticks_per_bp = 64;       // of the start price
  double lots_per_unit = 10'000;  // one unit: what 1 BTC at 64,000 is worth
};

class market final : public liquidity {
 public:
  static constexpr std::int64_t step_ns = 25'000'000;
  static constexpr double base_sigma_bp = 0.62;  // of the mid price over one second
  static constexpr double base_volume = 1.1;     // units a second

  explicit market(const market_settings& settings);

  // One step of step_ns. New trades are in trades() until the next step.
  void step();

  // Of the account's orders. What they trade between two steps is among the trades of the next.
  void take(side taker, std::int64_t lots, std::int64_t limit, std::vector<trade>& out) override;
  bool rest(side s, std::int64_t tick, std::int64_t lots, std::uint64_t id) override;
  std::int64_t withdraw(side s, std::int64_t tick, std::uint64_t id) override;
  std::vector<resting_fill> take_resting_fills() override { return std::exchange(resting_fills_, {}); }

  // A phase of a script begins: places its layers. Ends with end_phase(), which withdraws what is left of them.
  void begin_phase(const phase& p);
  void end_phase();

  std::int64_t now() const { return now_; }
  const order_book& book() const override { return book_; }
  const std::vector<trade>& trades() const { return trades_; }
  const bars& minute_bars() const { return bars_; }
  const derivatives& quotes() const { return derivatives_; }
  const market_settings& settings() const { return settings_; }

  double mid() const { return 0.5 * static_cast<double>(book_.best(side::buy) + book_.best(side::sell)); }
  std::int64_t last_tick() const override { return last_tick_; }
  std::int64_t mark_tick() const override { return std::llround(derivatives_.mark()); }
  std::int64_t funding_millionths() const override { return derivatives_.funding_millionths(); }
  double efficient_price() const { return price_; }
  // Exponentially weighted deviation of one-minute mid moves in ticks (half-life 15 minutes): the scale in which
  // the patterns are defined.
  double sigma60() const;
  // Lots a second, half-life 30 minutes.
  double volume_rate() const { return volume_rate_; }

 private:
  struct placed_layer {
    side where;
    std::int64_t tick, lots;
  };

  void move_price(double dt);
  void run_takers(double dt);
  void run_bursts(double dt);
  void burst(side taker, double& pending, double rate, double dt);
  void run_makers(double dt);
  void outrun(side resting);
  void add_orders(side s, double dt);
  void cancel_orders(side s, double dt);
  void place_layer(side s, const std::optional<layer>& l);
  void execute(side taker, std::int64_t lots, std::int64_t limit, std::vector<trade>& out);
  void execute(side taker, std::int64_t lots, std::int64_t limit) { execute(taker, lots, limit, trades_); }
  void measure();

  std::int64_t taker_size();
  std::int64_t rest_size(double distance);
  double bp() const { return settings_.ticks_per_bp; }

  market_settings settings_;
  prng random_;
  std::int64_t now_;
  double price_;                  // efficient price, ticks
  double activity_ = 0;           // log of the level of volatility and activity: a slow Ornstein-Uhlenbeck process
  double excitement_[2][2] = {};  // [side][kernel]: self-excitation of takers
  double pending_burst_[2] = {};
  order_book book_;
  bars bars_;
  derivatives derivatives_;
  forces act_;
  std::int64_t phase_end_ = 0;
  std::vector<placed_layer> layers_;

  std::vector<trade> trades_;  // of the last step
  std::vector<trade> early_;   // since then
  std::vector<fill> fills_;
  std::vector<resting_fill> resting_fills_;
  std::uint64_t next_trade_id_;
  std::int64_t last_tick_;
  std::int64_t orders_in_step_ = 0;

  std::int64_t next_measure_;
  double last_mid_ = 0, variance_, volume_rate_, volume_second_ = 0;
};

}  // namespace trapline::paper_venue
