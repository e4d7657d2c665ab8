// The onset of a pump (or dump) as trades alone show it: how far, how much, how many, against the market's own last
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
enum class onset_feature : std::uint8_t {
  return_scale,   // ln(1 + return from the 60-s extreme over the one-minute deviation of the last hours)
  return_pct,     // ln(1 + the same return in per cent)
  volume_25s,     // ln(1 + taker volume of the pushing side in 25 s over its expectation)
  volume_2s,      // ln(1 + the same in 2 s)
  trades_25s,     // ln(1 + trades in 25 s over 1 + their expectation)
  trades_2s,      // ln(1 + trades in 2 s over 1 + their expectation)
  pushing_share,  // of the pushing side in the taker volume of 25 s, 0..1
};
inline constexpr std::size_t onset_feature_count = 7;
inline constexpr std::array<const char*, onset_feature_count> onset_names{
    "onset_return_scale", "onset_return_pct", "onset_volume_25s",   "onset_volume_2s",
    "onset_trades_25s",   "onset_trades_2s",  "onset_pushing_share"};
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

  // The running second of `f` closes; `passed` seconds open.
  void close_second(const flow& f, std::int64_t passed) noexcept {
    const second_bin& b = f.bin(0);
    volume_.add(b.buy + b.sell);
    trades_.add(b.trades);
    volume_.add_zeros(passed - 1);
    trades_.add_zeros(passed - 1);
    seconds_ += passed;
    const std::int64_t m = f.sec() / 60;
    if (b.close > 0 && (m != minute_ || minute_close_ == 0)) {
      if (minute_close_ > 0) {
        const double r = std::log(b.close / minute_close_);
        squares_.add(r * r);
        squares_.add_zeros(m - minute_ - 1);
      }
      minute_ = m;
      minute_close_ = b.close;
    }
  }
  // After `f` has opened a new second: the extremes that a return is measured from.
  void look_back(const flow& f) noexcept {
    low_ = high_ = 0;
    const std::int64_t n = std::min<std::int64_t>(60, f.held());
    for (std::int64_t i = 1; i < n; ++i) {
      const double low = f.low(i);
      if (low > 0 && (low_ == 0 || low < low_)) low_ = low;
      high_ = std::max(high_, f.high(i));
    }
  }

  // False: no candidate, `out` is not written.
  bool values(const flow& f, double price, sign s, onset_values& out) const noexcept {
    const second_bin& b = f.bin(0);
    if (seconds_ < least_history || b.trades == 0) return false;
    const double extreme = s > 0 ? (low_ > 0 ? std::min(low_, b.low) : b.low) : std::max(high_, b.high);
    const double ret = extreme > 0 ? s * std::log(price / extreme) : 0.0;
    const double sigma = std::sqrt(squares_.mean());
    if (!(ret >= least_return) || !(sigma > 0) || !(volume_.mean() > 0)) return false;
    const auto volume = [&](flow::window w) {
      return std::log1p((s > 0 ? f.buy(w) : f.sell(w)) / (flow::seconds(w) * volume_.mean()));
    };
    const auto trades = [&](flow::window w) {
      return std::log1p(f.trades(w) / (1 + flow::seconds(w) * trades_.mean()));
    };
    out = {std::log1p(ret / sigma),   std::log1p(100 * ret), volume(flow::twenty_five),    volume(flow::two),
           trades(flow::twenty_five), trades(flow::two),     f.share(flow::twenty_five, s)};
    return true;
  }

 private:
  ew_mean volume_{14400}, trades_{14400};  // a second, half-life 4 h
  ew_mean squares_{240};                   // squared returns of a minute, half-life 4 h
  std::int64_t seconds_ = 0, minute_ = 0;
  double minute_close_ = 0, low_ = 0, high_ = 0;
};

}  // namespace trapline::trap
