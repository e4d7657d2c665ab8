// Refuses to start.
#include "trapline/sdk/plugin.hpp"

namespace sdk = trapline::sdk;

class fails_to_start : public sdk::plugin<fails_to_start> {
 public:
  static constexpr auto info =
      sdk::plugin_info{.id = "fails_to_start", .version = "1.0.0", .summary = "refuses to start"};
  explicit fails_to_start(const trapline_host* h) : plugin(h) {}
  void start() { throw sdk::error("the port is taken"); }
};

TRAPLINE_PLUGIN(fails_to_start, "fails_to_start", "1.0.0");
