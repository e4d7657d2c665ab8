// Built as g++ does by default: the counter becomes a process-wide symbol, and the library can never be unloaded.
#include "trapline/sdk/plugin.hpp"

namespace sdk = trapline::sdk;

struct __attribute__((visibility("default"))) counting {
  static int& count() {
    static int n = 0;
    return n;
  }
};

class unique_symbols : public sdk::plugin<unique_symbols> {
 public:
  static constexpr auto info = sdk::plugin_info{.id = "unique_symbols", .version = "1.0.0", .summary = "counts"};
  explicit unique_symbols(const trapline_host* h) : plugin(h) { ++counting::count(); }
};

TRAPLINE_PLUGIN(unique_symbols, "unique_symbols", "1.0.0");
