// One second of the market after another: volumes by taker side, prices, order flow, sweeps, open interest.
#pragma once

#include <array>
#include <cstdint>

#include "trapline/abi/base.h"

namespace trapline::trap {

// +1 = up / buy / high side, -1 = down / sell / low side.
using sign = int;

struct second_bin {
  double buy = 0, sell = 0;              // taker volume, base coin
  double high = 0, low = 0, close = 0;   // of trades; without trades all equal the last close; 0 = none yet
  double ofi = 0;                        // order flow imbalance (Cont, Kukanov, Stoikov 2014), base coin
  double ofi10 = 0;                      // the same summed over the ten best levels (Xu, Gould, Howison 2018)
  double sweep_buy = 0, sweep_sell = 0;  // widest same-ms sweep, price units
  double rush_buy = 0, rush_sell = 0;    // taker orders filled at least twice in one ms
  double depth_bid = 0, depth_ask = 0;   // within 10 bp of the mid at the end of the second; 0 = unknown
  double oi = 0, mark = 0, index = 0;    // 0 = unknown or stale
  double sigma = 0;                      // at the end of the second
  std::uint32_t trades = 0;
  std::uint32_t orders = 0;                       // taker orders: fills of one side in one ms
  std::uint32_t sweeps_buy = 0, sweeps_sell = 0;  // of these, through more than one price
};

// Ring of the last 1024 seconds. Index 0 is the running second.
class flow {
 public:
  static constexpr std::int64_t span = 1024;

  // Opens the second `sec` (UTC); seconds between are opened empty. No effect unless `sec` is later.
  // Cost O(skipped), at most O(span).
  void open(std::int64_t sec) noexcept {
    if (started_ && sec <= sec_) return;
    const std::int64_t from = started_ && sec - sec_ < span ? sec_ + 1 : sec - span + 1;
    const double close = started_ ? bin(0).close : 0.0;
    if (started_) keep_extremes(sec_, bin(0).low, bin(0).high);
    for (std::int64_t s = from; s <= sec; ++s) {
      second_bin& b = slot(s);
      b = {};
      b.high = b.low = b.close = close;
      keep_extremes(s, close, close);
    }
    if (!started_) first_ = sec;
    sec_ = sec;
    started_ = true;
    sum_windows();
  }

  bool started() const noexcept { return started_; }
  std::int64_t sec() const noexcept { return sec_; }
  // Seconds held, the running one included, at most span.
  std::int64_t held() const noexcept {
    if (!started_) return 0;
    return sec_ - first_ + 1 < span ? sec_ - first_ + 1 : span;
  }

  // `ago` in 0..held()-1.
  const second_bin& bin(std::int64_t ago) const noexcept {
    return bins_[static_cast<std::size_t>(sec_ - ago) & (span - 1)];
  }
  second_bin& now() noexcept { return slot(sec_); }

  // Lowest and highest trade of a closed second, as in its bin, but side by side: windows of minutes are searched.
  double low(std::int64_t ago) const noexcept { return lows_[static_cast<std::size_t>(sec_ - ago) & (span - 1)]; }
  double high(std::int64_t ago) const noexcept { return highs_[static_cast<std::size_t>(sec_ - ago) & (span - 1)]; }

  // Taker volume of the last 2, 5 or 25 seconds, the running one included.
  enum window { two = 0, five = 1, twenty_five = 2 };
  double buy(window w) const noexcept { return closed_[w].buy + bin(0).buy; }
  double sell(window w) const noexcept { return closed_[w].sell + bin(0).sell; }
  double volume(window w) const noexcept { return buy(w) + sell(w); }
  double trades(window w) const noexcept { return closed_[w].trades + bin(0).trades; }
  double share(window w, sign s) const noexcept {
    const double v = volume(w);
    return v > 0 ? (s > 0 ? buy(w) : sell(w)) / v : 0.5;
  }
  // Rush orders of the last 25 seconds.
  double rush(sign s) const noexcept {
    return s > 0 ? closed_[twenty_five].rush_buy + bin(0).rush_buy : closed_[twenty_five].rush_sell + bin(0).rush_sell;
  }
  static constexpr double seconds(window w) noexcept { return w == two ? 2.0 : w == five ? 5.0 : 25.0; }

  // Sum of order flow imbalance over the last `n` seconds, the running one included.
  double ofi(std::int64_t n) const noexcept {
    double sum = 0;
    for (std::int64_t i = 0; i < n && i < held(); ++i) sum += bin(i).ofi;
    return sum;
  }
  double ofi10(std::int64_t n) const noexcept {
    double sum = 0;
    for (std::int64_t i = 0; i < n && i < held(); ++i) sum += bin(i).ofi10;
    return sum;
  }
  // Sweeping orders of one side in the running second and the one before.
  std::uint32_t sweeps(sign s) const noexcept {
    return s > 0 ? bin(0).sweeps_buy + bin(1).sweeps_buy : bin(0).sweeps_sell + bin(1).sweeps_sell;
  }
  // Widest sweep of one side in the last five seconds.
  double sweep(sign s) const noexcept {
    double best = 0;
    for (std::int64_t i = 0; i < 5 && i < held(); ++i) {
      const double x = s > 0 ? bin(i).sweep_buy : bin(i).sweep_sell;
      if (x > best) best = x;
    }
    return best;
  }

 private:
  struct volumes {
    double buy = 0, sell = 0, trades = 0, rush_buy = 0, rush_sell = 0;
  };
  second_bin& slot(std::int64_t s) noexcept { return bins_[static_cast<std::size_t>(s) & (span - 1)]; }
  void keep_extremes(std::int64_t s, double low, double high) noexcept {
    lows_[static_cast<std::size_t>(s) & (span - 1)] = low;
    highs_[static_cast<std::size_t>(s) & (span - 1)] = high;
  }
  // Summed anew each second, not slid, so that no rounding error accumulates.
  void sum_windows() noexcept {
    constexpr std::int64_t length[] = {2, 5, 25};
    for (int w = 0; w < 3; ++w) {
      volumes v;
      for (std::int64_t i = 1; i < length[w] && i < held(); ++i) {
        v.buy += bin(i).buy;
        v.sell += bin(i).sell;
        v.trades += bin(i).trades;
        v.rush_buy += bin(i).rush_buy;
        v.rush_sell += bin(i).rush_sell;
      }
      closed_[static_cast<std::size_t>(w)] = v;
    }
  }

  std::array<second_bin, span> bins_{};
  std::array<double, span> lows_{}, highs_{};
  std::array<volumes, 3> closed_{};
  std::int64_t sec_ = 0, first_ = 0;
  bool started_ = false;
  [[maybe_unused]] std::array<bool, 7> unused_{};  // part of a state, see threshold/move_detector.hpp
};

}  // namespace trapline::trap
