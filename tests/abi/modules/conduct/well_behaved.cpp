// Keeps every rule.
#include "conduct.hpp"

struct well_behaved : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event&) override { publish(1); }
};
CONDUCT_MODULE_FLAGS(well_behaved, TRAPLINE_PLUGIN_DETERMINISTIC | TRAPLINE_PLUGIN_BOUNDED)
