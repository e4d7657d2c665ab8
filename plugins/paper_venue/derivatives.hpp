// Index, mark, funding and open interest of a perpetual, moved along with its market.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace trapline::paper_venue {

class derivatives {
 public:
  static constexpr std::int64_t funding_interval = 8LL * 3600 * 1'000'000'000;

  derivatives(double price, double open_interest)
      : index_(price), mark_(price), base_interest_(open_interest), interest_(open_interest) {}

  // A script says in what share of a move the index takes part: measured from the price at which it began.
  void follow(double share, double price) {
    if (share == share_) return;
    share_ = share;
    anchor_ = price;
    index_anchor_ = index_;
  }

  // `price` in ticks, `dt` in seconds.
  void advance(double price, double dt) {
    const double spot = share_ >= 1 ? price : index_anchor_ + share_ * (price - anchor_);
    index_ += (spot - index_) * (1 - std::exp(-dt / index_lag));
    basis_ += (price - index_ - basis_) * (1 - std::exp(-dt / basis_lag));
    mark_ += (index_ + basis_ - mark_) * (1 - std::exp(-dt / mark_lag));
    premium_ += ((price - index_) / price - premium_) * (1 - std::exp(-dt / premium_lag));
    interest_ += (base_interest_ - interest_) * (1 - std::exp(-dt / interest_lag));
  }

  // `opened`: lots of positions opened less positions closed by a trade.
  void on_trade(double opened) { interest_ = std::max(interest_ + opened, base_interest_ * 0.5); }

  double index() const { return index_; }
  double mark() const { return mark_; }
  std::int64_t open_interest() const { return std::llround(interest_); }  // lots
  // Millionths for one interval: the usual 1 bp of interest plus the premium, within +-0.3 %.
  std::int64_t funding_millionths() const {
    return std::clamp<std::int64_t>(std::llround(100 + premium_ * 1e6), -3000, 3000);
  }
  static std::int64_t next_funding(std::int64_t now) { return (now / funding_interval + 1) * funding_interval; }

 private:
  static constexpr double index_lag = 1, basis_lag = 30, mark_lag = 2, premium_lag = 3600, interest_lag = 3600;

  double index_, mark_, basis_ = 0, premium_ = 0;
  double base_interest_, interest_;
  double share_ = 1, anchor_ = 0, index_anchor_ = 0;
};

}  // namespace trapline::paper_venue
