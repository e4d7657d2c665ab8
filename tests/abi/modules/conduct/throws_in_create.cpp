// Its constructor throws, and create() lets that out.
#include "conduct.hpp"

struct throws_in_create : conduct::instance {
  explicit throws_in_create(const trapline_host* h) : instance(h) { throw std::bad_alloc(); }
};
CONDUCT_MODULE(throws_in_create)
