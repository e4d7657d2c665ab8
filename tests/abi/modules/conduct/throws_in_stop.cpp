// An exception leaves stop().
#include "conduct.hpp"

struct throws_in_stop : conduct::instance {
  using instance::instance;
  void stop() override { throw std::bad_alloc(); }
};
CONDUCT_MODULE(throws_in_stop)
