// Trusts the text of the options.
#include "conduct.hpp"

struct dies_of_bad_options : conduct::instance {
  using instance::instance;
  trapline_status configure(trapline_str json, trapline_error*) override {
    if (json.len > 0 && json.ptr[0] != '{') std::abort();
    return TRAPLINE_OK;
  }
};
CONDUCT_MODULE(dies_of_bad_options)
