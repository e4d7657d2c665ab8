// Handles of trapline.metrics/1, made by host::counter(), gauge() and histogram(). One that was made by default, on a
// host without metrics or with a name that the host refused counts nowhere. All may be copied, and used on any thread
// until the instance is destroyed; no call takes a lock or allocates.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "trapline/abi/svc/metrics.h"

namespace trapline::sdk {
inline namespace v0 {

class counter {
 public:
  counter() = default;
  explicit counter(std::uint64_t* word) : word_(word) {}
  void add(std::uint64_t n = 1) noexcept {
    if (word_) std::atomic_ref(*word_).fetch_add(n, std::memory_order_relaxed);
  }

 private:
  std::uint64_t* word_ = nullptr;
};

class gauge {
 public:
  gauge() = default;
  explicit gauge(std::int64_t* word) : word_(word) {}
  void set(std::int64_t v) noexcept {
    if (word_) std::atomic_ref(*word_).store(v, std::memory_order_relaxed);
  }
  // For what goes up and down, such as open connections. `n` may be negative.
  void add(std::int64_t n) noexcept {
    if (word_) std::atomic_ref(*word_).fetch_add(n, std::memory_order_relaxed);
  }

 private:
  std::int64_t* word_ = nullptr;
};

class histogram {
 public:
  histogram() = default;
  histogram(const trapline_metrics* table, trapline_histogram* handle) : table_(table), handle_(handle) {}
  // In the histogram's unit (seconds, bytes). NaN is ignored.
  void record(double value) noexcept {
    if (handle_) table_->record(handle_, value);
  }

 private:
  const trapline_metrics* table_ = nullptr;
  trapline_histogram* handle_ = nullptr;
};

// One label, `name="value"`, for the metrics calls; several are joined by a comma. What a label cannot hold (quotes,
// backslashes, control characters) becomes an underscore, so that a strange symbol name costs no series.
inline std::string label(std::string_view name, std::string_view value) {
  std::string out(name);
  out += "=\"";
  for (const char c : value) out += c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20 ? '_' : c;
  return out += '"';
}

}  // namespace v0
}  // namespace trapline::sdk
