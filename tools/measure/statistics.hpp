// Figures of detection and forecasts, and how far a small sample bounds them.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace measure {

using interval = std::pair<double, double>;

// Exact 95 % bounds: Clopper-Pearson of a share, Garwood of a Poisson mean.
interval share_bounds(std::uint64_t hits, std::uint64_t of);
interval poisson_bounds(std::uint64_t count);

// The smallest value that at least the share `q` of the sample does not exceed; NaN of an empty sample.
double quantile(std::vector<double> sample, double q);

// All 0 where they have no denominator.
struct rates {
  double precision = 0, recall = 0, f1 = 0;
};
rates rates_of(std::uint64_t positives, std::uint64_t hits, std::uint64_t false_alarms);

// One episode or decoy.
struct outcome {
  bool positive = false, hit = false;
  std::uint32_t false_alarms = 0;
};
// 95 % bounds of F1 by drawing the outcomes anew, 1000 times, from a fixed seed.
interval f1_bounds(const std::vector<outcome>& all);

struct forecast {
  double probability = 0;
  bool came = false;
};
double brier(const std::vector<forecast>& all);
// 1 - Brier / that of the base rate, which is what always saying the share of positives would get. NaN where all or
// none came.
double brier_skill(const std::vector<forecast>& all);
// Mean of -ln of what was said of what came; what was said is kept 1e-6 from 0 and 1.
double log_loss(const std::vector<forecast>& all);
// Area under precision over recall (average precision); equal probabilities count as one step. NaN without positives.
double average_precision(std::vector<forecast> all);

struct reliability_bin {
  double said = 0, came = 0;  // means
  std::size_t count = 0;
};
// Bins of equal mass, by probability.
std::vector<reliability_bin> reliability(std::vector<forecast> all, std::size_t bins);
// Expected calibration error: the mean distance of what was said from what came, over bins of equal mass.
double calibration_error(std::vector<forecast> all, std::size_t bins);

// Precision and recall at each probability from the highest down.
struct trade_off {
  double recall = 0, precision = 0;
};
std::vector<trade_off> precision_recall(std::vector<forecast> all);

}  // namespace measure
