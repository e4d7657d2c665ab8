// A pattern that is none.
#include "conduct.hpp"

struct subscribes_to_nonsense : conduct::instance {
  using instance::instance;
  trapline_status start(trapline_error* e) override {
    const auto s = join_the_bus(e);
    if (s == TRAPLINE_OK) bus->subscribe(host, conduct::str("not a pattern"), TRAPLINE_TYPE_ALL);
    return s;
  }
};
CONDUCT_MODULE(subscribes_to_nonsense)
