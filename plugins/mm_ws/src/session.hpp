// One socket to the venue, from the first attempt to the last: connect, log in, subscribe, keep alive, come back.
//
// Has no clock, thread or socket of its own: the owner calls advance() when deadline() has come and hands control
// frames over. Everything happens on the owner's thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backoff.hpp"
#include "endpoint.hpp"
#include "frame.hpp"
#include "options.hpp"
#include "outlet.hpp"
#include "trapline/abi/market.h"

namespace trapline::mm_ws {

class session;

class session_owner {
 public:
  virtual ~session_owner() = default;
  // A text frame other than `pong`. Control frames are to be handed to on_control().
  virtual void on_frame(session& s, std::string_view text) = 0;
  virtual void on_state(session& s, std::uint8_t previous) = 0;
  // Everything on the wire, pings and pongs included, for those who record it. `text` of `opened`: the address.
  enum class traffic : std::uint8_t { opened, sent, received };
  virtual void on_traffic(session& s, traffic what, std::string_view text) = 0;
  // The venue acknowledged subscription `i`, for the first time or again.
  virtual void on_acked(session& s, std::size_t i) = 0;
  // A connection that had been open is gone.
  virtual void on_lost(session& s) = 0;
  // A login is about to be sent. False: not yet; log_in_now() or refuse_login() follows, or else it goes out after
  // `session::longest_gate`.
  virtual bool on_login_wanted(session& s) = 0;
  // UTC ns for the login's timestamp.
  virtual std::int64_t login_time() = 0;
  // The venue is about to end this connection. True: another one takes its place; nothing is to be done.
  virtual bool on_notice(session& s) = 0;
  // Before each attempt. 0: go ahead; otherwise when to ask again, on the monotonic clock.
  virtual std::int64_t may_connect() = 0;
  // Subscription `i` was refused, or not answered twice. It is not asked for again on this connection.
  virtual void on_unavailable(session& s, std::size_t i, const std::string& why) = 0;
};

class session final : net::ws_client_handler {
 public:
  // `first`: the owner's number of the first subscription.
  session(const options& o, bool is_private, std::vector<subscription> wanted, std::size_t first, outlet& out,
          session_owner& owner, std::uint64_t seed);
  ~session() override;

  // `wait` ns before the first attempt.
  void start(std::int64_t wait = 0);
  void stop();  // cuts; STOPPED
  // Ends the connection and comes back as after a loss.
  void reconnect(std::string why) { cut_soon(TRAPLINE_FEED_CODE_CONNECTION_LOST, std::move(why)); }
  // One attempt only, and no word to anybody if it fails: another connection does its work still.
  void be_spare(bool spare) noexcept { spare_ = spare; }
  // This connection replaced one that the venue was about to end: the next such notice is not obeyed at once.
  void replaces_after_notice() noexcept { used_at_once_ = true; }

  // Next time at which advance() has something to do, on the monotonic clock; `never` if nothing is due.
  std::int64_t deadline() const;
  void advance();
  static constexpr std::int64_t never = INT64_MAX;

  void on_control(const frame_head& head);
  // Unsubscribes and subscribes anew, so that the venue sends a fresh snapshot.
  void resubscribe(std::size_t i);
  // Unsubscribes `i` and subscribes `other` in its place; after a reconnect it is `i` again.
  void replace(std::size_t i, const subscription& other);
  // Whether the data of subscription `i` is whole and fresh. LIVE needs all.
  void set_ready(std::size_t i, bool ready);
  // Not empty: why what this connection brings cannot be relied upon yet. LIVE needs it empty.
  void hold(const std::string& why);

  static constexpr std::int64_t longest_gate = 5'000'000'000;
  void log_in_now();
  // `why` is nothing that the venue could cure: FAILED, and tried again after a long time only.
  void refuse_login(std::string why);
  bool waits_for_login() const noexcept { return login_gate_ != never; }

  bool is_private() const noexcept { return private_; }
  const std::string& url() const noexcept { return url_; }
  std::size_t first() const noexcept { return first_; }
  // When the socket came up, on the monotonic clock; `never` if it is not up.
  std::int64_t open_since() const noexcept { return open_ ? open_since_ : never; }
  const std::vector<subscription>& wanted() const noexcept { return wanted_; }
  // Whether another subscription stands in the place of `i`.
  bool replaced(std::size_t i) const noexcept { return current_[i].wire != wanted_[i].wire; }
  bool acked(std::size_t i) const noexcept { return args_[i].state == arg_state::acked; }
  std::uint8_t state() const noexcept { return state_; }
  std::int32_t code() const noexcept { return code_; }  // why, see trapline_feed_status
  const std::string& text() const noexcept { return text_; }
  unsigned attempts() const noexcept { return attempts_; }  // since the last LIVE
  std::size_t acked_count() const noexcept;
  // When the latest frame came, the one that on_frame() has in hand: looking at a clock costs as much as to decode a
  // number.
  std::int64_t last_inbound_utc() const noexcept { return last_inbound_utc_; }
  // Between the frame that is being handled and the one before it, pongs aside; ns.
  std::int64_t pause_before() const noexcept { return pause_before_; }
  std::int64_t last_inbound() const noexcept { return last_inbound_; }  // on the monotonic clock
  std::uint64_t reconnects() const noexcept { return connects_ > 0 ? connects_ - 1 : 0; }

 private:
  enum class arg_state : std::uint8_t { idle, queued, sent, acked, unavailable };
  struct arg {
    std::string json;
    arg_state state = arg_state::idle;
    bool retried = false;
    bool ready = true;
    std::int64_t sent_at = 0;
  };
  struct request {
    bool subscribe;
    std::size_t arg;
    std::string json{};  // of an unsubscription that is not the arg's own any more
  };

  void on_open() override;
  void on_text(std::string_view text) override;
  void on_close(const net::close_info& info) override;

  void attempt();
  void log_in();
  void begin_subscribing();
  void pump(std::int64_t now);
  void send_requests(std::int64_t now);
  void send(std::string_view text, std::int64_t now);
  void check_acks(std::int64_t now);
  void auth_failed(std::int64_t venue_code, std::string_view message);
  void venue_error(const frame_head& head);
  // Ends the connection from inside one of its callbacks: advance() does it.
  void cut_soon(std::int32_t code, std::string text);
  void end_connection(std::int32_t code, std::string text);
  void schedule(std::int32_t code, std::string text);
  void evaluate();
  void set_state(std::uint8_t state, std::int32_t code, std::string text);
  std::size_t find(const frame_head& head) const;

  const options& options_;
  const dialect& dialect_;
  const bool private_;
  outlet& out_;
  session_owner& owner_;
  const std::vector<subscription> wanted_;
  std::vector<subscription> current_;  // wanted_, but for what was replaced on this connection
  const std::size_t first_;
  std::vector<arg> args_;
  std::deque<request> requests_;
  backoff backoff_;
  std::unique_ptr<net::ws_client> client_;
  std::string url_;  // of the present connection

  std::uint8_t state_;
  std::int32_t code_ = 0;
  std::string text_;
  bool open_ = false;  // the socket is up
  bool cut_ = false;   // to be ended by advance()
  std::int32_t cut_code_ = 0;
  std::string cut_text_;
  bool reconnect_at_once_ = false, used_at_once_ = false;
  bool login_refused_here_ = false;  // not by the venue
  std::string hold_;
  bool was_live_ = false;  // on this connection
  unsigned attempts_ = 0, retries_ = 0, auth_failures_ = 0;
  std::uint64_t connects_ = 0;
  bool was_ever_open_ = false, spare_ = false;
  std::int64_t next_attempt_ = never, connect_deadline_ = never, login_deadline_ = never, ack_deadline_ = never;
  std::int64_t login_gate_ = never;  // the login goes out then, come what may
  std::int64_t steady_since_ = never, last_inbound_ = 0, last_inbound_utc_ = 0;
  std::int64_t last_frame_ = 0, pause_before_ = 0;
  std::int64_t ping_at_ = never, may_send_at_ = 0, open_since_ = 0;
  std::int64_t budget_since_ = 0;
  unsigned budget_used_ = 0;
};

}  // namespace trapline::mm_ws
