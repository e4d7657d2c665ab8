// An exception leaves configure().
#include "conduct.hpp"

struct throws_in_configure : conduct::instance {
  using instance::instance;
  trapline_status configure(trapline_str, trapline_error*) override { throw std::bad_alloc(); }
};
CONDUCT_MODULE(throws_in_configure)
