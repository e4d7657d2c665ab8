// More than an event holds.
#include "conduct.hpp"

struct publishes_too_much : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event&) override {
    trapline_event e{};
    e.type = TRAPLINE_EVENT_TRADE;
    e.topic = topic;
    trapline_trade t{};
    trapline_frame f{&e, &t, sizeof t, 0};
    static char huge[TRAPLINE_EVENT_MAX] = {};
    f.payload = huge;
    f.payload_size = sizeof huge;
    bus->publish(host, &f, 1);
  }
};
CONDUCT_MODULE(publishes_too_much)
