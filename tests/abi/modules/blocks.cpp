// A sink that does not return from its first trade until a file exists; then it counts what it gets.
#include <unistd.h>

#include <string>

#include "trapline/sdk/plugin.hpp"

namespace sdk = trapline::sdk;

class blocks : public sdk::plugin<blocks> {
 public:
  static constexpr auto info = sdk::plugin_info{
      .id = "blocks", .version = "1.0.0", .summary = "blocks until a file exists", .flags = TRAPLINE_PLUGIN_SINK};
  static constexpr trapline_option options[] = {
      sdk::required(sdk::option_string("until", nullptr, "file to wait for")),
  };

  explicit blocks(const trapline_host* h) : plugin(h) {}

  void configure(std::string_view json) {
    const auto at = json.find("\"until\":\"") + 9;
    until_ = json.substr(at, json.find('"', at) - at);
  }
  void start() {
    trades_ = host().counter("blocks_trades_total");
    lost_ = host().counter("blocks_lost_total");
    gaps_ = host().counter("blocks_gaps_total");
    conflated_ = host().counter("blocks_conflated_total");
    last_ = host().gauge("blocks_last_price");
    in_callback_ = host().gauge("blocks_in_callback");
    host().subscribe("test.>");
  }
  void on(const trapline_event& e, const trapline_trade& t) {
    in_callback_.set(1);
    while (!until_.empty() && ::access(until_.c_str(), F_OK) != 0) ::usleep(1000);
    until_.clear();
    in_callback_.set(0);
    trades_.add();
    if ((e.flags & TRAPLINE_FLAG_CONFLATED) != 0) conflated_.add();
    last_.set(t.price);
  }
  void on(const trapline_event&, const trapline_gap& g) {
    gaps_.add();
    lost_.add(g.lost);
  }

 private:
  sdk::counter trades_, lost_, gaps_, conflated_;
  sdk::gauge last_, in_callback_;
  std::string until_;
};

TRAPLINE_PLUGIN(blocks, "blocks", "1.0.0");
