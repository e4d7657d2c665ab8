// Writes to where nothing is.
#include "conduct.hpp"

struct crashes_in_on_events : conduct::instance {
  using instance::instance;
  void on_event(const trapline_event&) override { *nowhere_ = 1; }
  int* volatile nowhere_ = nullptr;
};
CONDUCT_MODULE(crashes_in_on_events)
