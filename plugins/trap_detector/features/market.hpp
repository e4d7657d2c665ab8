// The present market of one symbol in scale-free units: what every pattern reads and none may change.
//
// Fed with events in order; time is the events' own. Memory is fixed. No function throws or allocates.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "features/depth_book.hpp"
#include "features/ew.hpp"
#include "features/flow.hpp"
#include "features/intensity.hpp"
#include "features/log_quantile.hpp"
#include "features/onset.hpp"
#include "features/p2_quantile.hpp"
#include "features/pulse.hpp"
#include "settings.hpp"

namespace trapline::trap {

struct trade_tick {
  std::int64_t ts = 0;
  double price = 0, size = 0;
  sign side = 0;  // of the taker, 0 = unknown
};

// Half-widths of the depth bands round the mid, in bp.
inline constexpr std::array<double, 4> band_bp{0.5, 2, 5, 10};

class alignas(64) market {
 public:
  // Moves the clock to `ts` and closes the seconds that passed. Returns how many.
  std::int64_t advance(std::int64_t ts) noexcept;

  void on_trade(const trade_tick& t, bool history) noexcept;
  // `changed` as in depth_book::delta. False: the book is invalid now.
  template <class Changed>
  bool on_delta(const trapline_book& head, std::span<const trapline_level> levels, Changed&& changed) {
    if (!book_.delta(head, levels, changed)) return false;
    after_book();
    return true;
  }
  bool on_snapshot(const trapline_book& head, std::span<const trapline_level> levels) noexcept;
  void on_ticker(const trapline_ticker& t) noexcept;
  void invalidate_book() noexcept;
  void on_trade_gap() noexcept { trade_gap_until_ = now_ + 60 * second; }
  // One size increase of a level, for the quantiles of adds.
  void on_add(double size) noexcept { adds_.add(size); }

  // Prices of events carry an exponent; the finest seen is the one that signals are written with.
  void see_price_exp(int exp) noexcept;
  void set_tick(double tick) noexcept { known_tick_ = tick; }
  int price_exp() const noexcept { return price_exp_; }
  double tick() const noexcept { return known_tick_ > 0 ? known_tick_ : exp_tick_; }

  std::int64_t now() const noexcept { return now_; }
  double price() const noexcept { return price_; }  // last trade, else the mid; 0 = none yet
  double mid() const noexcept { return mid_; }      // 0 = no valid two-sided book
  bool book_valid() const noexcept { return mid_ > 0; }
  bool book_seen() const noexcept { return book_seen_; }
  const depth_book& book() const noexcept { return book_; }
  const flow& bins() const noexcept { return flow_; }
  // Trades are all there is of this market: what the onset model was learned for.
  bool trades_only() const noexcept { return !book_seen_; }
  bool onset(sign s, onset_values& out) const noexcept { return onset_.values(flow_, price_, s, out); }
  // Quantity of one side within band `i` of band_bp; 0 without a book.
  double depth(book_side s, std::size_t band) const noexcept { return depth_[static_cast<std::size_t>(s)][band]; }

  // The last seconds in steps of 100 ms.
  const pulse& steps() const noexcept { return pulse_; }
  // Where the next price leans between the touches, by the sizes there (the microprice): -1 bid .. +1 ask.
  double micro_lean() const noexcept {
    const double sum = touch_.bid_size + touch_.ask_size;
    return sum > 0 ? (touch_.bid_size - touch_.ask_size) / sum : 0.0;
  }
  double best_bid() const noexcept { return touch_.bid; }  // 0 = no valid two-sided book
  double best_ask() const noexcept { return touch_.ask; }

  // --- scales
  double sigma() const noexcept { return sigma_; }
  double sig60() const noexcept { return sigma_ * 7.745966692414834; }
  // sig60 in price units.
  double sig60_price() const noexcept { return sig60() * price_; }
  double vbar() const noexcept { return vbar_.mean(); }  // base coin per second
  // Taker volume of a window against its expectation; 0 while the expectation is unknown.
  double burst(flow::window w) const noexcept {
    const double v = vbar() * flow::seconds(w);
    return v > 0 ? flow_.volume(w) / v : 0.0;
  }
  // sigma * sqrt(10) in price units.
  double sig10_price() const noexcept { return sigma_ * 3.1622776601683795 * price_; }
  // z of one side's taker volume of 2 s against its last half hour or so; 0 while that is unknown.
  double burst_z(sign s) const noexcept {
    const auto& u = usual_two_[s > 0];
    return u.deviation > 0 ? ((s > 0 ? flow_.buy(flow::two) : flow_.sell(flow::two)) - u.mean) / u.deviation : 0.0;
  }
  // sigma of about 5 min over its own 30 % quantile, as it was three seconds ago; 0 while unknown.
  double calm_ratio() const noexcept { return calm_[static_cast<std::size_t>(calm_next_)]; }
  const order_intensity& orders() const noexcept { return orders_; }
  // Branching ratio of taker orders over the last half minute or so, and their usual rate a second.
  double branching_n() const noexcept { return branching_.n(); }
  double order_rate() const noexcept { return order_rate_.mean(); }
  double d10() const noexcept { return d10_.value(); }
  double add_q99() const noexcept { return adds_.value(0); }
  double add_q999() const noexcept { return adds_.value(1); }
  double sweep_q99() const noexcept { return sweep_q99_.value(); }  // price units
  double rush_z(sign s) const noexcept { return s > 0 ? rush_z_buy_ : rush_z_sell_; }
  double return_z(sign s) const noexcept { return s * return_z_; }

  // --- open interest, mark and index; unknown values are 0
  double open_interest() const noexcept { return fresh(oi_ts_) ? oi_ : 0.0; }
  double basis_bp() const noexcept {
    return mark_ > 0 && index_ > 0 && fresh(index_ts_) ? (mark_ / index_ - 1) * 1e4 : 0.0;
  }
  bool has_basis() const noexcept { return mark_ > 0 && index_ > 0 && fresh(index_ts_); }
  double index_price() const noexcept { return fresh(index_ts_) ? index_ : 0.0; }
  // Open interest `seconds` ago, or the nearest known value within ten seconds before; 0 = unknown.
  double oi_ago(std::int64_t seconds) const noexcept;

  bool trades_complete() const noexcept { return now_ >= trade_gap_until_; }
  // Typical time between two book messages; 0 before the second one.
  double book_interval_s() const noexcept { return book_interval_.mean(); }

 private:
  bool fresh(std::int64_t ts) const noexcept { return ts != 0 && now_ - ts <= 30 * second; }
  void close_second(std::int64_t passed) noexcept;
  double truncated(double squared_return) noexcept;
  void close_group() noexcept;
  void after_book() noexcept;
  void scale_bursts(const second_bin& b, std::int64_t passed, bool hole) noexcept;
  void scale_calm(double squared_return, std::int64_t passed, bool hole) noexcept;
  void flow_of_ten_levels() noexcept;

  // What every trade or message reads stands before what is long, a line of the cache or so for each subject.
  std::int64_t now_ = 0;
  double price_ = 0, mid_ = 0;
  double sigma_ = 0;
  double known_tick_ = 0, exp_tick_ = 1;
  std::int64_t trade_gap_until_ = 0;
  int price_exp_ = 0;
  bool exp_seen_ = false;
  bool book_seen_ = false;

  // The taker order under way: fills of one side in one millisecond.
  struct {
    std::int64_t ms = -1;
    sign side = 0;
    double low = 0, high = 0;
    int fills = 0;
    bool swept = false;
  } group_;
  double reference_ = 0;

  struct usual {
    double mean = 0, deviation = 0;
  };
  std::array<usual, 2> usual_two_{};  // of sellers, of buyers
  std::array<double, 3> calm_{};      // the last three seconds; next to be overwritten = the oldest
  std::uint8_t calm_next_ = 0;
  order_intensity orders_;

  std::int64_t last_book_ = 0;
  struct {
    double bid = 0, bid_size = 0, ask = 0, ask_size = 0;
  } touch_;
  ew_mean book_interval_{200};
  std::array<std::array<double, band_bp.size()>, 2> depth_{};
  std::array<std::array<std::size_t, band_bp.size()>, 2> levels_{};  // in each band of the last message
  std::array<std::size_t, 2> ten_count_{};
  std::array<std::array<depth_book::level, 10>, 2> ten_{};  // the best ten of each side after the last message

  p2_quantile d10_{0.5, 4096};
  ew_mean squares_{900};  // squared 1-s log-returns, truncated; half-life 15 min
  ew_mean moves_{900};    // the same of the seconds in which the price moved
  ew_mean vbar_{1800};    // half-life 30 min
  ew_moments rush_buy_{14400}, rush_sell_{14400}, return_{14400};  // over 25 s, half-life 4 h
  double rush_z_buy_ = 0, rush_z_sell_ = 0, return_z_ = 0;
  ew_moments two_buy_{1800}, two_sell_{1800};  // taker volume of 2 s, half-life 30 min
  ew_mean squares_5min_{150};
  p2_quantile calm_q30_{0.3, 1 << 14};
  branching branching_{30};
  ew_mean order_rate_{900};

  double oi_ = 0, mark_ = 0, index_ = 0;
  std::int64_t oi_ts_ = 0, index_ts_ = 0;

  pulse pulse_;
  onset_watch onset_;
  flow flow_;
  depth_book book_;
  log_quantiles<2> adds_{{{{0.99, 1 << 16}, {0.999, 1 << 18}}}};
  log_quantile sweep_q99_{0.99, 1 << 16};
};

}  // namespace trapline::trap
