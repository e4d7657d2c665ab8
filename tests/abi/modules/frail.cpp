// Greets in start(). Its first instance in the process then says that it is not well, and faults.
#include <atomic>

#include "trapline/sdk/options.hpp"
#include "trapline/sdk/plugin.hpp"

namespace sdk = trapline::sdk;

namespace {
std::atomic<int> lives{0};  // on purpose shared by all instances
}

class frail : public sdk::plugin<frail> {
 public:
  static constexpr auto info = sdk::plugin_info{.id = "frail", .version = "1.0.0", .summary = "is not well at first"};
  static constexpr trapline_option options[] = {
      sdk::option_bool("fault_in_configure", "false", "report a fault in configure()"),
  };
  explicit frail(const trapline_host* h) : plugin(h) {}

  void configure(std::string_view json) {
    if (sdk::options(json).get<bool>("fault_in_configure")) host().report_fault(TRAPLINE_E_FAILED, "not today");
  }
  void start() {
    host().publish(sdk::make_event(TRAPLINE_EVENT_TRADE, host().topic("test.greeting")), trapline_trade{});
    if (lives++ > 0) return;
    host().health(TRAPLINE_HEALTH_FAILED, 1, "not well");
    host().set_timer(0);
  }
  void on(const trapline_event&, const trapline_timer_event&) { throw sdk::error("and it ends"); }
};

TRAPLINE_PLUGIN(frail, "frail", "1.0.0");
