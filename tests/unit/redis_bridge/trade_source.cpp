// A source for tests: `count` trades of BTCUSDT, `burst` of them every millisecond, numbered in their ids.
#include <charconv>
#include <string>

#include "trapline/sdk/plugin.hpp"

namespace {

namespace sdk = trapline::sdk;

class trade_source : public sdk::plugin<trade_source> {
 public:
  static constexpr auto info = sdk::plugin_info{
      .id = "trade_source", .version = "1.0.0", .summary = "numbered trades", .flags = TRAPLINE_PLUGIN_SOURCE};
  static constexpr trapline_option options[] = {
      sdk::option_int("count", "1000", "1..10000000", "trades to publish"),
      sdk::option_int("burst", "100", "1..1000", "trades at a time"),
  };

  explicit trade_source(const trapline_host* h) : plugin(h) {}

  void configure(std::string_view json) {
    count_ = number(json, "\"count\":");
    burst_ = number(json, "\"burst\":");
  }
  void start() {
    topic_ = host().topic("md.trade.bitget.BTCUSDT");
    instrument_ = host().instrument("bitget", "BTCUSDT");
    published_ = host().counter("source_trades_total");
    host().set_timer(0, 1'000'000);
  }
  void on(const trapline_event&, const trapline_timer_event&) {
    for (long i = 0; i < burst_ && sent_ < count_; ++i) {
      trapline_trade t{};
      t.price = 587'000 + sent_ % 1'000;
      t.price_exp = -1;
      t.size = 14;
      t.size_exp = -3;
      t.aggressor_side = TRAPLINE_SIDE_BUY;
      sdk::assign(t.trade_id, std::to_string(sent_ + 1));
      if (host().publish(sdk::make_event(TRAPLINE_EVENT_TRADE, topic_, instrument_, host().now()), t) != TRAPLINE_OK)
        return;
      ++sent_;
      published_.add();
    }
  }

 private:
  static long number(std::string_view json, std::string_view key) {
    const auto at = json.find(key);
    long v = 0;
    if (at != std::string_view::npos) std::from_chars(json.data() + at + key.size(), json.data() + json.size(), v);
    return v;
  }

  long count_ = 0, burst_ = 0, sent_ = 0;
  std::uint32_t topic_ = 0, instrument_ = 0;
  sdk::counter published_;
};

}  // namespace

TRAPLINE_PLUGIN(trade_source, "trade_source", "1.0.0");
