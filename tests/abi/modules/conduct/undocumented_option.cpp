// An option without its line of documentation.
#include "conduct.hpp"

static const trapline_option rows[] = {
    {sizeof(trapline_option), 0, TRAPLINE_OPTION_INT, 0, "depth", "5", "1..50", nullptr}};

struct undocumented_option : conduct::instance {
  using instance::instance;
};
CONDUCT_MODULE_OPTIONS(undocumented_option, 0, "tests", rows, 1)
