// An exception leaves on_events().
#include "conduct.hpp"

struct throws_in_on_events : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event&) override { throw 7; }
};
CONDUCT_MODULE(throws_in_on_events)
