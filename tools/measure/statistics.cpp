#include "statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

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
// P(X >= k) for X ~ Poisson(mean): rises with the mean. Term by term in logarithms: exp(-mean) alone is 0 from 745 on.
double poisson_at_least(std::uint64_t k, double mean) {
  double below = 0;
  for (std::uint64_t i = 0; i < k; ++i) {
    const auto di = static_cast<double>(i);
    below += std::exp(di * std::log(mean) - mean - std::lgamma(di + 1));
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
  const double tiny = 1e-300, most = 20.0 + 4.0 * static_cast<double>(count);
  return {count == 0 ? 0.0 : where([&](double m) { return poisson_at_least(count, m); }, 0.025, tiny, most),
          where([&](double m) { return poisson_at_least(count + 1, m); }, 0.975, tiny, most)};
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

double log_loss(const std::vector<forecast>& all) {
  double sum = 0;
  for (const auto& f : all) {
    const double p = std::clamp(f.probability, 1e-6, 1 - 1e-6);
    sum -= std::log(f.came ? p : 1 - p);
  }
  return sum / static_cast<double>(all.size());
}

std::vector<reliability_bin> reliability(std::vector<forecast> all, std::size_t bins) {
  std::stable_sort(all.begin(), all.end(),
                   [](const forecast& a, const forecast& b) { return a.probability < b.probability; });
  std::vector<reliability_bin> out;
  for (std::size_t b = 0; b < bins; ++b) {
    const std::size_t from = all.size() * b / bins, to = all.size() * (b + 1) / bins;
    if (from == to) continue;
    reliability_bin x;
    x.count = to - from;
    for (std::size_t i = from; i < to; ++i) x.said += all[i].probability, x.came += all[i].came;
    x.said /= static_cast<double>(x.count);
    x.came /= static_cast<double>(x.count);
    out.push_back(x);
  }
  return out;
}

double calibration_error(std::vector<forecast> all, std::size_t bins) {
  const auto n = static_cast<double>(all.size());
  double error = 0;
  for (const auto& b : reliability(std::move(all), bins))
    error += std::abs(b.said - b.came) * static_cast<double>(b.count) / n;
  return error;
}

std::vector<trade_off> precision_recall(std::vector<forecast> all) {
  std::stable_sort(all.begin(), all.end(),
                   [](const forecast& a, const forecast& b) { return a.probability > b.probability; });
  double positives = 0, hits = 0;
  for (const auto& f : all) positives += f.came;
  std::vector<trade_off> out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    hits += all[i].came;
    if (i + 1 < all.size() && all[i + 1].probability == all[i].probability) continue;
    out.push_back({hits / positives, hits / static_cast<double>(i + 1)});
  }
  return out;
}

double average_precision(std::vector<forecast> all) {
  if (std::none_of(all.begin(), all.end(), [](const forecast& f) { return f.came; }))
    return std::numeric_limits<double>::quiet_NaN();
  double area = 0, before = 0;
  for (const auto& x : precision_recall(std::move(all))) {
    area += (x.recall - before) * x.precision;
    before = x.recall;
  }
  return area;
}

rates rates_of(std::uint64_t positives, std::uint64_t hits, std::uint64_t false_alarms) {
  rates r;
  const auto h = static_cast<double>(hits);
  if (hits + false_alarms > 0) r.precision = h / static_cast<double>(hits + false_alarms);
  if (positives > 0) r.recall = h / static_cast<double>(positives);
  if (r.precision + r.recall > 0) r.f1 = 2 * r.precision * r.recall / (r.precision + r.recall);
  return r;
}

interval f1_bounds(const std::vector<outcome>& all) {
  if (all.empty()) return {0, 1};
  std::mt19937_64 random(1);
  std::vector<double> drawn;
  for (int round = 0; round < 1000; ++round) {
    std::uint64_t positives = 0, hits = 0, wrong = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const outcome& o = all[random() % all.size()];
      positives += o.positive, hits += o.hit, wrong += o.false_alarms;
    }
    drawn.push_back(rates_of(positives, hits, wrong).f1);
  }
  return {quantile(drawn, 0.025), quantile(drawn, 0.975)};
}

}  // namespace measure
