#include "session.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "log_limiter.hpp"
#include "trapline/abi/market.h"

namespace trapline::mm_ws {
namespace {

constexpr std::int64_t ms = 1'000'000, s = 1000 * ms;

// The venue disconnects above 10 messages a second, pings included, and blocks the address if that is repeated.
constexpr std::int64_t send_spacing = s / 8;
constexpr std::size_t max_frame = 4096, max_args = 50;
// 240 subscription requests an hour and connection, by the venue; some are kept back.
constexpr unsigned request_budget = 200;
constexpr std::int64_t budget_period = 3600 * s;
// Over net's own limit for the whole of connecting.
constexpr std::int64_t connect_limit = 15 * s;

bool is_auth_error(std::int64_t code) { return code == 30005 || (code >= 30011 && code <= 30015); }

}  // namespace

session::session(const options& o, bool is_private, std::vector<subscription> wanted, std::size_t first, outlet& out,
                 session_owner& owner, std::uint64_t seed)
    : options_(o),
      dialect_(o.dialect()),
      private_(is_private),
      out_(out),
      owner_(owner),
      wanted_(std::move(wanted)),
      first_(first),
      backoff_(seed),
      state_(TRAPLINE_FEED_STOPPED) {
  for (const auto& w : wanted_) args_.push_back({arg_json(dialect_, w)});
  current_ = wanted_;
}

session::~session() = default;

void session::start(std::int64_t wait) { next_attempt_ = out_.mono() + wait; }

void session::stop() {
  client_.reset();
  open_ = cut_ = false;
  next_attempt_ = never;
  set_state(TRAPLINE_FEED_STOPPED, 0, "stopped");
}

std::int64_t session::deadline() const {
  if (cut_) return 0;
  if (!client_) return next_attempt_;
  if (!open_) return connect_deadline_;
  auto d = std::min({std::max(ping_at_, may_send_at_), last_inbound_ + options_.dead_after, login_deadline_,
                     login_gate_, ack_deadline_});
  if (!requests_.empty())
    d = std::min(d,
                 budget_used_ < request_budget ? may_send_at_ : std::max(may_send_at_, budget_since_ + budget_period));
  return d;
}

void session::advance() {
  const auto now = out_.mono();
  if (cut_) return end_connection(cut_code_, std::move(cut_text_));
  if (!client_) {
    if (next_attempt_ <= now) attempt();
    return;
  }
  if (!open_) {
    if (connect_deadline_ <= now)
      end_connection(TRAPLINE_FEED_CODE_CONNECTION_LOST, "no connection within " + seconds(connect_limit));
    return;
  }
  if (last_inbound_ + options_.dead_after <= now)
    return end_connection(TRAPLINE_FEED_CODE_CONNECTION_LOST,
                          "no frame for " + seconds(now - last_inbound_) + ", pong included: the connection is dead");
  if (login_gate_ <= now) log_in_now();
  if (login_deadline_ <= now)
    return end_connection(TRAPLINE_FEED_CODE_CONNECTION_LOST, "the login was not answered within " +
                                                                  seconds(options_.ack_timeout) +
                                                                  ": check the API secret and this machine's clock");
  if (ack_deadline_ <= now) check_acks(now);
  pump(now);
}

// ---------------------------------------------------------------- connecting

void session::attempt() {
  if (const auto later = owner_.may_connect(); later != 0) {
    next_attempt_ = later;
    return;
  }
  ++attempts_;
  ++connects_;
  next_attempt_ = never;
  set_state(TRAPLINE_FEED_CONNECTING, code_, "connecting, attempt " + std::to_string(attempts_));
  auto where = find_endpoint(options_, private_);
  if (!where.error.empty()) return schedule(TRAPLINE_FEED_CODE_CONNECTION_LOST, std::move(where.error));
  connect_deadline_ = out_.mono() + connect_limit;
  net::ws_client_options o;
  o.url = url_ = where.url;
  o.ca_file = where.ca_file;
  try {
    client_ = out_.connect(o, *this);
  } catch (const std::exception& e) {
    schedule(TRAPLINE_FEED_CODE_CONNECTION_LOST, e.what());
  }
}

void session::on_open() {
  const auto now = out_.mono();
  open_ = was_ever_open_ = true;
  open_since_ = now;
  owner_.on_traffic(*this, session_owner::traffic::opened, url_);
  was_live_ = false;
  last_inbound_ = last_frame_ = now;
  ping_at_ = now + options_.ping_interval;
  may_send_at_ = now;
  budget_since_ = now;
  budget_used_ = 0;
  requests_.clear();
  current_ = wanted_;
  for (std::size_t i = 0; i < args_.size(); ++i) {
    args_[i].state = arg_state::idle;
    args_[i].json = arg_json(dialect_, wanted_[i]);
  }
  if (private_) log_in();
  else begin_subscribing();
}

void session::log_in() {
  set_state(TRAPLINE_FEED_AUTHENTICATING, 0, "logging in");
  login_gate_ = out_.mono() + longest_gate;
  if (owner_.on_login_wanted(*this)) log_in_now();
}

void session::refuse_login(std::string why) {
  if (login_gate_ == never) return;
  login_gate_ = never;
  login_refused_here_ = true;
  cut_soon(TRAPLINE_FEED_CODE_AUTH_FAILED, std::move(why));
}

void session::log_in_now() {
  if (login_gate_ == never) return;
  login_gate_ = never;
  const auto now = out_.mono();
  try {
    const auto c = out_.get_credentials();
    if (!c.complete())
      return cut_soon(TRAPLINE_FEED_CODE_AUTH_FAILED,
                      "the API credentials are empty: check credentials.key, .secret and .passphrase");
    std::string frame = login_json(c, owner_.login_time() / s);
    send(frame, now);
    wipe(frame);
  } catch (const std::exception& e) {
    return cut_soon(TRAPLINE_FEED_CODE_AUTH_FAILED, std::string("the API credentials could not be read: ") + e.what());
  }
  login_deadline_ = now + options_.ack_timeout;
}

void session::begin_subscribing() {
  login_deadline_ = never;
  set_state(TRAPLINE_FEED_SUBSCRIBING, 0, "subscribing " + std::to_string(args_.size()) + " channels");
  for (std::size_t i = 0; i < args_.size(); ++i) {
    auto& a = args_[i];
    a.state = arg_state::queued;
    a.retried = false;
    a.ready = wanted_[i].kind != channel_kind::book;
    requests_.push_back({true, i});
  }
  pump(out_.mono());
}

// ---------------------------------------------------------------- sending

void session::send(std::string_view text, std::int64_t now) {
  owner_.on_traffic(*this, session_owner::traffic::sent, text);
  client_->send(text);
  may_send_at_ = now + send_spacing;
}

void session::pump(std::int64_t now) {
  if (!open_ || cut_) return;
  if (now >= budget_since_ + budget_period) {
    budget_since_ = now;
    budget_used_ = 0;
  }
  if (now < may_send_at_) return;
  if (now >= ping_at_) {
    ping_at_ = now + options_.ping_interval;
    send("ping", now);
    return;
  }
  if (!requests_.empty() && budget_used_ < request_budget) send_requests(now);
}

void session::send_requests(std::int64_t now) {
  const bool subscribe = requests_.front().subscribe;
  std::vector<std::string> batch;
  std::size_t size = 32;  // of the frame around the args
  while (!requests_.empty() && requests_.front().subscribe == subscribe && batch.size() < max_args) {
    auto& a = args_[requests_.front().arg];
    const auto json = requests_.front().json.empty() ? a.json : requests_.front().json;
    if (!batch.empty() && size + json.size() + 1 > max_frame) break;
    requests_.pop_front();
    if (subscribe && a.state != arg_state::queued) continue;  // a late answer came in between
    size += json.size() + 1;
    batch.push_back(json);
    if (!subscribe) continue;
    a.state = arg_state::sent;
    a.sent_at = now;
    ack_deadline_ = std::min(ack_deadline_, now + options_.ack_timeout);
  }
  if (batch.empty()) return;
  ++budget_used_;
  send(request_json(subscribe ? "subscribe" : "unsubscribe", batch), now);
}

void session::resubscribe(std::size_t i) {
  if (!open_ || args_[i].state == arg_state::queued || args_[i].state == arg_state::sent) return;
  args_[i].state = arg_state::queued;
  args_[i].retried = false;
  requests_.push_back({false, i});
  requests_.push_back({true, i});
  pump(out_.mono());
}

void session::replace(std::size_t i, const subscription& other) {
  if (!open_) return;
  auto& a = args_[i];
  requests_.push_back({false, i, a.json});
  current_[i] = other;
  a.json = arg_json(dialect_, other);
  a.state = arg_state::queued;
  a.retried = false;
  requests_.push_back({true, i});
  pump(out_.mono());
}

// An unanswered subscription is asked for once more, then reported.
void session::check_acks(std::int64_t now) {
  ack_deadline_ = never;
  for (std::size_t i = 0; i < args_.size(); ++i) {
    auto& a = args_[i];
    if (a.state != arg_state::sent) continue;
    if (a.sent_at + options_.ack_timeout > now) {
      ack_deadline_ = std::min(ack_deadline_, a.sent_at + options_.ack_timeout);
    } else if (!a.retried) {
      a.retried = true;
      a.state = arg_state::queued;
      requests_.push_back({true, i});
    } else {
      a.state = arg_state::unavailable;
      owner_.on_unavailable(
          *this, i, "the venue did not answer two subscriptions within " + seconds(options_.ack_timeout) + " each");
      evaluate();
    }
  }
}

// ---------------------------------------------------------------- receiving

void session::on_text(std::string_view text) {
  if (cut_) return;
  last_inbound_ = out_.mono();
  last_inbound_utc_ = out_.now();
  owner_.on_traffic(*this, session_owner::traffic::received, text);
  if (text == "pong") return;
  pause_before_ = last_inbound_ - std::exchange(last_frame_, last_inbound_);
  owner_.on_frame(*this, text);
}

std::size_t session::find(const frame_head& head) const {
  std::size_t i = 0;
  const auto is = [&](const subscription& w) {
    return w.wire == head.channel && w.instrument == head.instrument && w.interval == head.interval;
  };
  while (i < current_.size() && !is(current_[i])) ++i;
  return i;
}

void session::on_control(const frame_head& head) {
  switch (head.kind) {
    case frame_kind::login:
      if (state_ != TRAPLINE_FEED_AUTHENTICATING) return;
      if (head.code != 0) return auth_failed(head.code, head.message);
      auth_failures_ = 0;
      return begin_subscribing();
    case frame_kind::subscribed: {
      const auto i = find(head);
      if (i == wanted_.size() || (args_[i].state != arg_state::sent && args_[i].state != arg_state::queued)) return;
      args_[i].state = arg_state::acked;
      owner_.on_acked(*this, i);
      return evaluate();
    }
    case frame_kind::error:
      return venue_error(head);
    default:
      return;
  }
}

void session::venue_error(const frame_head& head) {
  const std::string what = "the venue says " + std::to_string(head.code) + " " + quoted(head.message);
  if (is_auth_error(head.code) && private_) return auth_failed(head.code, head.message);
  if (head.code == 30033) {
    if (!used_at_once_ && owner_.on_notice(*this)) return;
    reconnect_at_once_ = true;
    return cut_soon(30033, what + ": connecting anew");
  }
  if (head.code == 30004)
    return cut_soon(TRAPLINE_FEED_CODE_CONNECTION_LOST, what + " although the login was acknowledged");
  if (head.code == 30006) may_send_at_ = std::max(may_send_at_, out_.mono() + s);  // too many requests
  const auto i = find(head);
  // Of a fresh subscription only the first half can fail: the venue had forgotten what was to be unsubscribed.
  if (i < wanted_.size() && args_[i].state == arg_state::sent && head.op != "unsubscribe") {
    args_[i].state = arg_state::unavailable;
    owner_.on_unavailable(*this, i, what);
    return evaluate();
  }
  code_ = static_cast<std::int32_t>(std::clamp<std::int64_t>(head.code, INT32_MIN, INT32_MAX));
  text_ = what;
  out_.log(TRAPLINE_LOG_WARN, (private_ ? "private: " : "public: ") + what);
}

// A rejected login is tried once more with a fresh timestamp. What fails then needs a person: a loop would only get
// the key or the address blocked.
void session::auth_failed(std::int64_t venue_code, std::string_view message) {
  if (cut_) return;
  ++auth_failures_;
  std::string text = "the venue rejected the login: " + std::to_string(venue_code) + " " + quoted(message);
  if (venue_code == 30011) text += ": check credentials.key";
  if (venue_code == 30012) text += ": check credentials.passphrase";
  if (venue_code == 30015) text += ": check credentials.secret";
  if (venue_code == 30013 || venue_code == 30014) text += ": check this machine's clock";
  cut_soon(TRAPLINE_FEED_CODE_AUTH_FAILED, std::move(text));
}

void session::on_close(const net::close_info& info) {
  if (cut_) return end_connection(cut_code_, std::move(cut_text_));
  if (state_ == TRAPLINE_FEED_AUTHENTICATING)
    return end_connection(TRAPLINE_FEED_CODE_CONNECTION_LOST, "closed during the login: " + info.text);
  // Before the first connection a refused certificate means a wrong name or a wrong CA file, which waiting does not
  // cure; later it may be a venue in the middle of a change of certificates.
  if (info.why == net::close_info::cause::certificate && !was_ever_open_ && !spare_) {
    client_.reset();
    next_attempt_ = connect_deadline_ = never;
    set_state(TRAPLINE_FEED_FAILED, TRAPLINE_FEED_CODE_CONNECTION_LOST, info.text);
    return out_.misconfigured(info.text);
  }
  end_connection(TRAPLINE_FEED_CODE_CONNECTION_LOST, info.text);
}

// ---------------------------------------------------------------- state

std::size_t session::acked_count() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(args_.begin(), args_.end(), [](const arg& a) { return a.state == arg_state::acked; }));
}

void session::set_ready(std::size_t i, bool ready) {
  if (args_[i].ready == ready) return;
  args_[i].ready = ready;
  evaluate();
}

void session::hold(const std::string& why) {
  if (hold_ == why) return;
  hold_ = why;
  evaluate();
}

void session::evaluate() {
  if (!open_ || cut_ || login_deadline_ != never || login_gate_ != never) return;
  // A subscription that the venue refuses will be refused again: the rest of the connection is as good as it gets.
  const bool steady = std::all_of(args_.begin(), args_.end(), [](const arg& a) {
    return a.state == arg_state::unavailable || (a.state == arg_state::acked && a.ready);
  });
  if (steady && steady_since_ == never) steady_since_ = out_.mono();
  const bool whole = hold_.empty() && std::all_of(args_.begin(), args_.end(),
                                                  [](const arg& a) { return a.state == arg_state::acked && a.ready; });
  if (whole) {
    was_live_ = true;
    attempts_ = 0;
    if (state_ != TRAPLINE_FEED_LIVE)
      set_state(TRAPLINE_FEED_LIVE, 0, "all " + std::to_string(args_.size()) + " channels are live");
  } else if (was_live_ && state_ == TRAPLINE_FEED_LIVE) {
    std::size_t i = 0;
    while (i < args_.size() && args_[i].state == arg_state::acked && args_[i].ready) ++i;
    set_state(TRAPLINE_FEED_STALE, 0,
              i == args_.size() ? hold_ : "waiting for " + wanted_[i].channel + " of " + wanted_[i].instrument);
  }
}

void session::set_state(std::uint8_t state, std::int32_t code, std::string text) {
  const auto previous = state_;
  state_ = state;
  code_ = code;
  text_ = std::move(text);
  owner_.on_state(*this, previous);
}

}  // namespace trapline::mm_ws
