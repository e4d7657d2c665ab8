// From evidence to a probability: logit p = logit(prior of class and state) + sum of log-likelihood ratios.
//
// The ratios stand in tables of eight bins each. They are additive, so what each item contributed can be printed; an
// input that is missing adds nothing. Two sets exist: reasoned starting points (calibration.cpp), and for some patterns
// tables learned from planted episodes (calibration/*.inc), which then replace prior and tables of that pattern. Both
// are `calibration=synthetic`: no labelled episodes of a real market are behind them.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kinds.hpp"
#include "trapline/abi/signal.h"

namespace trapline::trap {

inline constexpr const char* calibration_id = "default-synthetic-1";
inline constexpr const char* calibration_status = "synthetic";

// Items of evidence. The unit of each is in its name.
enum class item : std::uint8_t {
  overshoot_sigma,
  burst_ratio,
  taker_share,
  sweep_ratio,
  oi_drop_pct,
  reclaim_s,
  ofi_flip,
  depth_refill,
  level_strength,
  oi_build_pct,
  oi_shed_pct,
  follow_through_sig300,
  cvd_share,
  return_burst_ratio,
  return_sigma,
  rush_z,
  retrace_share,
  ofi_gain,
  basis_bp,
  index_share,
  depth_support,
  spoof_support,
  impulse_oi_pct,
  size_depth_share,
  life_s,
  withdrawn_filled,
  fpm_bp,
  rev_share,
  match_count,
  matched_share,
  layer_count,
  size_cv,
  depth_depletion,
  calm_ratio,
  burst_z,
  sweep_count,
  follow_n,
  follow_ratio,
  ofi10_push,
  revert_share,
  revert_volume_ratio,
  pull_support,
  pull_share,
  pull_traded_share,
  pull_other_share,
  pull_move_sig10,
  micro_lean,
  changes_z,
  flips_z,
  changes_per_trade,
  absorbed_ratio,
  refill_count,
  refill_s,
  advance_sig60,
  benford_z,
  round_size_z,
  alternation_z,
  tail_z,
  chance_log10,
};
inline constexpr std::size_t item_count = 59;

struct llr_table {
  const char* name;
  std::array<double, 7> edge;  // bin i holds edge[i-1] <= value < edge[i]
  std::array<double, 8> llr;   // natural log, already shrunk for correlation with its neighbours
};
const llr_table& table_of(item i) noexcept;
std::size_t bin_of(const llr_table& t, double value) noexcept;

// States of the machines. What a state means is said beside each pattern.
enum class state : std::uint8_t { idle, armed, one, two, three, confirmed };

// Probability of the class in a state when nothing else is known; `idle` is what the matrix shows without
// an episode.
double prior(kind k, state s) noexcept;

// Learned offsets and tables of one pattern, both directions alike; the bins are those of table_of(). Written by `tiers
// learn` (tools/README.md).
struct learned_table {
  item of{};
  std::array<double, 8> llr{};

  bool operator==(const learned_table&) const = default;
};
struct pattern_calibration {
  const char* id = nullptr;  // <pattern>-<first 12 hex digits of the hash>; null = nothing was learned
  const char* hash = "";     // SHA-256 of the text of the numbers, see tools/tiers
  const char* text = "";
  double on = 0;  // probability that raises an alarm, unless the user sets `alarm.on`; 0 = that option's
  std::array<double, 6> offset{};  // logit by state, before any evidence
  std::size_t count = 0;
  std::array<learned_table, 12> tables{};

  bool operator==(const pattern_calibration&) const = default;

  const learned_table* find(item i) const noexcept {
    for (std::size_t n = 0; n < count; ++n)
      if (tables[n].of == i) return &tables[n];
    return nullptr;
  }
};

inline double logit(double p) noexcept { return std::log(p / (1 - p)); }
inline double logistic(double x) noexcept { return 1 / (1 + std::exp(-x)); }

class score {
 public:
  static constexpr std::size_t capacity = 16;

  score() = default;
  explicit score(double prior_probability) : prior_(logit(prior_probability)), logit_(prior_) {}
  // With learned offset and tables where there are any; an item without a table is shown and adds nothing. `learned`
  // outlives the score's last add().
  score(const pattern_calibration& learned, kind k, state at)
      : learned_(learned.id ? &learned : nullptr),
        prior_(learned.id ? learned.offset[static_cast<std::size_t>(at)] : logit(prior(k, at))),
        logit_(prior_) {}

  // One item that the pattern would like to know. A value that is not finite counts as missing.
  void add(item i, double value) noexcept;
  void missing() noexcept { ++wanted_; }
  // One input of a learned model, with its share of the log-odds.
  void add(const char* name, double value, double contribution) noexcept;
  // A value that is shown but moves nothing.
  void note(item i, double value) noexcept;
  // The probability never exceeds `p`. The lowest cap holds.
  void cap(double p) noexcept { cap_ = p < cap_ ? p : cap_; }

  double probability() const noexcept {
    const double p = logistic(logit_);
    return p < cap_ ? p : cap_;
  }
  // The lowest cap, 1 = none.
  double highest() const noexcept { return cap_; }
  // Share of the wanted items that were there.
  double completeness() const noexcept { return wanted_ == 0 ? 0.0 : static_cast<double>(found_) / wanted_; }
  std::span<const trapline_evidence> evidence() const noexcept { return {items_.data(), count_}; }
  // Whether evidence()[i] takes part in the sum, or was only noted.
  bool counts(std::size_t i) const noexcept { return (notes_ >> i & 1) == 0; }

  // The whole sum that makes `told` (a probability in 0..1), for people: the prior, the evidence, what a cap took
  // away, and what the episode's fading did since. The contributions add up to its log-odds. Returns the count.
  static constexpr std::size_t most_told = capacity + 3;
  std::size_t explain(double told, std::span<trapline_evidence, most_told> out) const noexcept;

 private:
  void put(const char* name, double value, double contribution) noexcept;

  const pattern_calibration* learned_ = nullptr;
  double prior_ = 0, logit_ = 0, cap_ = 1;
  std::array<trapline_evidence, capacity> items_{};
  std::uint32_t count_ = 0, wanted_ = 0, found_ = 0;
  std::uint32_t notes_ = 0;  // bit i: evidence()[i] was only noted
};

}  // namespace trapline::trap
