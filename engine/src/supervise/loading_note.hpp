// Which plugin file is being loaded, for the crash handler: its static constructors run before there is an instance.
#pragma once

#include <unistd.h>

#include <atomic>
#include <string>
#include <string_view>

namespace trapline::supervise {

// Loading happens on one thread at a time. The handler runs on the thread that crashed, so what it reads here does not
// change meanwhile.
class loading_note {
 public:
  void begin(std::string_view instance, std::string_view plugin, std::string_view sha256) {
    instance_ = instance;
    plugin_ = plugin;
    sha256_ = sha256;
    thread_.store(::gettid(), std::memory_order_release);
  }
  void end() noexcept { thread_.store(0, std::memory_order_release); }

  // Async-signal-safe. The others only if this is true.
  bool is_of_this_thread() const noexcept { return thread_.load(std::memory_order_acquire) == ::gettid(); }
  std::string_view instance() const noexcept { return instance_; }
  std::string_view plugin() const noexcept { return plugin_; }
  std::string_view sha256() const noexcept { return sha256_; }

 private:
  std::string instance_, plugin_, sha256_;
  std::atomic<pid_t> thread_{0};
};

}  // namespace trapline::supervise
