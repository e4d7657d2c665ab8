// drain() always wants another call.
#include "conduct.hpp"

struct drains_for_ever : conduct::instance {
  using instance::instance;
  trapline_status drain() override { return TRAPLINE_E_AGAIN; }
};
CONDUCT_MODULE(drains_for_ever)
