// An error of configure() without a word.
#include "conduct.hpp"

struct refuses_without_text : conduct::instance {
  using instance::instance;
  trapline_status configure(trapline_str json, trapline_error*) override {
    return json.len > 0 ? TRAPLINE_OK : TRAPLINE_E_CONFIG;
  }
};
CONDUCT_MODULE(refuses_without_text)
