// A sink that counts trades and gaps, checks their order, and can be slow.
#include <chrono>
#include <cstdlib>
#include <string>

#include "trapline/sdk/plugin.hpp"

namespace sdk = trapline::sdk;

class tally : public sdk::plugin<tally> {
 public:
  static constexpr auto info = sdk::plugin_info{.id = "tally",
                                                .version = "1.0.0",
                                                .summary = "counts trades",
                                                .flags = TRAPLINE_PLUGIN_SINK | TRAPLINE_PLUGIN_BOUNDED};
  static constexpr trapline_option options[] = {
      sdk::option_duration("stall", "0s", "0s..10s", "do nothing for so long at the first trade"),
      sdk::option_secret("key", "a secret that start() logs, to see it blanked"),
      sdk::option_string("refuse", "", "if set, configure() refuses with this text"),
  };

  explicit tally(const trapline_host* h) : plugin(h) {}

  void configure(std::string_view json) {
    if (const auto at = json.find("\"refuse\":\""); at != json.npos && json[at + 10] != '"')
      throw sdk::error(TRAPLINE_E_CONFIG, "refuse", "told to refuse");
    stall_ = std::strtoll(json.data() + json.find("\"stall\":") + 8, nullptr, 10);
  }
  void start() {
    trades_ = host().counter("tally_trades_total");
    disorder_ = host().counter("tally_disorder_total");
    lost_ = host().counter("tally_lost_total");
    frozen_ = host().counter("tally_clock_moved_total");
    if (const auto key = host().secret("key"); !key.empty()) host().warn(sdk::cat("the key is ", key));
    host().subscribe("test.>");
  }
  void on(const trapline_event& e, const trapline_trade& t) {
    if (stall_ > 0) {
      const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(std::exchange(stall_, 0));
      while (std::chrono::steady_clock::now() < end) {
      }
    }
    trades_.add();
    if (t.price < next_) disorder_.add();
    next_ = t.price + 1;
    if (host().now() != e.ts_recv) frozen_.add();
  }
  void on(const trapline_event&, const trapline_gap& g) { lost_.add(g.lost); }

 private:
  sdk::counter trades_, disorder_, lost_, frozen_;
  std::int64_t next_ = 0, stall_ = 0;
};

TRAPLINE_PLUGIN(tally, "tally", "1.0.0");
