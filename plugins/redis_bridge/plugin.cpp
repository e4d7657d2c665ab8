// The plugin: option table, services, subscriptions. All else is in the core.
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <list>
#include <memory>
#include <random>
#include <string>

#include "bridge.hpp"
#include "ingest.hpp"
#include "options.hpp"
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
  std::string command_key() override { return host_.secret("commands.hmac_key"); }
  std::string ask_engine(std::string_view cmd, std::string_view args,
                         std::function<void(trapline_status, std::string_view)> done) override {
    auto& question = questions_.emplace_back(question_to_engine{*this, std::move(done), {}});
    question.self = std::prev(questions_.end());
    const auto status = host_.submit(cmd, args, &question_to_engine::answered, &question);
    if (status == TRAPLINE_OK) return {};
    questions_.pop_back();
    if (status == TRAPLINE_E_LIMIT) return "too many commands are under way";
    if (status == TRAPLINE_E_CLOSED) return "the engine is stopping";
    return sdk::cat("this engine takes no commands of plugins (status ", status, ")");
  }
  std::string_view topic_name(std::uint32_t id) override { return host_.topic_name(id); }
  std::string_view symbol(std::uint32_t instrument) override { return host_.symbol(instrument); }
  std::string_view venue(std::uint32_t instrument) override { return host_.venue(instrument); }

 private:
  // What the engine was asked and has not answered. After stop() nothing is answered, and they go with the instance.
  struct question_to_engine {
    host_environment& owner;
    std::function<void(trapline_status, std::string_view)> done;
    std::list<question_to_engine>::iterator self;

    static void answered(void* context, trapline_status status, trapline_str answer) noexcept {
      auto& q = *static_cast<question_to_engine*>(context);
      const auto done = std::move(q.done);
      q.owner.questions_.erase(q.self);
      done(status, {answer.ptr, answer.len});
    }
  };

  sdk::host& host_;
  std::list<question_to_engine> questions_;
};

class host_bus final : public rb::bus_outlet {
 public:
  explicit host_bus(sdk::host& h) : host_(h) {}
  std::uint32_t topic(std::string_view name) override { return host_.topic(name); }
  std::uint32_t instrument(std::string_view venue, std::string_view symbol) override {
    return host_.instrument(venue, symbol);
  }
  trapline_status publish(const trapline_event& e) override {
    return host_.publish(e, &e + 1, e.size - static_cast<std::uint32_t>(sizeof e));
  }
  // A timer's event takes its place in the order of the bus like any other.
  void barrier(std::uint32_t stream) override { host_.set_timer(host_.now(), 0, stream); }

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
    m.dropped[i] =
        h.counter("redis_spool_dropped_total", sdk::label("family", rb::family_name(static_cast<rb::family>(i))));
  m.spool_commands = h.gauge("redis_spool_commands");
  m.spool_bytes = h.gauge("redis_spool_bytes");
  m.connected = h.gauge("redis_connected");
  return m;
}

rb::ingest_meters make_ingest_meters(const sdk::host& h, std::string_view tag) {
  const auto label = sdk::label("stream", tag);
  rb::ingest_meters m;
  m.events = h.counter("redis_ingest_events_total", label);
  m.lost = h.counter("redis_ingest_lost_total", label);
  m.repeated = h.counter("redis_ingest_repeated_total", label);
  m.refused = h.counter("redis_ingest_refused_total", label);
  m.reading = h.gauge("redis_ingest_reading", label);
  return m;
}

class redis_bridge : public sdk::plugin<redis_bridge> {
 public:
  static constexpr auto info = sdk::plugin_info{.id = "redis_bridge",
                                                .version = "0.1.0",
                                                .summary = "State, history and signals in Redis keys and streams",
                                                .flags = TRAPLINE_PLUGIN_SINK,
                                                .produces = rb::relayed_types};
  static constexpr const auto& options = rb::option_table.rows;

  explicit redis_bridge(const trapline_host* h) : plugin(h), environment_(host()), bus_(host()) {}

  void configure(std::string_view json) { settings_ = rb::parse_settings(json); }

  void start() {
    loop_ = std::make_unique<trapline::net::loop>();
    bridge_ = std::make_unique<rb::bridge>(*loop_, settings_, environment_, make_meters(host()), new_boot_id());
    for (const auto* pattern : {"md.>", "sig.>", "acct.>", "feed.status.*"}) host().subscribe(pattern, wanted);
    if (settings_.relay) host().subscribe("md.instrument.>", TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_INSTRUMENT));
    host().subscribe("sys.>", TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_GAP));
    bridge_->start();
    if (!settings_.ingest_streams.empty()) start_ingest();
  }

  void on(const trapline_event&, const trapline_timer_event& t) {
    if (!ingest_) return;
    if (t.cookie == begin_at_last) ingest_->begin();
    else ingest_->on_barrier(static_cast<std::uint32_t>(t.cookie));
  }
  void on(const trapline_event&, const trapline_lifecycle& l) {
    if (!ingest_ || l.instance[0] != 0) return;  // of the engine itself
    if (l.state == TRAPLINE_INSTANCE_RUNNING) ingest_->begin();
    if (l.state == TRAPLINE_INSTANCE_DRAINING) ingest_->pause();
  }
  void on_other(const trapline_event& e) { bridge_->on_event(e); }

  static constexpr const char* commands[] = {"debug", "refresh", "verify"};
  std::string command(std::string_view name, std::string_view) {
    if (name == "debug") return bridge_->debug();
    if (name == "verify") {
      if (auto fault = bridge_->misalignment(); !fault.empty()) throw sdk::error(TRAPLINE_E_STATE, {}, fault);
      return R"({"aligned":true})";
    }
    bridge_->refresh();
    return "null";
  }

  void poll(std::int64_t max_wait) { loop_->poll(max_wait); }
  void wake() {
    if (loop_) loop_->wake();
  }

  trapline_status drain() {
    if (ingest_) {
      ingest_->pause();
      if (drain_until_ == 0) drain_until_ = host().mono() + settings_.drain_limit;
      if (!ingest_->settled() && host().mono() < drain_until_) return TRAPLINE_E_AGAIN;
    }
    return !bridge_ || bridge_->drain() ? TRAPLINE_OK : TRAPLINE_E_AGAIN;
  }

  void stop() {
    ingest_.reset();
    if (bridge_) bridge_->stop();
    bridge_.reset();
    loop_.reset();
  }

 private:
  static constexpr std::uint64_t begin_at_last = ~std::uint64_t{0};  // a timer's cookie

  // A sink starts first, and what is published before the others run reaches nobody: the engine says when they do.
  // An instance that is made anew while they run is not told.
  void start_ingest() {
    ingest_ = std::make_unique<rb::ingest>(
        *loop_, settings_, environment_, bus_, [this](std::string_view tag) { return make_ingest_meters(host(), tag); },
        bridge_->boot_id(),
        settings_.ingest_republish ? [this](const trapline_event& e) { bridge_->on_event(e); }
                                   : std::function<void(const trapline_event&)>());
    host().subscribe("sys.lifecycle", TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_LIFECYCLE));
    host().set_timer(host().now() + 5 * rb::second, 0, begin_at_last);
  }

  static constexpr std::uint64_t wanted =
      TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRADE) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_BOOK_SNAPSHOT) |
      TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_BOOK_DELTA) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TICKER) |
      TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_CANDLE) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_FEED_STATUS) |
      TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_SIGNAL) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRAP_MATRIX) |
      TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_POSITION) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_ORDER) |
      TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_FILL) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_PLAN_ORDER) |
      TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_ACCOUNT) | TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_GAP);

  host_environment environment_;
  host_bus bus_;
  rb::settings settings_;
  std::unique_ptr<trapline::net::loop> loop_;
  std::unique_ptr<rb::bridge> bridge_;
  std::unique_ptr<rb::ingest> ingest_;  // null unless streams are configured
  std::int64_t drain_until_ = 0;        // mono
};

}  // namespace

TRAPLINE_PLUGIN(redis_bridge, "redis_bridge", "0.1.0");
