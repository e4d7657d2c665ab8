// Has a required option and does not look whether it is there.
#include "conduct.hpp"

static const trapline_option rows[] = {{sizeof(trapline_option), TRAPLINE_OPTION_REQUIRED, TRAPLINE_OPTION_STRING, 0,
                                        "symbol", nullptr, nullptr, "not looked at when missing"}};

struct ignores_missing_option : conduct::instance {
  using instance::instance;
  trapline_status configure(trapline_str json, trapline_error* e) override {
    return std::string(json.ptr, json.len).find("[[") == std::string::npos ? TRAPLINE_OK
                                                                           : refuse(e, "symbol", "a list");
  }
};
CONDUCT_MODULE_OPTIONS(ignores_missing_option, 0, "tests", rows, 1)
