#include "statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace measure {
namespace {

// The x in [low, high] at which the rising function `f` passes `target`.
template <class F>
double where(F&& f, double target, double low, double high) {
  for (int i = 0; i < 200; ++i) {
    const double mid = 0.5 * (low + high);
    (f(mid) < target ? low : high) = mid;
  }
  return 0.5 * (low + high);
}

// P(X >= k) for X ~ binomial(n, p): rises with p.
double binomial_at_least(std::uint64_t k, std::uint64_t n, double p) {
  double sum = 0;
  for (std::uint64_t i = k; i <= n; ++i) {
    const double di = static_cast<double>(i), dn = static_cast<double>(n);
    const double log_choose = std::lgamma(dn + 1) - std::lgamma(di + 1) - std::lgamma(dn - di + 1);
    sum += std::exp(log_choose + di * std::log(p) + (dn - di) * std::log1p(-p));
  }
  return sum;
}
// P(X >= k) for X ~ Poisson(mean): rises with the mean.
double poisson_at_least(std::uint64_t k, double mean) {
  double below = 0, term = std::exp(-mean);
  for (std::uint64_t i = 0; i < k; ++i) {
    below += term;
    term *= mean / static_cast<double>(i + 1);
  }
  return 1 - below;
}

}  // namespace

interval share_bounds(std::uint64_t hits, std::uint64_t of) {
  if (of == 0) return {0, 1};
  const double tiny = 1e-15;
  return {
      hits == 0 ? 0.0 : where([&](double p) { return binomial_at_least(hits, of, p); }, 0.025, tiny, 1 - tiny),
      hits == of ? 1.0 : where([&](double p) { return binomial_at_least(hits + 1, of, p); }, 0.975, tiny, 1 - tiny)};
}

interval poisson_bounds(std::uint64_t count) {
  const double most = 20.0 + 4.0 * static_cast<double>(count);
  return {count == 0 ? 0.0 : where([&](double m) { return poisson_at_least(count, m); }, 0.025, 0, most),
          where([&](double m) { return poisson_at_least(count + 1, m); }, 0.975, 0, most)};
}

double quantile(std::vector<double> sample, double q) {
  if (sample.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(sample.begin(), sample.end());
  const double rank = std::ceil(q * static_cast<double>(sample.size()));
  return sample[static_cast<std::size_t>(std::max(1.0, rank)) - 1];
}

double brier(const std::vector<forecast>& all) {
  double sum = 0;
  for (const auto& f : all) sum += (f.probability - f.came) * (f.probability - f.came);
  return sum / static_cast<double>(all.size());
}

double brier_skill(const std::vector<forecast>& all) {
  double base = 0;
  for (const auto& f : all) base += f.came;
  base /= static_cast<double>(all.size());
  return 1 - brier(all) / (base * (1 - base));
}

double calibration_error(std::vector<forecast> all, std::size_t bins) {
  std::stable_sort(all.begin(), all.end(),
                   [](const forecast& a, const forecast& b) { return a.probability < b.probability; });
  double error = 0;
  for (std::size_t b = 0; b < bins; ++b) {
    const std::size_t from = all.size() * b / bins, to = all.size() * (b + 1) / bins;
    double said = 0, came = 0;
    for (std::size_t i = from; i < to; ++i) said += all[i].probability, came += all[i].came;
    error += std::abs(said - came) / static_cast<double>(all.size());
  }
  return error;
}

}  // namespace measure
