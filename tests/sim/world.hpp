// One thread, one clock: the venue (exchange, REST, WebSocket, faults), the network between, the feed, the engine's bus
// with a detector on it, and the witnesses that compare what is published with what was.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "account_witness.hpp"
#include "connect_budget.hpp"
#include "feed.hpp"
#include "findings.hpp"
#include "market_witness.hpp"
#include "sim_bus.hpp"
#include "trader.hpp"
#include "trapline/net/memory_network.hpp"
#include "truth.hpp"
#include "venue.hpp"

namespace trapline::sim {

inline constexpr std::int64_t ms = 1'000'000, second = 1000 * ms, minute = 60 * second, hour = 60 * minute;

struct setup {
  std::uint64_t seed = 1;
  std::string api = "v2";
  bool hedge = false;
  std::vector<std::string> symbols = {"BTCUSDT"};
  bool is_private = true;
  bool detector = false;
  bool every_trade = true;                   // see market_witness
  bool budget = true;                        // of connects, as against the real venue
  double market_speed = 1;                   // seconds that the markets run in one; below 1 days cost less
  double trader_pause = 20;                  // s, see trader
  std::int64_t stale_position = 2 * minute;  // see account_witness

  // As the plugins' option tables have them; `api`, addresses and symbols are filled in by the world.
  mm_ws::options feed = default_feed();
  paper_venue::settings venue;

  static mm_ws::options default_feed();
};

class world final : public mm_ws::outlet {
 public:
  explicit world(setup s);
  ~world() override;

  // ---- the run
  void run(std::int64_t duration);
  // Until `done` holds; false: it did not within `limit`.
  bool run_until(const std::function<bool()>& done, std::int64_t limit);
  std::int64_t time() const { return network.now(); }
  // Called whenever the clock has moved, before anything else happens.
  std::function<void()> every_step;
  // What the test does to frames on their way, see memory_network.
  net::memory_network::filter to_client, to_server;

  // ---- the parts
  const setup settings;
  net::memory_network network;
  std::unique_ptr<paper_venue::venue> venue;
  trapline::sim::trader trader;
  trapline::sim::findings findings;
  std::unique_ptr<truth> real;
  std::unique_ptr<market_witness> market;
  std::unique_ptr<account_witness> account;
  event_hash hash;

  mm_ws::feed& feed() { return *feed_; }
  // Killed and started again: nothing is said to the venue, and nothing is remembered but the budget of connects.
  void restart_feed();
  void inflict(const std::string& fault);  // "drop", "delay 500 10", see the README of paper_venue
  void place(std::size_t symbol, paper_venue::side direction, bool market, std::int64_t ticks_inside,
             std::int64_t lots);
  void remember(int severity, std::string text);  // among the logs
  bool live() const;                              // both sides of the feed

  std::int64_t clock_error = 0;  // the feed's clock minus the venue's, ns
  bool bus_full = false;
  std::string key, secret, passphrase;  // what the feed logs in with
  // No piece of a secret may be in it.
  void check_text(const std::string& where, std::string_view text);
  std::size_t lines_with(std::string_view text) const;  // of the logs

  // ---- what was seen
  struct status_change {
    std::int64_t at;
    std::uint8_t endpoint, state;
    std::int32_t code;
    std::string text;
  };
  std::vector<status_change> states;  // changes only
  std::int32_t private_code = 0;      // of the latest status
  struct line {
    std::int64_t at;
    int severity;  // TRAPLINE_LOG_*
    std::string text;
  };
  std::vector<line> logs;  // the feed's and, as "venue: ...", the venue's
  std::vector<std::string> stop_reasons;
  std::uint64_t connects = 0, rest_calls = 0, events = 0, signals = 0, connect_refusals = 0;
  std::vector<std::int64_t> connect_times;
  std::uint64_t metric(const std::string& name_and_labels) const;

 private:
  void start_feed();
  void step(std::int64_t until);
  void tick();
  void on_event(const trapline_event& e);
  std::size_t symbol_of(std::uint32_t instrument) const;
  void watch_venue(const std::string& text);

  // ---- outlet
  trapline_status publish(const trapline_frame* frames, std::uint32_t count) override;
  std::uint32_t topic(std::string_view name) override { return bus_->topic(name); }
  std::uint32_t instrument(std::string_view symbol) override { return bus_->instrument("bitget", symbol); }
  std::int64_t now() override { return utc() + clock_error; }
  std::int64_t mono() override { return network.now(); }
  sdk::counter counter(std::string_view name, std::string_view labels) override;
  sdk::gauge gauge(std::string_view name, std::string_view labels) override;
  void log(int level, std::string_view text) override;
  void health(std::uint32_t state, std::int32_t code, std::string_view text) override;
  void request_stop(std::string_view reason) override;
  void misconfigured(std::string_view reason) override;
  mm_ws::credentials get_credentials() override;
  std::int64_t take_connect_slot(std::int64_t& last) override;
  std::unique_ptr<net::ws_client> connect(const net::ws_client_options& o, net::ws_client_handler& h) override;
  std::unique_ptr<net::http_client> connect_http(const net::http_client_options& o) override;

  std::int64_t utc() const;

  std::unique_ptr<sim_bus> bus_;
  std::map<std::string, std::unique_ptr<std::uint64_t>> counters_;
  std::map<std::string, std::unique_ptr<std::int64_t>> gauges_;
  std::unique_ptr<mm_ws::feed> feed_;
  std::vector<std::uint32_t> instruments_;  // of the bus, by symbol
  mm_ws::connect_budget budget_;
  secret_scan secrets_;
  std::int64_t tick_every_, next_tick_ = 0, market_time_ = 0, last_tick_ = 0;
  std::uint64_t last_seq_ = 0;
  std::uint64_t feeds_ = 0;
};

}  // namespace trapline::sim
