// Instances without an engine: the calling thread is their lane, and the clock says what it is told.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bus/lane.hpp"
#include "plugin/instance.hpp"
#include "runtime.hpp"
#include "time/clock.hpp"

namespace trapline::offline {

// UTC as the events say it.
class event_clock final : public time::clock {
 public:
  std::int64_t now() const noexcept override { return now_; }
  std::int64_t mono() const noexcept override { return now_; }
  void set(std::int64_t to) noexcept { now_ = to; }
  void advance(std::int64_t to) noexcept { now_ = to > now_ ? to : now_; }  // never back

 private:
  std::int64_t now_ = 0;
};

// What instances need of an engine. One thread; one stage at a time is on it.
class stage {
 public:
  explicit stage(int log_level);
  ~stage();
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

  event_clock clock;
  runtime rt;

  // Created and configured. Throws std::runtime_error with the plugin's own words, and for a plugin that drives a lane:
  // it brings its own events.
  std::unique_ptr<plugin::instance> make(std::uint32_t id, const std::string& name,
                                         std::shared_ptr<const plugin::image> image, config::checked_options options);
  // The calling thread is the lane's from now on.
  static void enter(bus::lane& l) noexcept { l.adopt_thread(); }
  // start() on the lane that it was given. Throws as make() does.
  static void start(plugin::instance& i);

  static config::lane_config lane_settings(const std::string& name);
};

}  // namespace trapline::offline
