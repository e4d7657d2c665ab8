// Absorption, or an iceberg order: takers hit one price far beyond what it ever displays, it is filled up again each
// time, and does not give way.
//
//   IDLE > COUNT (one) > ENOUGH (two)
//
// It is legitimate, and told as context only. Between two book messages a level may be hit and refilled unseen, so that
// a refill is measured against what the trades in between must have left.
#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "features/market.hpp"
#include "patterns/assessment.hpp"

namespace trapline::trap {

class alignas(64) absorption_watch {
 public:
  // `absorbing`: the side of the resting orders.
  absorption_watch(book_side absorbing, const absorption_settings& s)
      : side_(absorbing), s_(absorbing == book_side::ask ? 1 : -1), settings_(s) {}

  void on_trade(const market& m, const trade_tick& t) noexcept;
  // After each book message.
  void on_book(const market& m) noexcept;
  void on_second(const market& m) noexcept;
  bool take_changed() noexcept { return std::exchange(changed_, false); }
  bool active() const noexcept { return leading_ >= 0; }
  assessment assess(const market& m) const noexcept;
  // The book is not known any more.
  void reset() noexcept;

 private:
  // One line of the cache. Price and begin stand apart: a trade searches the prices.
  struct alignas(64) watched {
    double traded = 0, displayed = 0, size = 0;
    double pending = 0;  // traded since the last book message
    double credit = 0;   // fell before its trades were told: the two come over different channels
    double refill_s = 0;
    std::int64_t last_trade = 0;
    int refills = 0;
  };
  static constexpr std::size_t capacity = 8;
  bool enough(const watched& w, const market& m) const noexcept;
  void choose(const market& m) noexcept;
  std::size_t find(double price) const noexcept;

  book_side side_;
  sign s_;  // where the takers push
  const absorption_settings& settings_;
  int used_ = 0, leading_ = -1;
  bool pending_ = false, changed_ = false;
  std::array<double, capacity> prices_{};  // 0 = free
  std::array<watched, capacity> watched_{};
  std::array<std::int64_t, capacity> since_{};
};

}  // namespace trapline::trap
