// Publishes once a call, not once an event.
#include "conduct.hpp"

struct depends_on_batches : conduct::instance {
  using instance::instance;
  void on_events(const trapline_event* const*, std::uint32_t n) override { publish(n); }
};
CONDUCT_MODULE_FLAGS(depends_on_batches, TRAPLINE_PLUGIN_DETERMINISTIC)
