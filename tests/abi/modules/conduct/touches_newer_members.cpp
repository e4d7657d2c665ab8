// Calls what hosts of ABI 0.0 do not have.
#include "conduct.hpp"

struct touches_newer_members : conduct::instance {
  using instance::instance;
  trapline_status start(trapline_error* e) override {
    if (const auto* m = service<trapline_metrics>(TRAPLINE_SERVICE_METRICS)) {
      const double bounds[] = {1, 2};
      m->histogram(host, conduct::str("sizes"), {}, bounds, 2);
    }
    return join_the_bus(e);
  }
};
CONDUCT_MODULE(touches_newer_members)
