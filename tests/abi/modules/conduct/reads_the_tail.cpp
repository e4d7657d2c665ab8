// Makes something of bytes that it does not know.
#include "conduct.hpp"

struct reads_the_tail : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event& e) override { publish(e.size); }
};
CONDUCT_MODULE_FLAGS(reads_the_tail, TRAPLINE_PLUGIN_DETERMINISTIC)
