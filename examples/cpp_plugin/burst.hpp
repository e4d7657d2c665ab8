// The detector itself: trades in, bursts out. It knows nothing of the engine, so that a test can drive it.
//
// A burst, as defined here: the taker volume of the last `window` is at least `ratio` times what a window held on
// average over the `baseline` before it, at least `share` of it was bought (or sold) by takers, and the price moved at
// least `move_bp` the same way. It ends when the volume falls below half of `ratio`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace volume_burst {

struct settings {
  std::int64_t window = 5'000'000'000;      // ns, event time
  std::int64_t baseline = 120'000'000'000;  // ns, event time
  double ratio = 4;
  double share = 0.7;        // 0.5..1
  double move_bp = 2;        // basis points
  std::int64_t trades = 20;  // a window with fewer is too thin to judge
};

enum class taker { unknown, buy, sell };

// What the present window looks like. Its newest eighth is still being filled, so in a steady market `ratio` runs
// between 7/8 and 1.
struct reading {
  bool warm = false;   // the baseline is complete; until then no burst begins
  double ratio = 0;    // volume of the window / mean volume of a window in the baseline
  double share = 0;    // of the stronger side in the volume
  double move_bp = 0;  // from the window's first price to the last, positive = up
  bool up = false;     // the stronger side buys
  std::int64_t trades = 0;
};

// One instrument. Allocates in the constructor only; add() costs O(1), and once an eighth of a window O(number of
// slots).
class detector {
 public:
  explicit detector(const settings& s);

  // One trade at `ts`, UTC ns by the venue's clock. A slightly older trade counts as now; a leap backwards by more than
  // a baseline begins anew. `price` and `size` are positive and finite.
  void add(std::int64_t ts, double price, double size, taker side);

  // Trades were lost: what is known of the market is no basis any more. Ends a burst.
  void reset();

  bool bursting() const { return bursting_; }
  std::int64_t onset() const { return onset_; }  // of the present or last burst, UTC ns
  const reading& now() const { return now_; }

 private:
  static constexpr std::int64_t slots_per_window = 8;

  struct slot {
    double bought = 0, sold = 0, volume = 0;
    double first_price = 0;  // 0 = no trade
    std::int64_t trades = 0;
  };

  slot& at(std::int64_t number);
  void move_to(std::int64_t number);
  void measure(double last_price);
  void judge(std::int64_t ts);

  settings settings_;
  std::int64_t slot_ns_;
  std::vector<slot> slots_;  // a ring: the window is its newest eight, the baseline the others
  std::int64_t newest_ = 0, first_ = 0;
  bool started_ = false;
  slot window_;  // sum of the window's slots before the newest
  double baseline_volume_ = 0;

  reading now_;
  bool bursting_ = false;
  std::int64_t onset_ = 0;
};

}  // namespace volume_burst
