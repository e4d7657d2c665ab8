// A source with the look of a market: `burst` trades every millisecond at a price that wanders, until `count` are out.
#include "trapline/sdk/options.hpp"
#include "trapline/sdk/plugin.hpp"

namespace sdk = trapline::sdk;

class market_ticks : public sdk::plugin<market_ticks> {
 public:
  static constexpr auto info = sdk::plugin_info{
      .id = "market_ticks", .version = "1.0.0", .summary = "publishes trades", .flags = TRAPLINE_PLUGIN_SOURCE};
  static constexpr trapline_option options[] = {
      sdk::option_int("count", "1000", "0..1000000000", "trades to publish"),
      sdk::option_int("burst", "25", "1..1000", "trades at a time"),
  };
  explicit market_ticks(const trapline_host* h) : plugin(h) {}

  void configure(std::string_view json) {
    const sdk::options given(json);
    count_ = given.get<std::int64_t>("count");
    burst_ = given.get<std::int64_t>("burst");
  }
  void start() {
    sent_ = host().counter("market_ticks_total");
    topic_ = host().topic("md.trade.test.BTCUSDT");
    instrument_ = host().instrument("test", "BTCUSDT");
    host().set_timer(0, 1'000'000);
  }
  void on(const trapline_event& e, const trapline_timer_event&) {
    for (std::int64_t n = 0; n < burst_ && count_ > 0; ++n) {
      random_ = random_ * 6364136223846793005u + 1442695040888963407u;
      trapline_trade t{};
      t.price = price_ + static_cast<std::int64_t>(random_ >> 60) - 7;
      t.size = 1000;
      t.price_exp = -1;
      t.size_exp = -3;
      t.aggressor_side = (random_ >> 59 & 1) != 0 ? TRAPLINE_SIDE_BUY : TRAPLINE_SIDE_SELL;
      if (host().publish(sdk::make_event(TRAPLINE_EVENT_TRADE, topic_, instrument_, e.ts_recv), t) != TRAPLINE_OK)
        return;
      price_ = std::max<std::int64_t>(t.price, 100'000);
      --count_;
      sent_.add();
    }
  }

 private:
  sdk::counter sent_;
  std::uint32_t topic_ = 0, instrument_ = 0;
  std::int64_t count_ = 0, burst_ = 0, price_ = 600'000;
  std::uint64_t random_ = 1;
};

TRAPLINE_PLUGIN(market_ticks, "market_ticks", "1.0.0");
