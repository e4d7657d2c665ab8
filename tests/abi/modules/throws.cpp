// Throws while it handles its third event.
#include <stdexcept>

#include "trapline/sdk/plugin.hpp"

namespace sdk = trapline::sdk;

class throws : public sdk::plugin<throws> {
 public:
  static constexpr auto info =
      sdk::plugin_info{.id = "throws", .version = "1.0.0", .summary = "throws at the third event"};
  explicit throws(const trapline_host* h) : plugin(h) {}
  void start() { host().subscribe("test.>"); }
  void on(const trapline_event&, const trapline_trade&) {
    if (++seen_ == 3) throw std::runtime_error("third event");
  }

 private:
  int seen_ = 0;
};

TRAPLINE_PLUGIN(throws, "throws", "1.0.0");
