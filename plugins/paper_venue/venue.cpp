#include "venue.hpp"

#include <algorithm>
#include <utility>

#include "api/ws_trade.hpp"

namespace trapline::paper_venue {
namespace {

constexpr std::uint16_t policy_violation = 1008, going_away = 1001;
constexpr std::int64_t hour = 3600 * second;

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20) out += c;
  return out;
}

}  // namespace

venue::venue(const settings& s, credentials c, venue_clock clock, venue_hooks hooks, std::int64_t start_ts)
    : settings_(s),
      credentials_(std::move(c)),
      clock_(std::move(clock)),
      hooks_(std::move(hooks)),
      fault_random_(s.seed ^ 0x6661756C74u),
      faults_(s.seed ^ 0x6C696E6Bu) {
  if (settings_.replay) replay_topics_ = capture_topics(settings_.replay_file);
  else simulation_ = std::make_unique<simulation>(settings_, start_ts, static_cast<simulation_sink&>(*this));
  if (simulation_) rest_ = std::make_unique<api::rest>(settings_, credentials_, *simulation_);
}

venue::~venue() = default;

void venue::log(const std::string& text) const {
  if (hooks_.log) hooks_.log(text);
}

void venue::advance(std::int64_t now) {
  const auto mono = clock_.mono();
  run_faults(mono);
  send_delayed(mono);
  if (simulation_) {
    rest_->advance(mono);
    simulation_->advance(now);
  } else {
    play(mono);
  }
  push_periodically(mono);
  check_ages(mono);
}

void venue::close_all(std::string_view reason) {
  late_answers_.clear();
  unanswered_.clear();
  for (auto& s : sessions_) end(*s, going_away, reason);
}

venue::session* venue::find(net::ws_session& link) {
  const auto it = std::find_if(sessions_.begin(), sessions_.end(), [&](auto& s) { return s->link == &link; });
  return it == sessions_.end() ? nullptr : it->get();
}

void venue::on_open(net::ws_session& link) {
  ++counts_.connections;
  auto s = std::make_unique<session>();
  s->link = &link;
  s->v1 = link.path().find("/v1/stream") != std::string_view::npos;
  s->public_only = ends_with(link.path(), "/ws/public");
  s->opened = s->last_ping = clock_.mono();
  if (settings_.replay)
    s->player = std::make_unique<replay>(settings_.replay_file, settings_.replay_speed, replay_topics_);
  sessions_.push_back(std::move(s));
  if (clock_.mono() < storm_until_) end(*sessions_.back(), going_away, "service unavailable");
}

void venue::on_close(net::ws_session& link, const net::close_info&) {
  std::erase_if(sessions_, [&](auto& s) { return s->link == &link; });
}

bool venue::within(std::deque<std::int64_t>& times, std::int64_t window, std::int64_t most) const {
  const auto now = clock_.mono();
  while (!times.empty() && now - times.front() >= window) times.pop_front();
  if (static_cast<std::int64_t>(times.size()) >= most) return false;
  times.push_back(now);
  return true;
}

void venue::on_text(net::ws_session& link, std::string_view text) {
  session* s = find(link);
  if (!s || s->closing || faults_.swallows(clock_.mono())) return;
  ++counts_.messages_in;
  if (!within(s->arrivals, second, settings_.messages_per_second)) {
    log("a client sent more than " + std::to_string(settings_.messages_per_second) + " messages in a second: cut off");
    send(*s, wire::error(30007, "request over limit, connection close"), frame_kind::other);
    return end(*s, policy_violation, "too many messages");
  }
  const request r = parse_request(text, s->v1);
  const auto refuse = [&](int code, const std::string& why, std::string_view op = {}) {
    send(*s, wire::error(code, why, {}, op), frame_kind::other);
  };
  switch (r.what) {
    case request::kind::ping:
      s->last_ping = clock_.mono();
      return send(*s, "pong", frame_kind::other);
    case request::kind::login:
      return login(*s, r.login);
    case request::kind::subscribe:
    case request::kind::unsubscribe:
      if (text.size() > longest_subscribe) return refuse(30016, "Param error: more than 4096 bytes", r.op);
      if (r.what == request::kind::unsubscribe) return unsubscribe(*s, r.topics);
      if (!within(s->subscribings, hour, settings_.subscriptions_per_hour))
        return refuse(30006, "too many subscription requests in an hour", r.op);
      return subscribe(*s, r.topics);
    case request::kind::trade:
      return trade_request(*s, text);
    case request::kind::not_json:
      return refuse(30002, "Illegal request");
    case request::kind::unknown_op:
      return refuse(30003, "INVALID op:" + escaped(r.op));
    case request::kind::bad_args:
      return refuse(30016, "Param error", r.op);
  }
}

void venue::login(session& s, const login_request& r) {
  if (s.public_only) return send(s, wire::error(30003, "INVALID op:login"), frame_kind::other);
  int code = check_login(r, credentials_, utc_ms());
  if (logins_to_refuse_ > 0) {
    --logins_to_refuse_;
    code = 30005;
  }
  if (code == 0) {
    s.logged_in = true;
    return send(s, wire::login_ack(), frame_kind::answer);
  }
  log("a login was refused with " + std::to_string(code));
  send(s, wire::error(code, login_error_text(code)), frame_kind::other);
  end(s, policy_violation, "login failed");
}

void venue::trade_request(session& s, std::string_view text) {
  if (!s.logged_in || !simulation_)
    return send(s, wire::error(30004, "User not logged in / User must be connected", {}, "trade"), frame_kind::other);
  // The orders' pushes follow the answer or precede it, as on Bitget.
  send(s, api::answer_trade(simulation_->the_exchange(), simulation_->now(), utc_ms(), text), frame_kind::answer);
}

std::optional<topic> venue::resolve_topic(const topic_arg& arg) const {
  if (simulation_) return resolve(settings_.symbols, arg);
  if (replay_topics_.count(topic_key(arg)) == 0) return std::nullopt;
  topic t;
  t.what = names_private_channel(arg.channel) ? channel::orders : channel::trade;
  return t;
}

void venue::subscribe(session& s, const std::vector<topic_arg>& args) {
  std::vector<subscription> accepted;
  for (const auto& arg : args) {
    const auto what = resolve_topic(arg);
    const auto refuse = [&](int code, const std::string& why) {
      send(s, wire::error(code, why, arg.echo, "subscribe"), frame_kind::other);
    };
    if (!what) {
      refuse(30001, "instType:" + escaped(arg.inst_type) + ",channel:" + escaped(arg.channel) +
                        ",instId:" + escaped(arg.inst_id) + " doesn't exist");
    } else if (is_private(what->what) && !s.logged_in) {
      refuse(30004, "User not logged in / User must be connected");
    } else if (s.subscriptions.size() + accepted.size() >= most_channels) {
      refuse(30006, "too many channels on one connection");
    } else {
      send(s, wire::ack("subscribe", arg.echo), frame_kind::answer);
      accepted.push_back({*what, arg});
    }
  }
  const auto mono = clock_.mono();
  if (!accepted.empty() && !first_subscription_) first_subscription_ = mono;
  // All acks of a message come first, then the snapshots.
  for (auto& sub : accepted) {
    std::erase_if(s.subscriptions, [&](auto& old) { return topic_key(old.arg) == topic_key(sub.arg); });
    if (s.player) s.player->on_subscribed(sub.arg, mono);
    if (simulation_) send_initial(s, sub);
    s.subscriptions.push_back(std::move(sub));
  }
}

void venue::unsubscribe(session& s, const std::vector<topic_arg>& args) {
  for (const auto& arg : args) {
    std::erase_if(s.subscriptions, [&](auto& old) { return topic_key(old.arg) == topic_key(arg); });
    if (s.player) s.player->on_unsubscribed(arg);
    send(s, wire::ack("unsubscribe", arg.echo), frame_kind::answer);
  }
}

// ---------------------------------------------------------------- what the venue says

void venue::send(session& s, std::string text, frame_kind kind) {
  if (s.closing) return;
  for (const auto& t : faults_.pass(std::move(text), kind, clock_.mono(), s.way)) put(s, t);
}

void venue::put(session& s, const std::string& text) {
  if (s.closing) return;
  if (s.link->buffered() > most_buffered) {
    ++counts_.slow_clients;
    log("a client reads too slowly: cut off");
    return end(s, policy_violation, "too slow");
  }
  ++counts_.frames_out;
  s.link->send(text);
}

void venue::end(session& s, std::uint16_t code, std::string_view reason) {
  if (s.closing) return;
  s.closing = true;
  s.link->close(code, reason);
}

}  // namespace trapline::paper_venue
