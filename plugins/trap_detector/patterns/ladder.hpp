// Several orders of like size, posted together on one side and withdrawn together: the shape of layering.
//
// Beside a ladder there is nearly always some stranger posted in the same half second, and in a busy book there are
// many: what belongs together is therefore asked of the orders that left, alike in size and time, and not of all that
// were posted then.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "features/market.hpp"

namespace trapline::trap {

// An order of a ladder, or one beside it.
struct rung {
  std::int64_t posted = 0, withdrawn = 0;  // withdrawn 0: it still stands
  double size = 0, filled = 0;
  bool fits = false;  // withdrawn untraded, as a false order is
};

struct ladder {
  // Why there is none, the first that holds.
  enum class lack : std::uint8_t { none, number, likeness, company, leavers };
  lack of = lack::none;
  std::uint32_t count = 0;  // 0 = there is none
  std::int64_t posted = 0;  // of the first
  double size = 0, filled = 0, size_cv = 0;
};

class ladder_watch {
 public:
  static constexpr std::size_t kept = 32, most = 24;

  explicit ladder_watch(const layering_settings& s) : settings_(s) {}
  void reset() noexcept { gone_ = {}; }
  // `r` left the book. `standing`: other orders of the side that stand still. `slack`: ns by which a feed's messages
  // blur times. Those of a ladder that is found belong to no other.
  ladder leave(const rung& r, std::span<const rung> standing, std::int64_t slack) noexcept;

 private:
  const layering_settings& settings_;
  std::array<rung, kept> gone_{};
  std::size_t next_ = 0;
};

}  // namespace trapline::trap
