// Timestamps that cannot be right are counted, not believed to be wrong elsewhere: the data goes on.
#pragma once

#include <cstdint>
#include <string>

#include "outlet.hpp"

namespace trapline::mm_ws {

class timestamp_check {
 public:
  static constexpr std::int64_t s = 1'000'000'000;
  static constexpr std::int64_t latest = 10 * s;   // older than that on arrival is late
  static constexpr std::int64_t furthest = 2 * s;  // and further ahead than that is of the future

  explicit timestamp_check(outlet& o)
      : late_(o.counter("feed_timestamps_total", "kind=\"late\"")),
        future_(o.counter("feed_timestamps_total", "kind=\"future\"")),
        backward_(o.counter("feed_timestamps_total", "kind=\"backward\"")) {}

  // `ts`: UTC ns by the venue; 0 = not said. `newest`: of the same stream, kept here. `now`: ours, by the venue's
  // clock.
  void see(std::int64_t ts, std::int64_t now, std::int64_t& newest) noexcept {
    if (ts == 0) return;
    if (ts < now - latest) late_.add();
    if (ts > now + furthest) future_.add();
    if (ts < newest) backward_.add();
    else newest = ts;
  }

 private:
  sdk::counter late_, future_, backward_;
};

}  // namespace trapline::mm_ws
