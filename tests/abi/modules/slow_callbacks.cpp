// Takes a set time for each trade.
#include <unistd.h>

#include <cstdlib>

#include "trapline/sdk/plugin.hpp"

namespace sdk = trapline::sdk;

class slow_callbacks : public sdk::plugin<slow_callbacks> {
 public:
  static constexpr auto info = sdk::plugin_info{
      .id = "slow_callbacks", .version = "1.0.0", .summary = "takes its time", .flags = TRAPLINE_PLUGIN_SINK};
  static constexpr trapline_option options[] = {
      sdk::option_duration("each", "50ms", "0s..10s", "time for each trade"),
  };
  explicit slow_callbacks(const trapline_host* h) : plugin(h) {}
  void configure(std::string_view json) { each_ = std::strtol(json.data() + json.find("\"each\":") + 7, nullptr, 10); }
  void start() {
    done_ = host().counter("slow_done_total");
    host().subscribe("test.>");
  }
  void on(const trapline_event&, const trapline_trade&) {
    ::usleep(static_cast<useconds_t>(each_ / 1000));
    done_.add();
  }

 private:
  long each_ = 0;
  sdk::counter done_;
};

TRAPLINE_PLUGIN(slow_callbacks, "slow_callbacks", "1.0.0");
