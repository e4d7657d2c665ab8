// Says that it is not well.
#include "trapline/sdk/plugin.hpp"

namespace sdk = trapline::sdk;

class unwell : public sdk::plugin<unwell> {
 public:
  static constexpr auto info = sdk::plugin_info{.id = "unwell", .version = "1.0.0", .summary = "is not well"};
  explicit unwell(const trapline_host* h) : plugin(h) {}
  void start() { host().health(TRAPLINE_HEALTH_DEGRADED, 7, "the venue does not answer"); }
};

TRAPLINE_PLUGIN(unwell, "unwell", "1.0.0");
