// Wash trading: a slow index over the last 1024 trades, no episode and never an alarm.
//
// Four tests (Cong, Li, Tang, Yang 2023 for the first three): first digits against Benford's law, round sizes, the
// tail exponent of the sizes, and equal sizes bought and sold in turn within a second at an unchanged price. Venues
// and coins differ for good reasons, so that the first three are judged against the market's own last seven days
// only, and say nothing before an hour of it. The fourth has a null of its own: how often sizes are equal on opposite
// sides at a distance of many trades, which no pair can have made.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <utility>

#include "features/market.hpp"
#include "patterns/assessment.hpp"

namespace trapline::trap {

class alignas(64) wash_index {
 public:
  static constexpr std::size_t window = 1024;  // trades
  static constexpr std::uint32_t every = 128;  // trades between two looks

  explicit wash_index(const wash_settings& s) : settings_(s) {}

  // `lots`: the size as the venue sent it, above 0.
  void on_trade(const market& m, const trade_tick& t, std::int64_t lots) noexcept;
  bool take_changed() noexcept { return std::exchange(changed_, false); }
  bool active() const noexcept { return active_; }
  assessment assess(const market& m) const noexcept;

 private:
  struct entry {
    std::int64_t lots = 0;
    std::uint8_t digit = 0;  // first significant, 1..9
    std::uint8_t bin = 0;    // of the size, two an octave
    bool round = false;      // one significant digit, and not the smallest unit
    bool paired = false;     // opposite of the trade before, equal size, within a second, price unchanged
    bool control = false;    // opposite of, and equal to, the trade `lag` before
    std::int8_t side = 0;
  };
  static constexpr std::size_t lag = 37;

  struct against {            // a test against its own baseline
    ew_moments usual{10080};  // a minute, half-life 7 days
    double z = 0;             // NaN while there is no baseline
  };

  void count(const entry& e, int by) noexcept;
  void look(const market& m) noexcept;
  double benford() const noexcept;
  double tail() const noexcept;

  const wash_settings& settings_;
  std::uint64_t seen_ = 0;
  std::int64_t last_ts_ = 0;
  double last_price_ = 0;
  std::int32_t round_ = 0, paired_ = 0, control_ = 0;
  bool active_ = false, changed_ = false;
  std::array<std::int32_t, 10> digits_{};
  std::array<std::int32_t, 64> bins_{};

  against benford_, round_share_, tail_;
  double alternation_z_ = 0;
  std::int64_t last_minute_ = 0, since_ = 0;
  std::array<entry, window> ring_{};
};

}  // namespace trapline::trap
