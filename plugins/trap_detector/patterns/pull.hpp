// Liquidity pull: most of one side's depth vanishes at once without trades, and the price goes through the hole.
//
//   IDLE > SEEN (armed: its trades may still be on their way) > DROPPED (one) > CONFIRMED (moved through)
//
// The fall is measured round a mid that has not moved yet: depth that is gone because the price ran into it, or away
// from it, is no pull. One that fills up again, or that the price does not use, ends.
#pragma once

#include <cstdint>
#include <utility>

#include "features/market.hpp"
#include "patterns/assessment.hpp"

namespace trapline::trap {

class alignas(64) pull_watch {
 public:
  // `pulled`: the side whose orders vanish. The price is expected to move that way.
  pull_watch(book_side pulled, const pull_settings& s)
      : side_(pulled), s_(pulled == book_side::ask ? 1 : -1), settings_(s) {}

  // After each book message.
  void on_book(const market& m) noexcept {
    if (at_ == state::idle) look(m);
    else step(m, m.mid());
  }
  void on_trade(const market& m, const trade_tick& t) noexcept {
    if (at_ == state::armed || at_ == state::one) step(m, t.price);
  }
  void on_second(const market& m) noexcept {
    if (at_ == state::armed || at_ == state::one) step(m, m.price());
  }
  bool take_changed() noexcept { return std::exchange(changed_, false); }
  bool active() const noexcept { return at_ >= state::one; }
  assessment assess(const market& m) const noexcept;
  void reset() noexcept {
    changed_ = changed_ || active();
    at_ = state::idle;
  }

 private:
  void look(const market& m) noexcept;
  void step(const market& m, double price) noexcept;

  book_side side_;
  sign s_;
  const pull_settings& settings_;
  state at_ = state::idle;
  bool changed_ = false;
  double mid_ = 0, depth_ = 0;  // before the drop
  double sig10_ = 0;            // price units
  double share_ = 0, traded_ = 0, other_ = 0, lean_ = 0, moved_ = 0;
  std::int64_t dropped_ = 0, through_ = 0;
};

}  // namespace trapline::trap
