// The plugin: option table and the host on one side, the feed and real sockets on the other.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <utility>

#include "connect_budget.hpp"
#include "feed.hpp"
#include "options.hpp"
#include "trapline/net/loop.hpp"
#include "trapline/net/websocket.hpp"
#include "trapline/sdk/plugin.hpp"

namespace {

using namespace trapline;

class mm_ws_plugin final : public sdk::plugin<mm_ws_plugin>, public mm_ws::outlet {
 public:
  static constexpr std::uint64_t produced =
      TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_INSTRUMENT) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRADE) |
      TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_BOOK_SNAPSHOT) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_BOOK_DELTA) |
      TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TICKER) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_CANDLE) |
      TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_FEED_STATUS) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_GAP) |
      TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_POSITION) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_ORDER) |
      TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_FILL) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_PLAN_ORDER) |
      TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_ACCOUNT);
  static constexpr auto info =
      sdk::plugin_info{.id = "mm_ws",
                       .version = "0.1.0",
                       .summary = "Bitget USDT-M futures feed over WebSocket: market data, positions, orders, account",
                       .flags = TRAPLINE_PLUGIN_SOURCE | TRAPLINE_PLUGIN_BOUNDED,
                       .produces = produced};
  static constexpr trapline_option options[] = {
      sdk::required(
          sdk::option_enum("environment", nullptr, "paper|demo|live", "which venue; checked against every address")),
      sdk::option_enum(
          "api", "v2", "auto|v1|v2|v3",
          "the venue's API: v2 for classic accounts, v3 for unified ones, auto asks; v1 for recorded captures "
          "on a paper venue only"),
      sdk::required(sdk::option_list("symbols", nullptr, nullptr, "such as [BTCUSDT, ETHUSDT]")),
      sdk::option_list("channels", "[trade, books, ticker, candle1m]", nullptr,
                       "trade, books, ticker, candle1m 5m 15m 30m 1H 4H 6H 12H 1D 3D 1W, the latter from 6H also with "
                       "utc behind it"),
      sdk::option_list("private", "[]", "positions|orders|fills|plan_orders|account",
                       "private channels; they need credentials"),
      sdk::option_secret("credentials.key", "API key"),
      sdk::option_secret("credentials.secret", "API secret (HMAC)"),
      sdk::option_secret("credentials.passphrase", "API passphrase"),
      sdk::option_string("endpoint.public", "", "wss:// address of the public socket; empty = that of the environment"),
      sdk::option_string("endpoint.private", "",
                         "wss:// address of the private socket; empty = that of the environment"),
      sdk::option_string("endpoint.rest", "", "https:// address of REST; empty = that of the environment"),
      sdk::option_string("endpoint.ca_file", "", "PEM file of trusted roots; empty = the system's"),
      sdk::option_string("endpoint.file", "", "endpoint.json of a paper venue, read on every attempt"),
      sdk::option_bool("rest.enabled", "true",
                       "ask by REST for what pushes do not tell: time, contracts, open orders, fills"),
      sdk::option_duration("rest.reconcile_interval", "45s", "5s..10m",
                           "pause between two checks of the whole account by REST"),
      sdk::option_int("rest.backfill", "0", "0..1000",
                      "closed bars asked for at the start, of each symbol and interval"),
      sdk::option_duration("ping_interval", "20s", "1s..60s", "pause between two text pings"),
      sdk::option_duration("dead_after", "35s", "2s..10m",
                           "without any frame, pong included, the connection counts as dead"),
      sdk::option_duration("stale.books", "30s", "1s..1h",
                           "a book that is silent for so long while its symbol moves, or against its own habit, is "
                           "subscribed anew, then its connection replaced"),
      sdk::option_duration("stale.ticker", "30s", "1s..1h", "the same for tickers"),
      sdk::option_duration("stale.candle", "90s", "1s..2h", "the same for candles, beyond the length of the bar"),
      sdk::option_int("connections.channels", "50", "1..1000",
                      "most channels of one connection; the venue recommends no more than 50"),
      sdk::option_duration("connections.rotate_after", "23h", "1m..24h",
                           "age at which a connection is replaced without a gap; the venue ends it after 24 h"),
      sdk::option_duration("ack_timeout", "15s", "100ms..5m", "for the answer to a login or a subscription"),
      sdk::option_duration("status_interval", "5s", "100ms..5s", "longest pause between two feed status events"),
      sdk::option_int("reconnect.max_attempts", "8", "0..1000", "attempts in the row 1 1 2 3 5 8 13 21 s"),
      sdk::option_enum("reconnect.when_exhausted", "probe", "probe|stop",
                       "go on trying at long intervals, or stop the engine"),
      sdk::option_duration("reconnect.probe_interval", "5m", "1s..24h", "pause between two such tries"),
      sdk::option_duration("reconnect.stable_after", "60s", "1s..1h",
                           "a connection that lasted so long starts the row anew"),
      sdk::option_string("reconnect.budget_file", "auto",
                         "file by which all feeds of this user share 60 connects in 5 minutes; auto: in the runtime "
                         "directory or /tmp; empty: each counts for itself"),
      sdk::option_int("debug.messages", "64", "0..10000", "how many of the last messages and errors are kept"),
      sdk::option_string("debug.file", "",
                         "JSON file with state, last messages and errors, written every status_interval"),
      sdk::option_string("record.file", "", "file to which all frames are appended, as a capture for a paper venue"),
      sdk::option_bytes("record.limit", "1GiB", "1KiB..1024GiB", "where a recording ends"),
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
    if (!options_->debug_file.empty() && mono() >= next_debug_) write_debug();
  }
  void wake() { loop_->wake(); }

  static constexpr const char* commands[] = {"debug", "resubscribe"};
  std::string command(std::string_view name, std::string_view) {
    if (name == "debug") return feed_->debug_json();
    if (name == "resubscribe") return sdk::cat("{\"connections\":", feed_->resubscribe(), "}");
    throw sdk::error(TRAPLINE_E_NOT_FOUND, {}, "there is no such command; known are debug, resubscribe");
  }

  void stop() {
    if (feed_) feed_->stop();
    feed_.reset();
    loop_->poll(0);  // what the closed sockets left behind
    loop_.reset();   // and the thread that resolves names
  }

 private:
  // Beside the old file and then in its place, so that readers never see half of it. It tells of the account: for the
  // owner's eyes.
  void write_debug() {
    next_debug_ = mono() + options_->status_interval;
    const auto temporary = options_->debug_file + ".new";
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const auto text = feed_->debug_json() + "\n";
    const bool written = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (fd >= 0) ::close(fd);
    if (written && std::rename(temporary.c_str(), options_->debug_file.c_str()) == 0) return;
    if (!std::exchange(debug_failure_told_, true))
      host().warn("debug.file: cannot write " + options_->debug_file + ": " + std::strerror(errno));
  }

  trapline_status publish(const trapline_frame* frames, std::uint32_t count) override {
    return host().publish(frames, count);
  }
  std::uint32_t topic(std::string_view name) override { return host().topic(name); }
  std::uint32_t instrument(std::string_view symbol) override { return host().instrument("bitget", symbol); }
  std::int64_t now() override { return host().now(); }
  std::int64_t mono() override { return host().mono(); }
  sdk::counter counter(std::string_view name, std::string_view labels) override { return host().counter(name, labels); }
  sdk::gauge gauge(std::string_view name, std::string_view labels) override { return host().gauge(name, labels); }
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
  std::int64_t take_connect_slot(std::int64_t& last) override {
    // A paper venue is this machine's own: nobody blocks its address.
    if (options_->environment == mm_ws::environment::paper) return 0;
    return mm_ws::take_shared_slot(options_->budget_file, budget_, now(), last);
  }
  std::unique_ptr<net::ws_client> connect(const net::ws_client_options& o, net::ws_client_handler& handler) override {
    return net::connect_websocket(*loop_, o, handler);
  }
  std::unique_ptr<net::http_client> connect_http(const net::http_client_options& o) override {
    return net::make_http_client(*loop_, o);
  }

  std::optional<mm_ws::options> options_;
  mm_ws::connect_budget budget_;
  std::int64_t next_debug_ = 0;
  bool debug_failure_told_ = false;
  std::unique_ptr<net::loop> loop_;
  std::unique_ptr<mm_ws::feed> feed_;
};

}  // namespace

TRAPLINE_PLUGIN(mm_ws_plugin, "mm_ws", "0.1.0");
