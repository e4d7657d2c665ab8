// Each life leaves a file open.
#include "conduct.hpp"

struct leaks_file : conduct::instance {
  using instance::instance;
  trapline_status start(trapline_error* e) override {
    ::dup(0);
    return join_the_bus(e);
  }
};
#pragma GCC diagnostic ignored "-Wunused-result"
CONDUCT_MODULE(leaks_file)
