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
  double sweep_buy = 0, sweep_sell = 0;  // widest same-ms sweep, price units
  double rush_buy = 0, rush_sell = 0;    // taker orders filled at least twice in one ms
  double depth_bid = 0, depth_ask = 0;   // within 10 bp of the mid at the end of the second; 0 = unknown
  double oi = 0, mark = 0, index = 0;    // 0 = unknown or stale
  double sigma = 0;                      // at the end of the second
  std::uint32_t trades = 0;
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
    for (std::int64_t s = from; s <= sec; ++s) {
      second_bin& b = slot(s);
      b = {};
      b.high = b.low = b.close = close;
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
  static constexpr double seconds(window w) noexcept { return w == two ? 2.0 : w == five ? 5.0 : 25.0; }

  // Sum of order flow imbalance over the last `n` seconds, the running one included.
  double ofi(std::int64_t n) const noexcept {
    double sum = 0;
    for (std::int64_t i = 0; i < n && i < held(); ++i) sum += bin(i).ofi;
    return sum;
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
    double buy = 0, sell = 0, trades = 0;
  };
  second_bin& slot(std::int64_t s) noexcept { return bins_[static_cast<std::size_t>(s) & (span - 1)]; }
  // Summed anew each second, not slid, so that no rounding error accumulates.
  void sum_windows() noexcept {
    constexpr std::int64_t length[] = {2, 5, 25};
    for (int w = 0; w < 3; ++w) {
      volumes v;
      for (std::int64_t i = 1; i < length[w] && i < held(); ++i) {
        v.buy += bin(i).buy;
        v.sell += bin(i).sell;
        v.trades += bin(i).trades;
      }
      closed_[static_cast<std::size_t>(w)] = v;
    }
  }

  std::array<second_bin, span> bins_{};
  std::array<volumes, 3> closed_{};
  std::int64_t sec_ = 0, first_ = 0;
  bool started_ = false;
};

}  // namespace trapline::trap
