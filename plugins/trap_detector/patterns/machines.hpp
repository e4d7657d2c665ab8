// The state machines of all patterns of one symbol, and which class each of them answers for.
#pragma once

#include <array>
#include <cstdint>

#include "features/levels.hpp"
#include "features/market.hpp"
#include "patterns/absorption.hpp"
#include "patterns/ignition.hpp"
#include "patterns/impulse.hpp"
#include "patterns/layers.hpp"
#include "patterns/pull.hpp"
#include "patterns/range_trap.hpp"
#include "patterns/stop_hunt.hpp"
#include "patterns/stuffing.hpp"
#include "patterns/wash.hpp"

namespace trapline::trap {

class machines {
 public:
  explicit machines(const settings& s);

  // `lots`: the size as it was sent.
  void on_trade(const market& m, const level_set& levels, const trade_tick& t, std::int64_t lots) noexcept;
  // One changed level, before the rest of its message is applied.
  void on_change(const market& m, book_side s, double price, double before, double after) noexcept {
    const auto i = static_cast<std::size_t>(s);
    layers_[i].on_change(m, price, before, after);
    stuffing_[i].on_change(price, before, after);
  }
  // After the last change of a book message.
  void on_book(const market& m) noexcept;
  // `passed` seconds were closed.
  void on_second(const market& m, const level_set& levels, std::int64_t passed) noexcept;
  // The book was lost or replaced: what it showed is not known to go on.
  void reset_book() noexcept;

  // What one pattern lends another.
  struct support {
    std::array<bool, 2> spoofed{};  // an alarm of spoofing or layering stands among the bids, the asks
    std::array<bool, 2> pulled{};   // an alarm of a liquidity pull upwards, downwards
  };
  // False: assess() has nothing to say.
  bool active(kind k) const noexcept;
  assessment assess(kind k, const market& m, const support& by) const noexcept;
  // Ends an episode of the class.
  void forget(kind k) noexcept;
  // Classes whose state changed since the last call, one bit each.
  std::uint32_t take_changed() noexcept;

  const layer_watch& layers(book_side s) const noexcept { return layers_[static_cast<std::size_t>(s)]; }
  const impulse& impulse_of(std::size_t side) const noexcept { return impulses_[side]; }

 private:
  static_assert(kind_count <= 32);
  // Which machines were fed since the last take_changed(): the others are not asked, and not read.
  enum fed : std::uint8_t { none, by_book, by_trade, by_all };

  // [0] up or bid, [1] down or ask
  std::array<stop_hunt, 2> hunts_, half_grabs_;
  std::array<range_trap, 2> traps_;
  std::array<impulse, 2> impulses_;
  std::array<ignition, 2> ignitions_;
  std::array<layer_watch, 2> layers_;
  std::array<pull_watch, 2> pulls_;
  std::array<absorption_watch, 2> absorptions_;
  std::array<stuffing_watch, 2> stuffing_;
  wash_index wash_;
  fed fed_ = none;
};

// Without a new episode of the class after the end of an alarmed one, ns.
std::int64_t refractory(kind k, const settings& s) noexcept;

}  // namespace trapline::trap
