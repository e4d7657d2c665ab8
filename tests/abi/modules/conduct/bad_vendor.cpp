// A descriptor that is not UTF-8.
#include "conduct.hpp"

struct bad_vendor : conduct::instance {
  using instance::instance;
};
CONDUCT_MODULE_OPTIONS(bad_vendor, 0, "caf\xe9", nullptr, 0)
