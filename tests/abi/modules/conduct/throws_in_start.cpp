// An exception leaves start().
#include "conduct.hpp"

struct throws_in_start : conduct::instance {
  using instance::instance;
  trapline_status start(trapline_error*) override { throw std::bad_alloc(); }
};
CONDUCT_MODULE(throws_in_start)
