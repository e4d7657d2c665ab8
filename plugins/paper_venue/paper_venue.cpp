// The plugin: options, the lane's loop, the listening socket, and the truth on the bus.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "files.hpp"
#include "settings.hpp"
#include "trapline/net/certificate.hpp"
#include "trapline/net/loop.hpp"
#include "trapline/net/websocket.hpp"
#include "trapline/sdk/plugin.hpp"
#include "venue.hpp"

namespace trapline::paper_venue {
namespace {

using namespace trapline::sdk;

constexpr std::int64_t tick_ns = 5'000'000;
// After a stall (a suspended machine) the markets go on from where they stood instead of running after the clock.
constexpr std::int64_t longest_step = 250'000'000;
constexpr std::size_t most_pending = 256;

class paper_venue : public plugin<paper_venue> {
 public:
  static constexpr auto info = plugin_info{.id = "paper_venue",
                                           .version = "0.1.0",
                                           .summary =
                                               "A simulated Bitget: WebSocket over TLS on loopback, synthetic "
                                               "markets with planted traps, or a recorded capture",
                                           .flags = TRAPLINE_PLUGIN_SOURCE,
                                           .produces = TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_EPISODE)};

  static constexpr trapline_option options[] = {
      option_string("dir", "./run/venue", "directory for endpoint.json, ca.pem and the API credentials"),
      option_string("listen.address", "127.0.0.1", "loopback address to listen on"),
      option_int("listen.port", "0", "0..65535", "TCP port; 0 = any free one, told in endpoint.json"),
      option_enum("source", "synthetic", "synthetic|replay", "simulated markets, or a recorded capture"),
      option_list("symbols", "[BTCUSDT]", nullptr, "perpetuals to simulate"),
      option_int("seed", "42", "0..9223372036854775807", "same seed, same markets"),
      option_float("speed", "1", "1..200", "virtual seconds that the markets run in one second"),
      option_float("start_price", "64000", "0.01..1000000", "where each symbol begins"),
      option_list("episodes.kinds", "[stop_hunt, bull_trap, bear_trap, fake_pump, fake_dump, spoofing]",
                  "stop_hunt|bull_trap|bear_trap|fake_pump|fake_dump|spoofing", "traps to plant, in turn; [] = none"),
      option_duration("episodes.interval", "90s", "1s..24h", "mean quiet time between two scripts, virtual"),
      option_duration("episodes.after", "5m", "0s..24h", "quiet time before the first, virtual"),
      option_float("episodes.decoys", "5", "0..100", "look-alikes that are no traps, for each episode, on average"),
      option_float("account.balance", "10000", "0..1000000000", "USDT in the account at the start"),
      option_enum("account.type", "classic", "classic|unified", "API that its key is for: v2 or v3"),
      option_enum("account.positions", "one_way", "one_way|hedge", "position mode at the start"),
      option_bool("account.trader", "true", "a house trader opens and closes positions of the account"),
      option_bool("checksum", "true", "books carry a CRC-32 besides their sequence numbers"),
      option_string("replay.file", nullptr, "capture to replay (.ws or .ws.xz)"),
      option_float("replay.speed", "1", "0..1000", "1 = as recorded; 0 = as fast as the client takes it"),
      option_enum("replay.when_done", "stay", "stay|close|stop_engine", "what follows the end of a replay"),
      option_int("limits.messages_per_second", "10", "1..10000", "more from one client close its connection"),
      option_duration("limits.ping_timeout", "2m", "1s..24h", "a v2 client that sends no ping so long is closed"),
      option_int("limits.subscriptions_per_hour", "240", "1..1000000", "subscribe requests of one connection"),
      option_duration("limits.lifetime", "24h", "1s..720h", "a connection so old is closed"),
      option_bool("limits.rest", "true", "REST calls beyond an endpoint's rate are answered with 429"),
      option_list("faults.script", "[]", nullptr,
                  "faults: `<seconds after the first subscription> <fault> [argument [argument]]`"),
      option_float("faults.per_minute", "0", "0..600", "faults of random kinds besides, from the seed"),
  };

  explicit paper_venue(const trapline_host* h) : plugin(h) {}

  void configure(std::string_view json) {
    try {
      settings_ = parse_settings(json);
    } catch (const setting_error& e) {
      throw sdk::error(TRAPLINE_E_CONFIG, e.path, e.text);
    }
  }

  void start() {
    loop_ = std::make_unique<net::loop>();
    for (const auto& symbol : settings_.symbols) {
      instruments_.push_back(host().instrument("bitget", symbol));
      topics_.push_back(host().topic(cat("sim.episode.", symbol)));
    }
    connections_ = host().counter("venue_connections_total");
    messages_ = host().counter("venue_messages_received_total");
    frames_ = host().counter("venue_frames_sent_total");
    requests_ = host().counter("venue_requests_received_total");
    lost_truths_ = host().counter("venue_episodes_lost_total");
    open_sessions_ = host().gauge("venue_sessions");

    const auto keys = prepare_directory();
    virtual_now_ = host().now() / 1'000'000 * 1'000'000;
    venue_hooks hooks;
    hooks.episode = [this](std::size_t symbol, const episode_truth& t) { tell(symbol, t); };
    hooks.log = [this](const std::string& text) { host().info(text); };
    hooks.replay_finished = [this] { host().request_stop("replay finished"); };
    venue_ = std::make_unique<venue>(settings_, keys,
                                     venue_clock{[this] { return host().now(); }, [this] { return host().mono(); }},
                                     std::move(hooks), virtual_now_);
    net::ws_server_options listen;
    listen.address = settings_.address;
    listen.port = settings_.port;
    listen.certificate_file = file("ca.pem");
    listen.key_file = file("server_key.pem");
    server_ = net::listen_websocket(*loop_, listen, *venue_, venue_.get());
    announce();
    last_mono_ = host().mono();
    timer_ = std::make_unique<net::timer>(*loop_);
    timer_->after(tick_ns, [this] { tick(); });
  }

  void poll(std::int64_t max_wait) { loop_->poll(max_wait); }
  void wake() noexcept {
    if (loop_) loop_->wake();
  }

  trapline_status drain() {
    if (!venue_) return TRAPLINE_OK;
    server_->stop_listening();
    venue_->close_all("venue is stopping");
    return venue_->sessions() == 0 ? TRAPLINE_OK : TRAPLINE_E_AGAIN;
  }

  void stop() {
    timer_.reset();
    server_.reset();
    venue_.reset();
    loop_.reset();
  }

 private:
  std::string file(const char* name) const { return settings_.dir + "/" + name; }

  credentials prepare_directory() {
    std::error_code e;
    std::filesystem::create_directories(settings_.dir, e);
    if (e) throw sdk::error(TRAPLINE_E_IO, "dir", cat("cannot create ", settings_.dir, ": ", e.message()));
    net::write_self_signed_certificate(file("ca.pem"), file("server_key.pem"), {"localhost", "127.0.0.1", "::1"});
    const credentials c{"bg_" + random_text(29), random_text(48), random_text(20)};
    write_file(file("api_key"), c.key, 0600);
    write_file(file("api_secret"), c.secret, 0600);
    write_file(file("api_passphrase"), c.passphrase, 0600);
    return c;
  }

  // Last: whoever sees the file can connect.
  void announce() {
    const auto host_port = cat("localhost:", server_->port()), base = cat("wss://", host_port);
    std::string quoted_dir;
    for (const char c : settings_.dir) {
      if (c == '"' || c == '\\') quoted_dir += '\\';
      quoted_dir += c;
    }
    write_file(file("endpoint.json"),
               cat("{\"public\":\"", base, "/v2/ws/public\",\"private\":\"", base, "/v2/ws/private\",\"v1\":\"", base,
                   "/mix/v1/stream\",\"v3_public\":\"", base, "/v3/ws/public\",\"v3_private\":\"", base,
                   "/v3/ws/private\",\"rest\":\"https://", host_port, "\",\"ca_file\":\"", quoted_dir, "/ca.pem\"}\n"),
               0644);
    host().info(cat("listening on ", settings_.address, ":", server_->port(), ", ",
                    settings_.replay ? cat("replaying ", settings_.replay_file)
                                     : cat("simulating at speed ", settings_.speed, " with seed ", settings_.seed)));
  }

  void tick() {
    const auto mono = host().mono();
    const auto wall = std::clamp<std::int64_t>(mono - last_mono_, 0, longest_step);
    last_mono_ = mono;
    virtual_now_ += static_cast<std::int64_t>(static_cast<double>(wall) * settings_.speed);
    venue_->advance(virtual_now_);
    flush();
    const auto& n = venue_->counts();
    connections_.add(n.connections - told_.connections);
    messages_.add(n.messages_in - told_.messages_in);
    frames_.add(n.frames_out - told_.frames_out);
    requests_.add(n.requests - told_.requests);
    told_ = n;
    open_sessions_.set(static_cast<std::int64_t>(venue_->sessions()));
    timer_->after(tick_ns, [this] { tick(); });
  }

  void tell(std::size_t symbol, const episode_truth& t) {
    trapline_episode p{};
    p.episode_id = t.id;
    p.onset_ts = t.onset_ts;
    p.end_ts = t.end_ts;
    p.level = t.level.value_or(0);
    p.pattern = t.pattern;
    p.direction = t.direction;
    p.phase = t.ended ? TRAPLINE_EPISODE_END : TRAPLINE_EPISODE_BEGIN;
    p.price_exp = static_cast<std::int8_t>(t.price_exp);
    p.has_level = t.level ? 1 : 0;
    if (pending_.size() == most_pending) {
      pending_.pop_front();
      lost_truths_.add();
    }
    pending_.emplace_back(make_event(TRAPLINE_EVENT_EPISODE, topics_[symbol], instruments_[symbol],
                                     t.ended ? t.end_ts : t.onset_ts, host().now(), TRAPLINE_FLAG_LAST_IN_BATCH),
                          p);
  }

  // A full bus is tried again at the next tick.
  void flush() {
    while (!pending_.empty() && host().publish(pending_.front().first, pending_.front().second) != TRAPLINE_E_AGAIN)
      pending_.pop_front();
  }

  settings settings_;
  std::unique_ptr<net::loop> loop_;
  std::unique_ptr<venue> venue_;
  std::unique_ptr<net::ws_server> server_;
  std::unique_ptr<net::timer> timer_;
  std::vector<std::uint32_t> instruments_, topics_;
  std::deque<std::pair<trapline_event, trapline_episode>> pending_;
  std::int64_t virtual_now_ = 0, last_mono_ = 0;
  venue_counts told_;
  counter connections_, messages_, frames_, requests_, lost_truths_;
  gauge open_sessions_;
};

}  // namespace
}  // namespace trapline::paper_venue

using trapline_paper_venue = trapline::paper_venue::paper_venue;
TRAPLINE_PLUGIN(trapline_paper_venue, "paper_venue", "0.1.0");
