// The venue's clock against ours. It refuses logins and signed requests whose timestamp is 30 s off.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace trapline::mm_ws {

class venue_clock {
 public:
  static constexpr std::int64_t s = 1'000'000'000;
  static constexpr std::int64_t warn_at = s;         // a clock that runs by NTP is never so wrong
  static constexpr std::int64_t refuse_at = 20 * s;  // the venue's own limit is 30 s
  // An answer that took longer says too little about when it was given.
  static constexpr std::int64_t slowest_answer = 5 * s;

  // All UTC ns: when the question left and its answer came by our clock, and the time that the answer tells.
  // `elapsed` by a clock that cannot be set. False: the answer is of no use.
  bool measure(std::int64_t sent, std::int64_t received, std::int64_t elapsed, std::int64_t venue) noexcept {
    // A clock that was set between question and answer makes both worthless.
    if (elapsed < 0 || elapsed > slowest_answer || std::llabs(received - sent - elapsed) > s) return false;
    offset_ = venue - (sent + (received - sent) / 2);
    known_ = true;
    return true;
  }
  void forget() noexcept { known_ = false; }

  bool known() const noexcept { return known_; }
  // Venue minus ours, ns; 0 while unknown.
  std::int64_t offset() const noexcept { return known_ ? offset_ : 0; }
  bool refused() const noexcept { return known_ && std::llabs(offset_) > refuse_at; }
  // The time for a timestamp that the venue will judge. A good clock is left alone: the correction itself is only as
  // good as the way to the venue and back is even.
  std::int64_t corrected(std::int64_t now) const noexcept {
    return known_ && std::llabs(offset_) >= warn_at ? now + offset_ : now;
  }

 private:
  std::int64_t offset_ = 0;
  bool known_ = false;
};

}  // namespace trapline::mm_ws
