// What one connection's data did, since the instance started. The same numbers go into metrics and feed status.
#pragma once

#include <cstdint>

#include "outlet.hpp"

namespace trapline::mm_ws {

// Counts twice: for the status event, which says it for one endpoint, and for the metric.
class tally {
 public:
  tally() = default;
  explicit tally(sdk::counter c) : counter_(c) {}
  void add(std::uint64_t n = 1) noexcept {
    value_ += n;
    counter_.add(n);
  }
  std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0;
  sdk::counter counter_;
};

struct feed_counters {
  explicit feed_counters(outlet& o)
      : malformed(o.counter("feed_malformed_total", "")),
        refused(o.counter("feed_refused_total", "")),
        duplicates(o.counter("feed_duplicates_total", "")),
        resyncs(o.counter("feed_resyncs_total", "")) {}

  tally messages;  // data frames; the metric is split by channel
  tally malformed, refused, duplicates, resyncs;
  tally gaps;  // the metric is split by reason
};

}  // namespace trapline::mm_ws
