// Declares itself deterministic and reads the clock of the machine.
#include "conduct.hpp"

struct uses_wall_clock : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event&) override {
    timespec t{};
    ::clock_gettime(CLOCK_REALTIME, &t);
    publish(t.tv_nsec);
  }
};
CONDUCT_MODULE_FLAGS(uses_wall_clock, TRAPLINE_PLUGIN_DETERMINISTIC)
