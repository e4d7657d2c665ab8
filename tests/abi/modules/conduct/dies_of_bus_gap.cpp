// Did not expect what it had not subscribed to.
#include "conduct.hpp"

struct dies_of_bus_gap : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event& e) override {
    if (e.space == 0 && e.type == TRAPLINE_EVENT_GAP) std::abort();
  }
};
CONDUCT_MODULE(dies_of_bus_gap)
