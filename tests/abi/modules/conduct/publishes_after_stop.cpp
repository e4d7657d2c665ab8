// A thread that stop() ends too late publishes once more.
#include "conduct.hpp"

struct publishes_after_stop : conduct::instance {
  using instance::instance;
  // Static: it goes on when the instance is gone.
  static inline const trapline_host* the_host = nullptr;
  static inline const trapline_bus* the_bus = nullptr;
  static inline std::uint32_t the_topic = 0;
  void stop() override {
    the_host = host;
    the_bus = bus;
    the_topic = topic;
    std::thread([] {
      ::usleep(3000);
      trapline_event e{};
      e.type = TRAPLINE_EVENT_TRADE;
      e.topic = the_topic;
      const trapline_trade t{};
      const trapline_frame f{&e, &t, sizeof t, 0};
      the_bus->publish(the_host, &f, 1);
    }).detach();
  }
};
CONDUCT_MODULE(publishes_after_stop)
