// The engine's own ring, names, lane, timers and clock, driven by hand on the calling thread in virtual time, with
// trap_detector as a statically linked plugin on the lane. What runs here is what runs in the engine; only its threads,
// configuration files and supervision are left out.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "bus/lane.hpp"
#include "plugin/instance.hpp"
#include "runtime.hpp"
#include "time/clock.hpp"

namespace trapline::sim {

class sim_bus {
 public:
  using reader = std::function<void(const trapline_event& e)>;
  using time_source = std::function<std::int64_t()>;

  static constexpr std::uint32_t feed_id = 1, detector_id = 2;

  // `utc`, `mono`: ns. `read` gets every event once, in the bus's order. One bus a thread at a time.
  sim_bus(time_source utc, time_source mono, bool with_detector, reader read);
  ~sim_bus();
  sim_bus(const sim_bus&) = delete;
  sim_bus& operator=(const sim_bus&) = delete;

  // As the feed. A full bus answers TRAPLINE_E_AGAIN.
  trapline_status publish(const trapline_frame* frames, std::uint32_t count);
  std::uint32_t topic(std::string_view name);
  std::uint32_t instrument(std::string_view venue, std::string_view symbol);
  std::string_view topic_name(std::uint32_t id) const { return rt_.names.topic_name(id); }

  // Hands everything on the bus to the detector and to `read`, and fires timers that are due.
  void run();
  std::int64_t next_timer() const { return lane_.timers().next_due(); }  // UTC ns

 private:
  struct virtual_clock final : time::clock {
    time_source utc, steady;
    std::int64_t now() const noexcept override { return utc(); }
    std::int64_t mono() const noexcept override { return steady(); }
  };
  void hand_out();

  virtual_clock clock_;
  runtime rt_;
  mutable bus::lane lane_;
  bus::ring::reader& outputs_;
  bus::source_counter numbers_{true};
  std::unique_ptr<plugin::instance> detector_;
  reader read_;
};

}  // namespace trapline::sim
