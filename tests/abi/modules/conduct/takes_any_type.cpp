// Takes whatever stands for its option.
#include "conduct.hpp"

static const trapline_option rows[] = {
    {sizeof(trapline_option), 0, TRAPLINE_OPTION_INT, 0, "depth", "5", "1..50", "never looked at"}};

struct takes_any_type : conduct::instance {
  using instance::instance;
};
CONDUCT_MODULE_OPTIONS(takes_any_type, 0, "tests", rows, 1)
