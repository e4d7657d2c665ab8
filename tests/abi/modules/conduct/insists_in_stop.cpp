// stop() publishes until the bus takes it.
#include "conduct.hpp"

struct insists_in_stop : conduct::instance {
  using instance::instance;
  void stop() override {
    while (publish(0) != TRAPLINE_OK) ::usleep(100);
  }
};
CONDUCT_MODULE(insists_in_stop)
