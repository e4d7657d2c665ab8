// drain() never returns.
#include "conduct.hpp"

struct hangs_in_drain : conduct::instance {
  using instance::instance;
  trapline_status drain() override {
    for (;;) ::pause();
  }
};
CONDUCT_MODULE(hangs_in_drain)
