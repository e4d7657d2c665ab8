// A topic that was never made.
#include "conduct.hpp"

struct publishes_unknown_topic : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event&) override {
    trapline_event e{};
    e.type = TRAPLINE_EVENT_TRADE;
    e.topic = topic;
    trapline_trade t{};
    trapline_frame f{&e, &t, sizeof t, 0};
    e.topic = 4711;
    bus->publish(host, &f, 1);
  }
};
CONDUCT_MODULE(publishes_unknown_topic)
