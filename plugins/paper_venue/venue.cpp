#include "venue.hpp"

#include <algorithm>
#include <utility>

namespace trapline::paper_venue {
namespace {

constexpr std::size_t candle_history = 1000;
constexpr std::uint16_t policy_violation = 1008, going_away = 1001, normal = 1000;

constexpr std::pair<std::string_view, int> public_channels[] = {
    {"trade", 0}, {"books", 1}, {"ticker", 2}, {"candle1m", 3}};
constexpr std::pair<std::string_view, int> private_channels[] = {{"positions", 4}, {"orders", 5}, {"account", 6}};

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
    : settings_(s), credentials_(std::move(c)), clock_(std::move(clock)), hooks_(std::move(hooks)) {
  if (settings_.replay) replay_topics_ = capture_topics(settings_.replay_file);
  else simulation_ = std::make_unique<simulation>(settings_, start_ts, static_cast<simulation_sink&>(*this));
}

venue::~venue() = default;

void venue::log(const std::string& text) const {
  if (hooks_.log) hooks_.log(text);
}

void venue::advance(std::int64_t now) {
  const auto mono = clock_.mono();
  run_faults(mono);
  if (simulation_) simulation_->advance(now);
  else play(mono);
  check_pings(mono);
}

void venue::close_all(std::string_view reason) {
  for (auto& s : sessions_) end(*s, going_away, reason);
}

// ---------------------------------------------------------------- what clients say

venue::session* venue::find(net::ws_session& link) {
  const auto it = std::find_if(sessions_.begin(), sessions_.end(), [&](auto& s) { return s->link == &link; });
  return it == sessions_.end() ? nullptr : it->get();
}

void venue::on_open(net::ws_session& link) {
  ++counts_.connections;
  auto s = std::make_unique<session>();
  s->link = &link;
  s->speaks = link.path().find("/v1/stream") != std::string_view::npos ? dialect::v1 : dialect::v2;
  s->public_only = ends_with(link.path(), "/ws/public");
  s->last_ping = clock_.mono();
  if (settings_.replay)
    s->player = std::make_unique<replay>(settings_.replay_file, settings_.replay_speed, replay_topics_);
  sessions_.push_back(std::move(s));
}

void venue::on_close(net::ws_session& link, const net::close_info&) {
  std::erase_if(sessions_, [&](auto& s) { return s->link == &link; });
}

bool venue::within_rate(session& s) {
  const auto now = clock_.mono();
  while (!s.arrivals.empty() && now - s.arrivals.front() >= second) s.arrivals.pop_front();
  s.arrivals.push_back(now);
  return static_cast<std::int64_t>(s.arrivals.size()) <= settings_.messages_per_second;
}

void venue::on_text(net::ws_session& link, std::string_view text) {
  session* s = find(link);
  if (!s || s->closing) return;
  ++counts_.messages_in;
  if (!within_rate(*s)) {
    log("a client sent more than " + std::to_string(settings_.messages_per_second) + " messages in a second: cut off");
    send(*s, wire::error(30007, "request over limit, connection close"));
    return end(*s, policy_violation, "too many messages");
  }
  const request r = parse_request(text, s->speaks);
  switch (r.what) {
    case request::kind::ping:
      s->last_ping = clock_.mono();
      return send(*s, "pong");
    case request::kind::login:
      return login(*s, r.login);
    case request::kind::subscribe:
      return subscribe(*s, r.topics);
    case request::kind::unsubscribe:
      return unsubscribe(*s, r.topics);
    case request::kind::not_json:
      return send(*s, wire::error(30002, "Illegal request"));
    case request::kind::unknown_op:
      return send(*s, wire::error(30003, "INVALID op:" + escaped(r.op)));
    case request::kind::bad_args:
      return send(*s, wire::error(30016, "Param error", {}, r.op));
  }
}

void venue::login(session& s, const login_request& r) {
  if (s.public_only) return send(s, wire::error(30003, "INVALID op:login"));
  int code = check_login(r, credentials_, clock_.utc() / 1'000'000);
  if (logins_to_refuse_ > 0) {
    --logins_to_refuse_;
    code = 30005;
  }
  if (code == 0) {
    s.logged_in = true;
    return send(s, wire::login_ack());
  }
  log("a login was refused with " + std::to_string(code));
  send(s, wire::error(code, login_error_text(code)));
  end(s, policy_violation, "login failed");
}

std::optional<venue::subscription> venue::resolve(const session& s, const topic_arg& arg) const {
  const bool v1 = s.speaks == dialect::v1;
  subscription sub{};
  sub.arg = arg;
  if (!simulation_) {
    if (replay_topics_.count(topic_key(arg)) == 0) return std::nullopt;
    for (const auto& [name, index] : private_channels)
      if (arg.channel == name) sub.what = static_cast<channel>(index);
    return sub;
  }
  const auto symbol_of = [&](std::string_view id) -> std::optional<std::size_t> {
    for (std::size_t i = 0; i < settings_.symbols.size(); ++i)
      if (settings_.symbols[i] == id) return i;
    return std::nullopt;
  };
  for (const auto& [name, index] : public_channels)
    if (arg.channel == name) {
      sub.what = static_cast<channel>(index);
      sub.symbol = symbol_of(arg.inst_id);
      if (!sub.symbol || arg.inst_type != (v1 ? "mc" : "usdt-futures")) return std::nullopt;
      return sub;
    }
  for (const auto& [name, index] : private_channels)
    if (arg.channel == name) {
      sub.what = static_cast<channel>(index);
      if (arg.inst_type != (v1 ? "umcbl" : "usdt-futures")) return std::nullopt;
      if (arg.inst_id == "default" || sub.what == channel::account) return sub;
      std::string_view id = arg.inst_id;
      if (v1 && ends_with(id, "_UMCBL")) id.remove_suffix(6);
      sub.symbol = symbol_of(id);
      if (!sub.symbol || (!v1 && sub.what == channel::positions)) return std::nullopt;
      return sub;
    }
  return std::nullopt;
}

void venue::subscribe(session& s, const std::vector<topic_arg>& args) {
  std::vector<subscription> accepted;
  for (const auto& arg : args) {
    auto sub = resolve(s, arg);
    if (!sub) {
      send(s, wire::error(30001,
                          "instType:" + escaped(arg.inst_type) + ",channel:" + escaped(arg.channel) +
                              ",instId:" + escaped(arg.inst_id) + " doesn't exist",
                          arg.echo, "subscribe"));
    } else if (sub->what >= channel::positions && !s.logged_in) {
      send(s, wire::error(30004, "User not logged in / User must be connected", arg.echo, "subscribe"));
    } else {
      send(s, wire::ack("subscribe", arg.echo));
      accepted.push_back(std::move(*sub));
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
    send(s, wire::ack("unsubscribe", arg.echo));
  }
}

void venue::send_initial(session& s, const subscription& sub) {
  const auto d = s.speaks;
  const auto now = simulation_->now();
  std::string data;
  switch (sub.what) {
    case channel::trade:
      data = wire::trade_rows(d, simulation_->instruments()[*sub.symbol], simulation_->recent_trades(*sub.symbol));
      if (data.empty()) return;
      break;
    case channel::books:
      data = wire::book_snapshot(d, simulation_->instruments()[*sub.symbol], simulation_->feed_of(*sub.symbol),
                                 settings_.checksum, now);
      break;
    case channel::ticker:
      data = wire::ticker(d, simulation_->instruments()[*sub.symbol], simulation_->market_of(*sub.symbol));
      break;
    case channel::candle1m:
      data = wire::candle_rows(d, simulation_->instruments()[*sub.symbol],
                               simulation_->market_of(*sub.symbol).minute_bars(), candle_history);
      break;
    case channel::positions:
      data = position_data(d, sub.symbol);
      break;
    case channel::orders:
      return;  // Bitget gives no list of open orders here
    case channel::account:
      data = wire::account_row(d, simulation_->the_account(), simulation_->marks());
      break;
  }
  send_data(s, wire::push(d, wire::action::snapshot, sub.arg.echo, data, now));
}

// ---------------------------------------------------------------- what the venue says

void venue::send(session& s, std::string text) {
  if (s.closing) return;
  if (s.link->buffered() > most_buffered) {
    ++counts_.slow_clients;
    log("a client reads too slowly: cut off");
    return end(s, policy_violation, "too slow");
  }
  ++counts_.frames_out;
  s.link->send(text);
}

void venue::send_data(session& s, const std::string& text) {
  if (std::exchange(truncate_next_, false)) return send(s, text.substr(0, text.size() / 2));
  send(s, text);
}

void venue::end(session& s, std::uint16_t code, std::string_view reason) {
  if (s.closing) return;
  s.closing = true;
  s.link->close(code, reason);
}

template <class Each>
void venue::for_each_subscription(channel what, std::optional<std::size_t> symbol, Each each) {
  for (auto& s : sessions_) {
    if (s->closing) continue;
    for (auto& sub : s->subscriptions)
      if (sub.what == what && !sub.muted && (!sub.symbol || !symbol || sub.symbol == symbol)) each(*s, sub);
  }
}

// `make` is called once for each dialect that somebody speaks.
template <class Make>
void venue::push_to_all(channel what, std::optional<std::size_t> symbol, wire::action a, Make make) {
  std::optional<std::string> data[2];
  for_each_subscription(what, symbol, [&](session& s, const subscription& sub) {
    auto& mine = data[static_cast<int>(s.speaks)];
    if (!mine) mine = make(s.speaks);
    send_data(s, wire::push(s.speaks, a, sub.arg.echo, *mine, simulation_->now()));
  });
}

void venue::on_episode(std::size_t symbol, const episode_truth& truth) {
  if (hooks_.episode) hooks_.episode(symbol, truth);
}

void venue::on_trades(std::size_t symbol, const std::vector<trade>& trades) {
  const auto& i = simulation_->instruments()[symbol];
  std::optional<std::string> rows;
  for_each_subscription(channel::trade, symbol, [&](session& s, const subscription& sub) {
    const auto push = [&](const std::string& data) {
      send_data(s, wire::push(s.speaks, wire::action::update, sub.arg.echo, data, simulation_->now()));
    };
    if (s.speaks == dialect::v1) {  // one trade a message
      for (const auto& t : trades) push(wire::trade_row(s.speaks, i, t));
      return;
    }
    if (!rows) rows = wire::trade_rows(s.speaks, i, {trades.begin(), trades.end()});
    push(*rows);
  });
}

void venue::on_book(std::size_t symbol) {
  if (skip_next_book_) {
    bool missed = false;
    for_each_subscription(channel::books, symbol, [&](session&, const subscription&) { missed = true; });
    if (missed) {
      skip_next_book_ = false;
      return;
    }
  }
  bool sent = false;
  push_to_all(channel::books, symbol, wire::action::update, [&](dialect d) {
    sent = true;
    return wire::book_update(d, simulation_->instruments()[symbol], simulation_->feed_of(symbol), settings_.checksum,
                             falsify_next_, simulation_->now());
  });
  if (sent) falsify_next_ = false;
}

void venue::on_ticker(std::size_t symbol) {
  push_to_all(channel::ticker, symbol, wire::action::snapshot, [&](dialect d) {
    return wire::ticker(d, simulation_->instruments()[symbol], simulation_->market_of(symbol));
  });
}

void venue::on_candle(std::size_t symbol, bool closed) {
  push_to_all(channel::candle1m, symbol, wire::action::update, [&](dialect d) {
    return wire::candle_rows(d, simulation_->instruments()[symbol], simulation_->market_of(symbol).minute_bars(),
                             closed ? 2 : 1);
  });
}

std::string venue::position_data(dialect d, std::optional<std::size_t> symbol) const {
  return wire::position_rows(d, simulation_->instruments(), simulation_->the_account(), simulation_->marks(), symbol);
}

void venue::on_order(const order& o) {
  push_to_all(channel::orders, o.symbol, wire::action::snapshot,
              [&](dialect d) { return wire::order_row(d, simulation_->instruments()[o.symbol], o); });
  for_each_subscription(channel::positions, std::nullopt, [&](session& s, const subscription& sub) {
    send_data(s, wire::push(s.speaks, wire::action::snapshot, sub.arg.echo, position_data(s.speaks, sub.symbol),
                            simulation_->now()));
  });
  if (!o.last || o.status == order_status::canceled) return;
  push_to_all(channel::account, std::nullopt, wire::action::snapshot,
              [&](dialect d) { return wire::account_row(d, simulation_->the_account(), simulation_->marks()); });
}

// ---------------------------------------------------------------- by the wall clock

void venue::check_pings(std::int64_t mono) {
  for (auto& s : sessions_)
    if (s->speaks == dialect::v2 && !s->closing && mono - s->last_ping > settings_.ping_timeout) {
      log("a client sent no ping for " + std::to_string(settings_.ping_timeout / second) + " s: closed");
      end(*s, policy_violation, "no ping");
    }
}

void venue::run_faults(std::int64_t mono) {
  if (cut_at_ && mono >= *cut_at_) {
    cut_at_.reset();
    for (auto& s : sessions_) s->link->abort();
  }
  while (first_subscription_ && next_fault_ < settings_.faults.size() &&
         mono - *first_subscription_ >= settings_.faults[next_fault_].at)
    run(settings_.faults[next_fault_++], mono);
}

void venue::run(const fault& f, std::int64_t mono) {
  ++counts_.faults;
  log("fault: " + f.text);
  const auto number = [&](int otherwise) { return f.argument.empty() ? otherwise : std::stoi(f.argument); };
  switch (f.kind) {
    case fault_kind::drop:
      for (auto& s : sessions_) s->link->abort();
      break;
    case fault_kind::truncate:
      truncate_next_ = true;
      break;
    case fault_kind::wrong_checksum:
      falsify_next_ = true;
      break;
    case fault_kind::seq_gap:
      skip_next_book_ = true;
      break;
    case fault_kind::login_refused:
      logins_to_refuse_ += number(1);
      break;
    case fault_kind::notice_30033:
      for (auto& s : sessions_)
        send(*s, wire::error(30033, "Service upgrade in progress. Connection reset imminent. Please reconnect."));
      cut_at_ = mono + number(5) * second;
      break;
    case fault_kind::silence:
      for (auto& s : sessions_)
        for (auto& sub : s->subscriptions)
          if (f.argument.empty() || sub.arg.channel == f.argument) sub.muted = true;
      break;
  }
}

void venue::play(std::int64_t mono) {
  bool some_done = false, some_playing = false;
  for (auto& s : sessions_) {
    if (s->closing) continue;
    if (!s->played)
      s->played = s->player->advance(
          mono, [&] { return s->link->buffered(); }, [&](const std::string& text) { send_data(*s, text); });
    some_done = some_done || s->played;
    // A connection that asked for nothing holds nobody up.
    some_playing = some_playing || (!s->played && !s->subscriptions.empty());
    if (s->played && settings_.after_replay == when_done::close) {
      log("replay finished: closing the connection");
      end(*s, normal, "replay finished");
    }
  }
  if (settings_.after_replay != when_done::stop_engine) return;
  if (some_done && !some_playing && !finishing_) {
    finishing_ = true;
    log("replay finished: closing all connections, then stopping the engine");
  }
  if (!finishing_) return;
  for (auto& s : sessions_) end(*s, normal, "replay finished");
  if (sessions_.empty() && !std::exchange(finish_told_, true) && hooks_.replay_finished) hooks_.replay_finished();
}

}  // namespace trapline::paper_venue
