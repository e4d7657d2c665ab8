// Changes what it only borrows.
#include "conduct.hpp"

struct writes_to_events : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event& e) override { const_cast<trapline_event&>(e).flags = 0; }
};
CONDUCT_MODULE(writes_to_events)
