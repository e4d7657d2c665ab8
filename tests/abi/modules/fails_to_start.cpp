// Refuses to start.
#include <cstdlib>

#include "trapline/sdk/plugin.hpp"

namespace sdk = trapline::sdk;

class fails_to_start : public sdk::plugin<fails_to_start> {
 public:
  static constexpr auto info =
      sdk::plugin_info{.id = "fails_to_start", .version = "1.0.0", .summary = "refuses to start"};
  explicit fails_to_start(const trapline_host* h) : plugin(h) {}
  void start() {
    host().subscribe(">");
    host().set_timer(0, 1'000'000);
    throw sdk::error("the port is taken");
  }
  // Nothing may be called after that.
  void on_other(const trapline_event&) { std::abort(); }
  void stop() { std::abort(); }
};

TRAPLINE_PLUGIN(fails_to_start, "fails_to_start", "1.0.0");
