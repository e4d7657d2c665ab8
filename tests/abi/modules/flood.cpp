// A source that publishes from a thread of its own, without pause, until it is stopped.
#include <atomic>
#include <thread>

#include "trapline/sdk/plugin.hpp"

namespace sdk = trapline::sdk;

class flood : public sdk::plugin<flood> {
 public:
  static constexpr auto info = sdk::plugin_info{
      .id = "flood", .version = "1.0.0", .summary = "publishes without pause", .flags = TRAPLINE_PLUGIN_SOURCE};
  explicit flood(const trapline_host* h) : plugin(h) {}

  void start() {
    const auto topic = host().topic("test.trade");
    thread_ = std::thread([this, topic] {
      const auto head = sdk::make_event(TRAPLINE_EVENT_TRADE, topic);
      for (trapline_trade t{}; !stop_;)
        if (host().publish(head, t) == TRAPLINE_OK) ++t.price;
        else std::this_thread::yield();
    });
  }
  void stop() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::thread thread_;
  std::atomic<bool> stop_{false};
};

TRAPLINE_PLUGIN(flood, "flood", "1.0.0");
