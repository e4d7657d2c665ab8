// The plugin: option table, services, subscriptions. All else is in the core.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <random>
#include <string>

#include "bridge.hpp"
#include "trapline/sdk/plugin.hpp"

namespace {

namespace sdk = trapline::sdk;
namespace rb = trapline::redis_bridge;

class host_environment final : public rb::environment {
 public:
  explicit host_environment(sdk::host& h) : host_(h) {}
  std::int64_t now() override { return host_.now(); }
  std::int64_t mono() override { return host_.mono(); }
  void log(int level, std::string_view text) override { host_.log(level, text); }
  void health(std::uint32_t state, std::string_view text) override { host_.health(state, 0, text); }
  std::string password() override { return host_.secret("password"); }
  std::string_view topic_name(std::uint32_t id) override { return host_.topic_name(id); }
  std::string_view symbol(std::uint32_t instrument) override { return host_.symbol(instrument); }
  std::string_view venue(std::uint32_t instrument) override { return host_.venue(instrument); }

 private:
  sdk::host& host_;
};

// Tells the entries of one run from those of another.
std::string new_boot_id() {
  std::random_device random;
  char text[17];
  std::snprintf(text, sizeof text, "%08x%08x", random(), random());
  return text;
}

rb::meters make_meters(const sdk::host& h) {
  rb::meters m;
  m.commands = h.counter("redis_commands_total");
  m.errors = h.counter("redis_replies_error_total");
  m.reconnects = h.counter("redis_reconnects_total");
  for (std::size_t i = 0; i < rb::family_count; ++i)
    m.dropped[i] = h.counter("redis_spool_dropped_total",
                             sdk::cat("family=\"", rb::family_name(static_cast<rb::family>(i)), "\""));
  m.spool_commands = h.gauge("redis_spool_commands");
  m.spool_bytes = h.gauge("redis_spool_bytes");
  m.connected = h.gauge("redis_connected");
  return m;
}

class redis_bridge : public sdk::plugin<redis_bridge> {
 public:
  static constexpr auto info = sdk::plugin_info{.id = "redis_bridge",
                                                .version = "0.1.0",
                                                .summary = "State, history and signals in Redis keys and streams",
                                                .flags = TRAPLINE_PLUGIN_SINK};
  static constexpr trapline_option options[] = {
      sdk::option_string("url", "unix:./run/redis.sock", "unix:PATH or redis://host:port[/db]"),
      sdk::option_string("username", nullptr, "ACL user; needs password"),
      sdk::option_secret("password", "password of the user, or of requirepass"),
      sdk::option_enum("vocabulary", "plain", "plain|seed", "seed adds the seed's words to the documents"),
      sdk::option_duration("window", "2ms", "0ms..50ms", "how long commands are collected before they are written"),
      sdk::option_int("spool.max_commands", "100000", "100..10000000",
                      "stream entries kept while Redis is away or slow"),
      sdk::option_bytes("spool.max_bytes", "64MiB", "64KiB..16GiB", "memory for them"),
      sdk::option_string("stream.prefix", "trapline:v1", "first part of the names of all streams"),
      sdk::option_int("stream.maxlen.market", "20000", "10..100000000",
                      "about how many entries of market data a stream keeps"),
      sdk::option_int("stream.maxlen.signals", "10000", "10..100000000", "the same for signals and the trap matrix"),
      sdk::option_int("stream.maxlen.account", "100000", "10..100000000", "the same for positions, orders and account"),
      sdk::option_int("stream.maxlen.status", "1000", "10..100000000", "the same for feed status"),
      sdk::option_int("history.position_max", "1000", "1..1000000", "entries in the list position_history"),
      sdk::option_duration("publish.position", "5s", "100ms..1h", "longest age of the position, price and status keys"),
      sdk::option_duration("publish.orders", "10s", "100ms..1h", "longest age of the order and target keys"),
      sdk::option_duration("publish.account", "30s", "100ms..1h", "longest age of the balance key"),
      sdk::option_duration("publish.trap", "15s", "100ms..1h", "longest age of the trap keys"),
      sdk::option_int("expiry_factor", "3", "2..100", "keys expire after this many periods without a writer"),
  };

  explicit redis_bridge(const trapline_host* h) : plugin(h), environment_(host()) {}

  void configure(std::string_view json) { settings_ = rb::parse_settings(json); }

  void start() {
    loop_ = std::make_unique<trapline::net::loop>();
    bridge_ = std::make_unique<rb::bridge>(*loop_, settings_, environment_, make_meters(host()), new_boot_id());
    for (const auto* pattern : {"md.>", "sig.>", "acct.>", "feed.status.*"}) host().subscribe(pattern, wanted);
    host().subscribe("sys.>", TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_GAP));
    bridge_->start();
  }

  void on_other(const trapline_event& e) { bridge_->on_event(e); }

  void poll(std::int64_t max_wait) { loop_->poll(max_wait); }
  void wake() {
    if (loop_) loop_->wake();
  }

  trapline_status drain() { return !bridge_ || bridge_->drain() ? TRAPLINE_OK : TRAPLINE_E_AGAIN; }

  void stop() {
    bridge_.reset();
    loop_.reset();
  }

 private:
  static constexpr std::uint64_t wanted =
      TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRADE) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_BOOK_SNAPSHOT) |
      TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_BOOK_DELTA) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TICKER) |
      TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_CANDLE) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_FEED_STATUS) |
      TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_SIGNAL) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRAP_MATRIX) |
      TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_POSITION) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_ORDER) |
      TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_ACCOUNT) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_GAP);

  host_environment environment_;
  rb::settings settings_;
  std::unique_ptr<trapline::net::loop> loop_;
  std::unique_ptr<rb::bridge> bridge_;
};

}  // namespace

TRAPLINE_PLUGIN(redis_bridge, "redis_bridge", "0.1.0");
