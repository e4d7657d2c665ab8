// Several orders of like size, posted together on one side and withdrawn together: the shape of layering.
//
// Beside a ladder there is nearly always some stranger posted in the same half second, and in a busy book there are
// many: what belongs together is therefore asked of the orders that left, alike in size and time, and not of all that
// were posted then; and strangers are looked for where the ladder stands, not in the whole side. A quote of both sides,
// or one that follows the price, is so with all its orders: one stranger who happens to match a rung makes no quote of
// a ladder, and one cannot match several.
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
  double price = 0, bp = 0;                 // bp: from the mid when it was posted
  bool fits = false;                        // withdrawn untraded, as a false order is
  bool mirrored = false, followed = false;  // by an order of the other side, or of this one, that is no other rung's
};

struct ladder {
  // Why there is none, the first that holds.
  enum class lack : std::uint8_t {
    none,
    number,    // too few left together
    likeness,  // too few of one size at one place
    weight,    // too small, all together
    company,   // too many of other sizes left with them
    leavers,   // too many like them stayed
    one_side,  // half of them or more were mirrored
    place,     // half of them or more were followed
  };
  lack of = lack::none;
  std::uint32_t count = 0;  // 0 = there is none
  std::int64_t posted = 0;  // of the first
  double size = 0, filled = 0, size_cv = 0;
  double bp = 0;  // of its rungs on average
};

class ladder_watch {
 public:
  static constexpr std::size_t kept = 32, most = 24, most_standing = 64;
  // From the nearest to the farthest order of a ladder: its orders stand at successive prices, while those that are
  // alike by chance are strewn over the whole side.
  static constexpr double span_bp = 5;

  explicit ladder_watch(const layering_settings& s) : settings_(s) {}
  void reset() noexcept { gone_ = {}; }
  // `r` left the book. `standing`: other orders of the side that stand still. `slack`: ns by which a feed's messages
  // blur times. `weight`: least size of a whole ladder. Those of a ladder that is found belong to no other.
  ladder leave(const rung& r, std::span<const rung> standing, std::int64_t slack, double weight) noexcept;

 private:
  const layering_settings& settings_;
  std::array<rung, kept> gone_{};
  std::size_t next_ = 0;
};

}  // namespace trapline::trap
