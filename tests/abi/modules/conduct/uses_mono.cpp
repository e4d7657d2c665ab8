// Declares itself deterministic and reads the monotonic clock of the host.
#include "conduct.hpp"

struct uses_mono : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event&) override {
    const auto* clock = service<trapline_clock>(TRAPLINE_SERVICE_CLOCK);
    publish(clock ? clock->mono(host) : 0);
  }
};
CONDUCT_MODULE_FLAGS(uses_mono, TRAPLINE_PLUGIN_DETERMINISTIC)
