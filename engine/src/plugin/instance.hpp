// One configured plugin at run time.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/options.hpp"
#include "plugin/loader.hpp"
#include "runtime.hpp"
#include "trapline/abi/ext/driver.h"
#include "trapline/abi/plugin.h"
#include "trapline/abi/system.h"

namespace trapline::bus {
class lane;
}

namespace trapline::plugin {

struct subscription {
  std::string pattern;
  std::uint64_t type_mask = 0;
};

class instance {
 public:
  // `id`: from 1; the `source` of its events.
  instance(runtime& rt, std::uint32_t id, std::string name, std::shared_ptr<const image> img,
           config::checked_options options);
  ~instance();  // destroy()
  instance(const instance&) = delete;
  instance& operator=(const instance&) = delete;

  // [control] create() and configure(). False: `error` says why, with the option's path if there is one.
  bool create(trapline_error& error);
  bool configure(trapline_error& error);
  // [lane]
  bool start(trapline_error& error);
  trapline_status drain();
  void stop();
  void on_event(const trapline_event* e) noexcept;
  void poll(std::int64_t max_wait) noexcept;

  // Something went wrong in this instance: log, count, act on its policy. Any thread.
  void fault(trapline_status code, std::string_view text) noexcept;

  std::uint32_t id() const noexcept { return id_; }
  const std::string& name() const noexcept { return name_; }
  std::uint32_t flags() const noexcept { return image_->descriptor().flags; }
  std::string_view plugin_id() const noexcept { return image_->descriptor().id; }
  const config::checked_options& options() const noexcept { return options_; }
  runtime& rt() noexcept { return rt_; }
  bool quarantined() const noexcept { return quarantined_.load(std::memory_order_relaxed); }
  // In a state in which it may be called with events.
  bool receives() const noexcept {
    const auto s = state();
    return (s == TRAPLINE_INSTANCE_RUNNING || s == TRAPLINE_INSTANCE_DRAINING) && !quarantined();
  }
  const trapline_driver* driver() const noexcept { return driver_; }
  const trapline_plugin* table() const noexcept { return plugin_; }
  std::uint32_t state() const noexcept { return state_.load(std::memory_order_relaxed); }

  bus::lane* lane = nullptr;
  config::fault_policy on_fault = config::fault_policy::quarantine;
  std::atomic<std::uint64_t> source_seq{0};
  std::vector<subscription> subscriptions;  // of the lane's thread
  std::atomic<std::uint32_t> health{0};

 private:
  void enter(std::uint32_t state, trapline_status code = TRAPLINE_OK, std::string_view text = {});

  runtime& rt_;
  std::uint32_t id_;
  std::string name_;
  std::shared_ptr<const image> image_;
  config::checked_options options_;
  trapline_host host_{};
  const trapline_plugin* plugin_ = nullptr;
  const trapline_driver* driver_ = nullptr;
  std::atomic<std::uint32_t> state_{0};
  std::atomic<bool> quarantined_{false};
};

}  // namespace trapline::plugin
