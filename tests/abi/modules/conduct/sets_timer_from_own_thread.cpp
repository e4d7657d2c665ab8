// Calls a [lane] function on a thread of its own.
#include "conduct.hpp"

struct sets_timer_from_own_thread : conduct::instance {
  using instance::instance;
  trapline_status start(trapline_error* e) override {
    timer_ = service<trapline_timer>(TRAPLINE_SERVICE_TIMER);
    if (!timer_) return refuse(e, "", "no timer");
    thread_ = std::thread([this] {
      std::uint64_t id;
      timer_->set(host, 0, 0, 0, &id);
    });
    const auto s = join_the_bus(e);
    if (s != TRAPLINE_OK) thread_.join();
    return s;
  }
  void stop() override { thread_.join(); }
  const trapline_timer* timer_ = nullptr;
  std::thread thread_;
};
CONDUCT_MODULE(sets_timer_from_own_thread)
