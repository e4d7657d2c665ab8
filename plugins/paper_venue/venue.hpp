// The venue towards its clients: connections, logins, subscriptions, pushes, limits, faults.
//
// One thread. Wall time (logins, limits, faults, replay) and the markets' virtual time are both given from outside.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/rest.hpp"
#include "channels.hpp"
#include "link_faults.hpp"
#include "login.hpp"
#include "protocol.hpp"
#include "replay.hpp"
#include "settings.hpp"
#include "simulation.hpp"
#include "trapline/net/websocket.hpp"

namespace trapline::paper_venue {

struct venue_clock {
  std::function<std::int64_t()> utc;   // ns, the wall's: clients sign their logins by it
  std::function<std::int64_t()> mono;  // ns
};

// What the venue tells its owner. Any member may be empty.
struct venue_hooks {
  std::function<void(std::size_t symbol, const episode_truth&)> episode;
  std::function<void(const std::string&)> log;  // worth a line: faults, refusals
  std::function<void()> replay_finished;        // of all clients, and their connections are closed (stop_engine)
};

struct venue_counts {
  std::uint64_t connections = 0, messages_in = 0, frames_out = 0, slow_clients = 0, faults = 0, requests = 0;
};

class venue final : public net::ws_server_handler, public net::http_handler, private simulation_sink {
 public:
  static constexpr std::size_t most_buffered = 8u << 20;  // bytes; a client that lets more pile up is cut off
  static constexpr std::size_t most_channels = 1000;      // of one connection
  static constexpr std::size_t most_unanswered = 64;      // HTTP calls that a fault leaves without an answer
  static constexpr std::size_t longest_subscribe = 4096;  // bytes of one message

  // `start_ts`: where the markets' time begins. Throws std::runtime_error for a capture that cannot be read.
  venue(const settings& s, credentials c, venue_clock clock, venue_hooks hooks, std::int64_t start_ts);
  ~venue() override;

  // Runs the markets up to `now` and whatever is due by the wall clock.
  void advance(std::int64_t now);
  // Says good-bye to all clients; sessions() falls to 0 as they answer.
  void close_all(std::string_view reason);
  // As if the script said so now.
  void inflict(const fault& f);

  std::size_t sessions() const { return sessions_.size(); }
  std::int64_t market_time() const { return simulation_ ? simulation_->now() : 0; }
  simulation* the_simulation() { return simulation_.get(); }  // nullptr in a replay
  const venue_counts& counts() const { return counts_; }

  void on_open(net::ws_session& link) override;
  void on_text(net::ws_session& link, std::string_view text) override;
  void on_close(net::ws_session& link, const net::close_info& info) override;
  void on_request(const net::http_request& request, std::unique_ptr<net::http_exchange> exchange) override;

 private:
  struct subscription {
    topic what;
    topic_arg arg;
    bool muted = false;
  };
  struct session {
    net::ws_session* link;
    bool v1;
    bool public_only;
    bool logged_in = false;
    bool closing = false;
    std::int64_t opened, last_ping;         // mono
    std::deque<std::int64_t> arrivals;      // of the last second
    std::deque<std::int64_t> subscribings;  // of the last hour
    std::vector<subscription> subscriptions;
    link_state way;
    std::unique_ptr<replay> player;
    bool played = false;
  };

  // --- what clients say
  session* find(net::ws_session& link);
  bool within(std::deque<std::int64_t>& times, std::int64_t window, std::int64_t most) const;
  void login(session& s, const login_request& r);
  void subscribe(session& s, const std::vector<topic_arg>& args);
  void unsubscribe(session& s, const std::vector<topic_arg>& args);
  void trade_request(session& s, std::string_view text);
  std::optional<topic> resolve_topic(const topic_arg& arg) const;
  void send_initial(session& s, const subscription& sub);

  // --- what the venue says
  void send(session& s, std::string text, frame_kind kind);
  void put(session& s, const std::string& text);
  void push(session& s, const subscription& sub, wire::action a, std::string_view data);
  void end(session& s, std::uint16_t code, std::string_view reason);
  template <class Each>
  void for_each_subscription(channel what, std::optional<std::size_t> symbol, Each each);
  template <class Make>
  void push_to_all(channel what, std::optional<std::size_t> symbol, wire::action a, Make make);
  std::string candles(const subscription& sub, std::size_t count) const;
  void push_positions();
  void push_periodically(std::int64_t mono);

  void on_episode(std::size_t symbol, const episode_truth& truth) override;
  void on_trades(std::size_t symbol, const std::vector<trade>& trades) override;
  void on_book(std::size_t symbol) override;
  void on_ticker(std::size_t symbol) override;
  void on_candle(std::size_t symbol, bool closed) override;
  void on_order(const order& o) override;
  void on_execution(const execution& e) override;
  void on_plan(const plan_order& p) override;
  void on_position_closed(const position& p) override;
  void on_funding(std::size_t symbol) override;

  // --- HTTP
  net::http_response answer_http(const net::http_request& request);
  net::http_response fault_request(const net::http_request& request);

  // --- by the wall clock
  std::int64_t utc_ms() const { return (clock_.utc() + clock_jump_) / 1'000'000; }
  void check_ages(std::int64_t mono);
  void send_delayed(std::int64_t mono);
  void run_faults(std::int64_t mono);
  void play(std::int64_t mono);
  void log(const std::string& text) const;

  settings settings_;
  credentials credentials_;
  venue_clock clock_;
  venue_hooks hooks_;
  std::unique_ptr<simulation> simulation_;  // synthetic markets, or
  std::unique_ptr<api::rest> rest_;         // (with them)
  std::set<std::string> replay_topics_;     // a capture
  std::vector<std::unique_ptr<session>> sessions_;
  venue_counts counts_;
  std::int64_t next_periodic_ = 0;  // mono

  std::optional<std::int64_t> first_subscription_;  // mono
  std::size_t next_fault_ = 0;
  prng fault_random_;
  std::optional<std::int64_t> next_random_fault_;  // mono
  link_faults faults_;
  bool falsify_next_ = false, skip_next_book_ = false;
  std::int64_t logins_to_refuse_ = 0;
  std::int64_t storm_until_ = 0;  // mono
  std::int64_t clock_jump_ = 0;   // ns
  struct {
    int status = 0;
    std::int64_t left = 0;
  } rest_errors_;
  std::int64_t rest_timeouts_ = 0;
  struct late_answer {
    std::int64_t due;  // mono
    net::http_response response;
    std::unique_ptr<net::http_exchange> exchange;
  };
  std::deque<late_answer> late_answers_;
  std::deque<std::unique_ptr<net::http_exchange>> unanswered_;
  std::optional<std::int64_t> cut_at_;  // mono
  bool finishing_ = false, finish_told_ = false;
};

}  // namespace trapline::paper_venue
