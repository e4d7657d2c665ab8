// Keeps its host where all instances see it.
#include "conduct.hpp"

static const trapline_host* the_host;

struct shares_state : conduct::instance {
  explicit shares_state(const trapline_host* h) : instance(h) { the_host = h; }
  trapline_status start(trapline_error* e) override {
    host = the_host;
    return join_the_bus(e);
  }
};
CONDUCT_MODULE(shares_state)
