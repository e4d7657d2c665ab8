// The onset of a pump (or dump) as trades alone show it: how far, in how many orders, against the market's own last
// hours. For markets whose book is not fed; there the learned weights of calibration/onset.inc turn it into a
// probability.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "features/ew.hpp"
#include "features/flow.hpp"

namespace trapline::trap {

// What the model reads. All are logarithms of ratios but the share, so that coins of every size compare.
//
// Orders (fills of one side in one millisecond), not fills: a pump is a crowd, and one large order that sweeps twenty
// levels of a thin book is none. `quiet`, because a crowd can lift a market that hardly trades; where trades follow one
// another a natural move brings as many orders.
enum class onset_feature : std::uint8_t {
  return_pct,     // ln(1 + return from the 60-s extreme in per cent)
  volume_2s,      // ln(1 + taker volume of the pushing side in 2 s over its expectation)
  orders_25s,     // ln(1 + orders of the pushing side in 25 s over 1 + their expectation)
  orders_2s,      // ln(1 + the same in 2 s)
  pushing_share,  // of the pushing side in the taker volume of 25 s, 0..1
  quiet,          // -ln(1 + trades a second over busy_rate); 0 or less
};
inline constexpr std::size_t onset_feature_count = 6;
inline constexpr std::array<const char*, onset_feature_count> onset_names{
    "onset_return_pct", "onset_volume_2s", "onset_orders_25s", "onset_orders_2s", "onset_pushing_share", "onset_quiet"};
using onset_values = std::array<double, onset_feature_count>;

// logit p = bias + sum of weight * value.
struct onset_model {
  double bias = 0;
  onset_values weight{};

  bool operator==(const onset_model&) const = default;
  double logit(const onset_values& x) const noexcept {
    double sum = bias;
    for (std::size_t i = 0; i < x.size(); ++i) sum += weight[i] * x[i];
    return sum;
  }
};

class onset_watch {
 public:
  // Smallest return from the 60-s extreme that is looked at; below it the probability is 0.
  static constexpr double least_return = 0.01;
  // The scales need an hour of trades; before, there is no probability.
  static constexpr std::int64_t least_history = 3600;
  // Trades a second from which a market counts as busy: more than the labelled coins had before their pumps.
  static constexpr double busy_rate = 0.3;

  // The first fill of a taker order of known side in the running second.
  void on_order(sign s) noexcept { ++slot(sec_)[s > 0]; }

  // The running second of `f` closes; `passed` seconds open.
  void close_second(const flow& f, std::int64_t passed) noexcept {
    const second_bin& b = f.bin(0);
    volume_.add(b.buy + b.sell);
    trades_.add(b.trades);
    volume_.add_zeros(passed - 1);
    trades_.add_zeros(passed - 1);
    for (std::size_t i = 0; i < order_rate_.size(); ++i) {
      order_rate_[i].add(slot(sec_)[i]);
      order_rate_[i].add_zeros(passed - 1);
    }
    seconds_ += passed;
  }
  // After `f` has opened a new second: the extremes that a return is measured from, and the orders of closed seconds.
  void look_back(const flow& f) noexcept {
    low_ = high_ = 0;
    const std::int64_t n = std::min<std::int64_t>(60, f.held());
    for (std::int64_t i = 1; i < n; ++i) {
      const double low = f.low(i);
      if (low > 0 && (low_ == 0 || low < low_)) low_ = low;
      high_ = std::max(high_, f.high(i));
    }
    for (std::int64_t s = std::max(sec_, f.sec() - kept) + 1; s <= f.sec(); ++s) slot(s) = {};
    sec_ = f.sec();
    for (std::size_t i = 0; i < 2; ++i) {
      closed_2s_[i] = slot(sec_ - 1)[i];
      closed_25s_[i] = 0;
      for (std::int64_t s = sec_ - 24; s < sec_; ++s) closed_25s_[i] += slot(s)[i];
    }
  }

  // False: no candidate, `out` is not written.
  bool values(const flow& f, double price, sign s, onset_values& out) const noexcept {
    const second_bin& b = f.bin(0);
    if (seconds_ < least_history || b.trades == 0) return false;
    const double extreme = s > 0 ? (low_ > 0 ? std::min(low_, b.low) : b.low) : std::max(high_, b.high);
    const double ret = extreme > 0 ? s * std::log(price / extreme) : 0.0;
    if (!(ret >= least_return) || !(volume_.mean() > 0)) return false;
    const std::size_t side = s > 0;
    const double running = slot(sec_)[side], rate = order_rate_[side].mean();
    out = {std::log1p(100 * ret),
           std::log1p((s > 0 ? f.buy(flow::two) : f.sell(flow::two)) / (2 * volume_.mean())),
           std::log1p((closed_25s_[side] + running) / (1 + 25 * rate)),
           std::log1p((closed_2s_[side] + running) / (1 + 2 * rate)),
           f.share(flow::twenty_five, s),
           -std::log1p(trades_.mean() / busy_rate)};
    return true;
  }

 private:
  static constexpr std::int64_t kept = 32;        // seconds of orders
  using of_sides = std::array<std::uint32_t, 2>;  // sellers', buyers'
  of_sides& slot(std::int64_t sec) noexcept { return orders_[static_cast<std::size_t>(sec) & (kept - 1)]; }
  const of_sides& slot(std::int64_t sec) const noexcept { return orders_[static_cast<std::size_t>(sec) & (kept - 1)]; }

  ew_mean volume_{14400}, trades_{14400};  // a second, half-life 4 h
  std::array<ew_mean, 2> order_rate_{ew_mean{14400}, ew_mean{14400}};
  std::array<of_sides, kept> orders_{};  // by second
  std::array<double, 2> closed_2s_{}, closed_25s_{};
  std::int64_t sec_ = 0;  // the running second
  std::int64_t seconds_ = 0;
  double low_ = 0, high_ = 0;
};

}  // namespace trapline::trap
