// Registry of counters, gauges and histograms, printed as Prometheus text.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trapline::obs {

// Counts values in buckets `(previous bound, bound]` and one above the last. record() takes no lock and allocates
// nothing.
class histogram {
 public:
  explicit histogram(std::span<const double> bounds);
  void record(double value) noexcept;  // NaN is ignored

  std::span<const double> bounds() const noexcept { return bounds_; }
  std::uint64_t bucket(std::size_t i) const noexcept { return buckets_[i].load(std::memory_order_relaxed); }
  std::uint64_t count() const noexcept;
  double sum() const noexcept { return sum_.load(std::memory_order_relaxed); }

 private:
  std::vector<double> bounds_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> buckets_;  // one more than bounds
  std::atomic<double> sum_{0};
};

// Bucket edges for times that plugins and lanes take: 100 ns to 1 s.
inline constexpr double duration_bounds[] = {1e-7, 2e-7, 5e-7, 1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4,
                                             5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1,  0.2,  0.5,  1};

// Words live as long as the registry; they are read and written with relaxed atomic operations.
class metrics {
 public:
  static constexpr std::size_t max_series = 10'000;

  // nullptr: bad name or labels, a name used with two kinds, or too many series.
  std::uint64_t* counter(std::string_view instance, std::string_view name, std::string_view labels);
  std::int64_t* gauge(std::string_view instance, std::string_view name, std::string_view labels);

  static constexpr std::size_t max_bounds = 32;
  // nullptr also for bounds that are not 1..32 finite rising values. The first call of a series decides its bounds.
  histogram* histogram_of(std::string_view instance, std::string_view name, std::string_view labels,
                          std::span<const double> bounds);

  // Prometheus text exposition format 0.0.4, sorted by name.
  std::string text() const;

  // Of counters and gauges: sum over all series of one name, and the value of one series; 0 if absent. For status views
  // and tests.
  std::uint64_t total(std::string_view name) const;
  std::uint64_t value(std::string_view instance, std::string_view name, std::string_view labels) const;

 private:
  enum class kind { counter, gauge, histogram };
  struct series {
    kind what = kind::counter;
    alignas(8) std::uint64_t word = 0;
    std::unique_ptr<histogram> buckets;
  };
  series* find(std::string_view instance, std::string_view name, std::string_view labels, kind what);

  mutable std::mutex mutex_;
  std::deque<series> storage_;
  std::map<std::string, std::map<std::string, series*>> by_name_;  // name -> rendered labels -> series
};

}  // namespace trapline::obs
