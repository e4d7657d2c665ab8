// Two ends of a lane: an instance with `role: source` publishes numbered trades, orders and fills, one with `role:
// sink` on the same lane takes the time from publishing each trade to its handler.
#include "lane_probe.hpp"

#include <ctime>
#include <memory>
#include <string>

#include "trapline/sdk/options.hpp"
#include "trapline/sdk/plugin.hpp"

namespace {

namespace sdk = trapline::sdk;
using trapline::redis_bridge::test::probe_file;
using trapline::redis_bridge::test::probe_page;

struct settings {
  std::string file, role;
  std::int64_t burst = 0;
};

constexpr auto option_table = sdk::option_set<settings>(
    sdk::bind<&settings::file>(sdk::required(sdk::option_string("file", nullptr, "what the two ends share"))),
    sdk::bind<&settings::role>(sdk::option_enum("role", "sink", "source|sink", "which end this is")),
    sdk::bind<&settings::burst>(sdk::option_int("burst", "5", "1..1000", "trades a millisecond")));

std::int64_t mono_now() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

class lane_probe : public sdk::plugin<lane_probe> {
 public:
  static constexpr auto info = sdk::plugin_info{.id = "lane_probe",
                                                .version = "1.0.0",
                                                .summary = "latency of a lane",
                                                .flags = TRAPLINE_PLUGIN_SOURCE | TRAPLINE_PLUGIN_BOUNDED};
  static constexpr const auto& options = option_table.rows;

  explicit lane_probe(const trapline_host* h) : plugin(h) {}

  void configure(std::string_view json) { settings_ = option_table.read(json); }
  void start() {
    page_ = std::make_unique<probe_file>(settings_.file);
    if (settings_.role == "sink") return void(host().subscribe("md.trade.>", TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRADE)));
    trade_topic_ = host().topic("md.trade.bitget.BTCUSDT");
    order_topic_ = host().topic("acct.order.bitget");
    fill_topic_ = host().topic("acct.fill.bitget");
    instrument_ = host().instrument("bitget", "BTCUSDT");
    host().set_timer(0, 1'000'000);
  }
  void on(const trapline_event&, const trapline_trade& t) {
    const auto now = mono_now();  // the host's clock stands still in a callback
    auto& page = page_->page();
    const auto phase = page.phase.load(std::memory_order_relaxed);
    page.latency[phase < probe_page::phases ? phase : 0].add(static_cast<std::uint64_t>(now - t.size));
  }
  void on(const trapline_event&, const trapline_timer_event&) {
    auto& page = page_->page();
    for (std::int64_t i = 0; i < settings_.burst; ++i) {
      trapline_trade t{};
      t.price = 587'000;
      t.price_exp = -1;
      t.aggressor_side = TRAPLINE_SIDE_BUY;
      sdk::assign(t.trade_id, std::to_string(page.trades + 1));
      t.size = mono_now();
      send(TRAPLINE_EVENT_TRADE, trade_topic_, t, page.trades);
    }
    if (++ticks_ % 10 != 0) return;
    trapline_order o{};
    o.status = TRAPLINE_ORDER_FILLED;
    sdk::assign(o.order_id, std::to_string(page.orders + 1));
    send(TRAPLINE_EVENT_ORDER, order_topic_, o, page.orders);
    trapline_fill f{};
    sdk::assign(f.trade_id, std::to_string(page.fills + 1));
    send(TRAPLINE_EVENT_FILL, fill_topic_, f, page.fills);
  }
  void stop() { page_.reset(); }

 private:
  template <class Payload>
  void send(std::uint16_t type, std::uint32_t topic, const Payload& p, std::atomic<std::uint64_t>& count) {
    const bool taken = host().publish(sdk::make_event(type, topic, instrument_, host().now()), p) == TRAPLINE_OK;
    ++(taken ? count : page_->page().refused);
  }

  settings settings_;
  std::unique_ptr<probe_file> page_;
  std::uint32_t trade_topic_ = 0, order_topic_ = 0, fill_topic_ = 0, instrument_ = 0;
  std::uint64_t ticks_ = 0;
};

}  // namespace

TRAPLINE_PLUGIN(lane_probe, "lane_probe", "1.0.0");
