// What all parts of one engine share. No globals: two engines in one process have two of these.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "bus/names.hpp"
#include "bus/ring.hpp"
#include "config/engine_config.hpp"
#include "obs/log.hpp"
#include "obs/metrics.hpp"
#include "obs/redactor.hpp"
#include "time/clock.hpp"

namespace trapline::control {
class thread;
}
namespace trapline::plugin {
class instance;
}
namespace trapline::journal {
class life_log;
}

namespace trapline {

// Why the engine stops. The gravest reason wins.
enum class stop_kind { none = 0, requested = 1, fault = 2, bad_config = 3, journal = 4 };

// Steps the lanes of an engine that has no threads of its own.
class stepper {
 public:
  virtual void wake() noexcept = 0;  // there is something to do [any]
  virtual void pass() = 0;           // steps every lane once, or lets time pass if none has anything to do [control]

 protected:
  ~stepper() = default;
};

struct runtime {
  runtime(const config::engine_config& c, time::clock& clk);

  time::clock& clock;
  obs::redactor redactor;
  obs::log log;
  obs::metrics metrics;
  bus::names names;
  bus::ring ring;

  // The host's own topics.
  std::uint32_t topic_lifecycle = 0, topic_health = 0, topic_timer = 0;
  // Whose create() or configure() runs, for crash records.
  std::atomic<const plugin::instance*> being_made{nullptr};
  bus::source_counter host_numbers{false};  // any thread may speak for the host
  stepper* steps = nullptr;                 // absent if lanes have threads of their own. Set before start
  control::thread* control = nullptr;       // carries out requests; absent where nobody may ask. Set before start
  journal::life_log* lives = nullptr;  // told what happens to instances; absent without a journal. Set before start

  // Any thread. The first reason of a kind is kept.
  void request_stop(stop_kind kind, std::string_view reason) noexcept;
  // What leaves the process by another way than the log: events, error texts.
  std::string redacted(std::string_view text) const {
    std::string out(text);
    redactor.apply(out);
    return out;
  }
  // For who waits for a lane and has nothing else to do. [control]
  void pause();
  stop_kind stop_requested() const noexcept { return stop_.load(std::memory_order_acquire); }
  std::string stop_reason() const;

  // Publishes an event of the host itself. A full ring loses it, counted; the host never waits for plugins.
  template <class Payload>
  void publish(std::uint16_t type, std::uint32_t topic, const Payload& payload) noexcept {
    publish(type, topic, &payload, sizeof payload);
  }
  trapline_status publish(std::uint16_t type, std::uint32_t topic, const void* payload, std::uint32_t size) noexcept;

 private:
  std::atomic<stop_kind> stop_{stop_kind::none};
  mutable std::mutex mutex_;
  std::string reason_;
};

// What the current thread is doing for a lane. Plain data, so it needs no destructor.
struct lane_context {
  const void* lane = nullptr;  // the lane whose thread this is
  bool in_event = false;
  std::uint64_t cause = 0;  // seq of the event being handled
  std::int64_t now = 0;     // its ts_recv
};
inline thread_local lane_context this_lane;

}  // namespace trapline
