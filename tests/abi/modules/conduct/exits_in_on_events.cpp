// Ends the whole process.
#include "conduct.hpp"

struct exits_in_on_events : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event&) override { std::exit(3); }
};
CONDUCT_MODULE(exits_in_on_events)
