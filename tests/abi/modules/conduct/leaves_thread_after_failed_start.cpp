// A start() that fails leaves a thread behind.
#include "conduct.hpp"

struct leaves_thread_after_failed_start : conduct::instance {
  using instance::instance;
  trapline_status start(trapline_error* e) override {
    thread_ = std::thread([this] {
      while (!over_) ::usleep(1000);
    });
    const auto s = join_the_bus(e);
    if (s != TRAPLINE_OK) thread_.detach();
    return s;
  }
  void stop() override {
    over_ = true;
    thread_.join();
  }
  std::thread thread_;
  static inline std::atomic<bool> over_{false};
};
CONDUCT_MODULE(leaves_thread_after_failed_start)
