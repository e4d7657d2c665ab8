// What the options say, in the units of the detectors. Defaults equal those of the option table (a test checks).
//
// Words: sigma = EW standard deviation of 1-s mid log-returns; sig60 = sigma * sqrt(60), sig300 = sigma * sqrt(300);
// vbar = EW mean of the taker volume of one second; D10 = median depth of one side within 10 bp of the mid.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "calibration/learned.hpp"
#include "calibration/onset.hpp"

namespace trapline::trap {

inline constexpr std::int64_t second = 1'000'000'000;
inline constexpr std::int64_t minute = 60 * second;
// Event times beyond this (the year 2116) are wrong, and would overflow what is added to them.
inline constexpr std::int64_t latest_time = INT64_MAX / 2;

struct level_settings {
  std::vector<int> swing_bars{10, 30, 60};  // bars on each side of a swing extreme
  bool equal_extremes = true;
  double equal_bp = 2.0;  // extremes this near to each other count as equal
  bool round_numbers = true;
  std::int64_t session = 8 * 60 * minute;  // its extremes become levels when it ends; 0 = off
};

struct stop_hunt_settings {
  double arm_sigma = 1.0;
  double breach_sigma = 0.5, breach_max_sigma = 6.0;
  double burst_ratio = 4.0, taker_share = 0.8;
  double oi_drop_pct = 0.05;
  double reclaim_sigma = 1.0;
  std::int64_t reclaim_within = 120 * second, hold = 30 * second;
  double cap_without_flow = 0.35;
  std::int64_t refractory = 60 * second;
  pattern_calibration learned = shipped_stop_hunt;
};

struct range_trap_settings {
  double arm_sigma = 1.0;
  double breach_sigma = 0.5;
  std::int64_t acceptance = 60 * second;
  int acceptance_closes = 3;
  std::int64_t dwell_min = 120 * second;
  double follow_through_max = 3.0;  // in sig300: beyond it the break is genuine
  double back_inside_sigma = 1.0;
  std::int64_t within = 30 * minute;
  std::int64_t refractory = 300 * second;
  pattern_calibration learned = shipped_range_trap;
};

struct impulse_settings {
  double z = 25.0;
  double return_sigma = 6.0;
  std::int64_t within = 180 * second;
  double taker_share = 0.75;
  std::int64_t peak_after = 20 * second;
  double retrace = 0.5;
  std::int64_t retrace_within = 15 * minute;
  std::int64_t expire = 60 * minute;
  std::int64_t refractory = 300 * second;
  // Markets of which only trades are fed: the learned model decides alone.
  bool use_onset = true;
  std::int64_t onset_refractory = 30 * minute;
  double onset_at = 0.50;
  trap::onset_model model = shipped_onset.model;
  pattern_calibration learned_fake = shipped_fake_move;

  bool operator==(const impulse_settings&) const = default;
};

struct spoofing_settings {
  double depth_share = 0.25;
  double min_bp = 0.2, max_bp = 25.0;
  std::int64_t life_min = 300'000'000, life_max = 90 * second;
  double withdrawn = 0.8, traded_max = 0.2;
  std::int64_t fill_window = 10 * second;
  double withdrawn_filled = 10.0;
  double fpm_bp = 0.2;
  std::int64_t rev_window = 5 * second;
  int matches = 3;
  std::int64_t window = 120 * second;
  double matched_share = 0.5;
  double chance_max = 0.001;
  double cap_single = 0.30;
  std::int64_t refractory = 30 * second;
  pattern_calibration learned = shipped_spoofing;
};

struct layering_settings {
  int levels = 3;
  std::int64_t posted_within = 500'000'000;
  double size_cv = 0.3;
  double withdrawn = 0.7;
  std::int64_t withdrawn_within = 1 * second;
  double depth_share = 0.05;
  pattern_calibration learned = shipped_layering;
};

struct liquidity_grab_settings {
  double depletion = 0.5;   // of the swept side's depth, for a hunt to be a grab
  double half_scale = 0.5;  // thresholds of a half grab, of those of a stop hunt
};

struct ignition_settings {
  double calm_ratio = 1.3;
  double burst_z = 6.0;
  int sweeps = 3;
  double taker_share = 0.85;
  double follow_n = 0.3;
  double move_sigma = 3.0;
  std::int64_t follow_within = 30 * second;
  double revert = 0.5;
  std::int64_t revert_within = 5 * minute;
  std::int64_t refractory = 60 * second;
};

struct pull_settings {
  double drop = 0.6;
  std::int64_t within = 1 * second;
  double traded_max = 0.2;
  double move_sigma = 2.0;
  std::int64_t move_within = 10 * second;
  std::int64_t refractory = 30 * second;
};

struct stuffing_settings {
  double z = 8.0;
  std::int64_t lasting = 3 * second;
  std::int64_t throttled_from = 10'000'000;
  double cap_throttled = 0.5;
  std::int64_t refractory = 30 * second;
};

struct absorption_settings {
  double traded_displayed = 3.0;
  int refills = 3;
  std::int64_t refill_within = 500'000'000;
  double depth_share = 0.25;
  std::int64_t idle = 30 * second;
};

struct wash_settings {
  double z = 4.0;
};

struct settings {
  std::vector<std::string> patterns{"all"};
  std::int64_t report_every = 15 * second;
  std::int64_t warmup = 15 * minute;
  int max_symbols = 200;
  double on = 0.70, off = 0.50;          // hysteresis of an alarm, where a pattern has none of its own
  std::int64_t half_life = 60 * second;  // of a confirmed episode's log-odds
  level_settings levels;
  stop_hunt_settings stop_hunt;
  range_trap_settings range_trap;
  impulse_settings impulse;
  spoofing_settings spoofing;
  layering_settings layering;
  liquidity_grab_settings liquidity_grab;
  ignition_settings ignition;
  pull_settings pull;
  stuffing_settings stuffing;
  absorption_settings absorption;
  wash_settings wash;

  bool watches(std::string_view pattern) const noexcept;
};

// From the JSON object that configure() gets. Throws sdk::error (TRAPLINE_E_CONFIG) with the path of the fault.
settings parse_settings(std::string_view json);

}  // namespace trapline::trap
