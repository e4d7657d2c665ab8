// stop() never returns.
#include "conduct.hpp"

struct hangs_in_stop : conduct::instance {
  using instance::instance;
  void stop() override {
    for (;;) ::pause();
  }
};
CONDUCT_MODULE(hangs_in_stop)
