// Less than the type of the event has.
#include "conduct.hpp"

struct publishes_too_little : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event&) override {
    trapline_event e{};
    e.type = TRAPLINE_EVENT_TRADE;
    e.topic = topic;
    trapline_trade t{};
    trapline_frame f{&e, &t, sizeof t, 0};
    f.payload_size = 8;
    bus->publish(host, &f, 1);
  }
};
CONDUCT_MODULE(publishes_too_little)
