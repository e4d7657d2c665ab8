// One timer of trapline.timer/1 as an object: cancelled when it goes out of scope.
//
//   sdk::timer report_{host()};                                          // a member of the plugin
//   void start() { report_.every(5 * second); }
//   void on(const trapline_event&, const trapline_timer_event& t) { if (report_.owns(t)) report(); }
#pragma once

#include <cstdint>
#include <utility>

#include "trapline/abi/system.h"
#include "trapline/sdk/host.hpp"

namespace trapline::sdk {
inline namespace v0 {

// All functions: [lane], from start() on. `h` outlives the timer.
class timer {
 public:
  explicit timer(const sdk::host& h) noexcept : host_(&h) {}
  timer(timer&& other) noexcept : host_(other.host_), id_(std::exchange(other.id_, 0)) {}
  timer& operator=(timer&& other) noexcept {
    if (this != &other) {
      cancel();
      host_ = other.host_;
      id_ = std::exchange(other.id_, 0);
    }
    return *this;
  }
  ~timer() { cancel(); }

  // Due once at `at` (UTC ns; a time past = at once). What it was set to before is cancelled. Throws error if the host
  // refuses: 1,024 timers an instance.
  void set(std::int64_t at) { set(at, 0); }

  // Due every `period` > 0 ns, first one period from now. Periods that passed while the lane was busy are skipped.
  // Throws error like set().
  void every(std::int64_t period) {
    std::int64_t first = 0;
    if (period <= 0 || __builtin_add_overflow(host_->now(), period, &first))
      throw error(TRAPLINE_E_INVALID, {}, cat("a timer cannot have a period of ", period, " ns"));
    set(first, period);
  }

  // No event of it comes any more, not even one that is on the bus already. Harmless if it is not set.
  void cancel() noexcept {
    // Past stop() the host has dropped the timers itself, and the calling thread need not be the lane's.
    if (id_ != 0 && host_->on_lane()) host_->cancel_timer(id_);
    id_ = 0;
  }

  // The event is an expiry of this timer.
  bool owns(const trapline_timer_event& event) const noexcept { return id_ != 0 && event.timer_id == id_; }

  // The host's id of the timer that was set last, 0 = none or cancelled.
  std::uint64_t id() const noexcept { return id_; }

 private:
  void set(std::int64_t at, std::int64_t period) {
    cancel();
    id_ = host_->set_timer(at, period);
  }

  const sdk::host* host_;
  std::uint64_t id_ = 0;
};

}  // namespace v0
}  // namespace trapline::sdk
