// Intervals and quantiles of small samples.
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

struct forecast {
  double probability = 0;
  bool came = false;
};
double brier(const std::vector<forecast>& all);
// 1 - Brier / that of the base rate, which is what always saying the share of positives would get.
double brier_skill(const std::vector<forecast>& all);
// Expected calibration error over `bins` bins of equal mass.
double calibration_error(std::vector<forecast> all, std::size_t bins);

}  // namespace measure
