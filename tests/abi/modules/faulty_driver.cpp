// A lane's driver that publishes a trade a poll, and fails at its third poll.
#include <condition_variable>
#include <mutex>

#include "trapline/sdk/plugin.hpp"

namespace sdk = trapline::sdk;

class faulty_driver : public sdk::plugin<faulty_driver> {
 public:
  static constexpr auto info = sdk::plugin_info{
      .id = "faulty_driver", .version = "1.0.0", .summary = "fails at its third poll", .flags = TRAPLINE_PLUGIN_SOURCE};
  explicit faulty_driver(const trapline_host* h) : plugin(h) {}

  void start() { topic_ = host().topic("test.trade"); }
  void poll(std::int64_t max_wait) {
    if (++polls_ == 3) throw sdk::error("the third poll");
    host().publish(sdk::make_event(TRAPLINE_EVENT_TRADE, topic_), trapline_trade{});
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::chrono::nanoseconds(std::min<std::int64_t>(max_wait, 1'000'000)), [&] { return woken_; });
    woken_ = false;
  }
  void wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    wake_.notify_one();
  }

 private:
  std::uint32_t topic_ = 0;
  int polls_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool woken_ = false;
};

TRAPLINE_PLUGIN(faulty_driver, "faulty_driver", "1.0.0");
