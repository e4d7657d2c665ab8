// The plugin: option table and the host on one side, the feed and real sockets on the other.
#include <algorithm>
#include <memory>
#include <optional>
#include <random>

#include "feed.hpp"
#include "options.hpp"
#include "trapline/net/loop.hpp"
#include "trapline/net/websocket.hpp"
#include "trapline/sdk/plugin.hpp"

namespace {

using namespace trapline;

class mm_ws_plugin final : public sdk::plugin<mm_ws_plugin>, public mm_ws::outlet {
 public:
  static constexpr auto info =
      sdk::plugin_info{.id = "mm_ws",
                       .version = "0.1.0",
                       .summary = "Bitget USDT-M futures feed over WebSocket: market data, positions, orders, account",
                       .flags = TRAPLINE_PLUGIN_SOURCE | TRAPLINE_PLUGIN_BOUNDED};
  static constexpr trapline_option options[] = {
      sdk::required(
          sdk::option_enum("environment", nullptr, "paper|demo|live", "which venue; checked against every address")),
      sdk::option_enum("api", "v2", "v1|v2",
                       "the venue's API; v1 for recorded captures and old clients on a paper venue only"),
      sdk::required(sdk::option_list("symbols", nullptr, nullptr, "such as [BTCUSDT, ETHUSDT]")),
      sdk::option_list("channels", "[trade, books, ticker, candle1m]", nullptr,
                       "trade, books, ticker, candle1m 5m 15m 30m 1H 4H 6H 12H 1D 3D 1W, the latter from 6H also with "
                       "utc behind it"),
      sdk::option_list("private", "[]", "positions|orders|account", "private channels; they need credentials"),
      sdk::option_secret("credentials.key", "API key"),
      sdk::option_secret("credentials.secret", "API secret (HMAC)"),
      sdk::option_secret("credentials.passphrase", "API passphrase"),
      sdk::option_string("endpoint.public", "", "wss:// address of the public socket; empty = that of the environment"),
      sdk::option_string("endpoint.private", "",
                         "wss:// address of the private socket; empty = that of the environment"),
      sdk::option_string("endpoint.ca_file", "", "PEM file of trusted roots; empty = the system's"),
      sdk::option_string("endpoint.file", "", "endpoint.json of a paper venue, read on every attempt"),
      sdk::option_duration("ping_interval", "20s", "1s..60s", "pause between two text pings"),
      sdk::option_duration("dead_after", "35s", "2s..10m",
                           "without any frame, pong included, the connection counts as dead"),
      sdk::option_duration("stale_after", "30s", "1s..1h",
                           "a book or ticker that is silent for so long while its symbol trades is subscribed anew"),
      sdk::option_duration("ack_timeout", "15s", "100ms..5m", "for the answer to a login or a subscription"),
      sdk::option_duration("status_interval", "5s", "100ms..5s", "longest pause between two feed status events"),
      sdk::option_int("reconnect.max_attempts", "8", "0..1000", "attempts in the row 1 1 2 3 5 8 13 21 s"),
      sdk::option_enum("reconnect.when_exhausted", "probe", "probe|stop",
                       "go on trying at long intervals, or stop the engine"),
      sdk::option_duration("reconnect.probe_interval", "5m", "1s..24h", "pause between two such tries"),
      sdk::option_duration("reconnect.stable_after", "60s", "1s..1h",
                           "a connection that lasted so long starts the row anew"),
      sdk::option_int("book.max_resyncs", "3", "0..1000",
                      "fresh snapshots of one book asked for within book.resync_window"),
      sdk::option_duration("book.resync_window", "5m", "1s..1h",
                           "after more than that the book stays invalid until the next connection"),
  };

  explicit mm_ws_plugin(const trapline_host* h) : plugin(h) {}

  void configure(std::string_view json) { options_ = mm_ws::parse_options(json); }

  void start() {
    outlet& out = *this;
    loop_ = std::make_unique<net::loop>();
    feed_ = std::make_unique<mm_ws::feed>(*options_, host().instance(), out, std::random_device{}());
    feed_->start();
  }

  void poll(std::int64_t max_wait) {
    const auto due = feed_->deadline() - mono();
    loop_->poll(std::clamp<std::int64_t>(due, 0, std::max<std::int64_t>(max_wait, 0)));
    feed_->advance();
  }
  void wake() { loop_->wake(); }

  void stop() {
    if (feed_) feed_->stop();
    feed_.reset();
    loop_->poll(0);  // what the closed sockets left behind
    loop_.reset();   // and the thread that resolves names
  }

 private:
  trapline_status publish(const trapline_frame* frames, std::uint32_t count) override {
    return host().publish(frames, count);
  }
  std::uint32_t topic(std::string_view name) override { return host().topic(name); }
  std::uint32_t instrument(std::string_view symbol) override { return host().instrument("bitget", symbol); }
  std::int64_t now() override { return host().now(); }
  std::int64_t mono() override { return host().mono(); }
  sdk::counter counter(std::string_view name, std::string_view labels) override { return host().counter(name, labels); }
  void log(int level, std::string_view text) override { host().log(level, text); }
  void health(std::uint32_t state, std::int32_t code, std::string_view text) override {
    host().health(state, code, text);
  }
  void request_stop(std::string_view reason) override { host().request_stop(reason); }
  void misconfigured(std::string_view reason) override { host().report_fault(TRAPLINE_E_CONFIG, reason); }
  mm_ws::credentials get_credentials() override {
    mm_ws::credentials c;
    c.key = host().secret("credentials.key");
    c.secret = host().secret("credentials.secret");
    c.passphrase = host().secret("credentials.passphrase");
    return c;
  }
  std::unique_ptr<net::ws_client> connect(const net::ws_client_options& o, net::ws_client_handler& handler) override {
    return net::connect_websocket(*loop_, o, handler);
  }

  std::optional<mm_ws::options> options_;
  std::unique_ptr<net::loop> loop_;
  std::unique_ptr<mm_ws::feed> feed_;
};

}  // namespace

TRAPLINE_PLUGIN(mm_ws_plugin, "mm_ws", "0.1.0");
