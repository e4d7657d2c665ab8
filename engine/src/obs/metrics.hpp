// Registry of counters and gauges, printed as Prometheus text.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace trapline::obs {

// Words live as long as the registry; they are read and written with relaxed atomic operations.
class metrics {
 public:
  static constexpr std::size_t max_series = 10'000;

  // nullptr: bad name or labels, a name used with two kinds, or too many series.
  std::uint64_t* counter(std::string_view instance, std::string_view name, std::string_view labels);
  std::int64_t* gauge(std::string_view instance, std::string_view name, std::string_view labels);

  // Prometheus text exposition format 0.0.4, sorted by name.
  std::string text() const;

  // Sum over all series of one name, and the value of one series; 0 if absent. For status views and tests.
  std::uint64_t total(std::string_view name) const;
  std::uint64_t value(std::string_view instance, std::string_view name, std::string_view labels) const;

 private:
  struct series {
    bool is_gauge = false;
    alignas(8) std::uint64_t word = 0;
  };
  series* find(std::string_view instance, std::string_view name, std::string_view labels, bool gauge);

  mutable std::mutex mutex_;
  std::deque<series> storage_;
  std::map<std::string, std::map<std::string, series*>> by_name_;  // name -> rendered labels -> series
};

}  // namespace trapline::obs
