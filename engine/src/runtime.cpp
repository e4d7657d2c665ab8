#include "runtime.hpp"

#include <chrono>
#include <thread>

namespace trapline {

runtime::runtime(const config::engine_config& c, time::clock& clk)
    : clock(clk), log(c.log, redactor), ring(static_cast<std::size_t>(c.ring_bytes)) {
  names.topic("sys.lifecycle", topic_lifecycle);
  names.topic("sys.health", topic_health);
  names.topic("sys.timer", topic_timer);
}

void runtime::request_stop(stop_kind kind, std::string_view reason) noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (kind <= stop_.load(std::memory_order_relaxed)) return;
    try {
      reason_ = redacted(reason);
    } catch (...) {
      // Out of memory: stop without a reason.
    }
    stop_.store(kind, std::memory_order_release);
  }
  if (steps) steps->wake();  // a host that drives the engine looks for it between two calls
}

void runtime::pause() {
  if (steps) steps->pass();
  else std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

std::string runtime::stop_reason() const {
  const std::lock_guard lock(mutex_);
  return reason_;
}

trapline_status runtime::publish(std::uint16_t type, std::uint32_t topic, const void* payload,
                                 std::uint32_t size) noexcept {
  trapline_event e{};
  e.type = type;
  e.topic = topic;
  e.ts_event = e.ts_recv = clock.now();
  const trapline_frame f{&e, payload, size, 0};
  return ring.publish({&f, 1}, {0, &host_numbers, false, this_lane.in_event ? this_lane.cause : 0, e.ts_recv});
}

}  // namespace trapline
