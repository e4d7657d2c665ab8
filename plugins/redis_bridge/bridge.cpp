#include "bridge.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "entries.hpp"
#include "trapline/sdk/event.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

constexpr std::int64_t tick_interval = 50 * millisecond;
constexpr std::size_t max_facts = 10'000;

// What is in flight cannot be given up, so it may take half of the spool: the rest is for orders and fills that come
// while Redis is away.
settings bounded(settings s) {
  s.flight_commands = std::min<std::size_t>(s.flight_commands, s.spool_commands / 2);
  s.flight_bytes = std::min<std::size_t>(s.flight_bytes, s.spool_bytes / 2);
  return s;
}

}  // namespace

bridge::bridge(net::loop& l, settings s, environment& env, meters m, std::string boot_id)
    : settings_(bounded(std::move(s))),
      env_(env),
      meters_(m),
      world_(env),
      spool_(settings_.spool_commands, settings_.spool_bytes, std::move(boot_id), env, meters_),
      facts_(max_facts, env, meters_),
      connection_(l, settings_, env, meters_, *this),
      tick_timer_(l),
      flush_timer_(l),
      position_("current_position", settings_.position_period * settings_.expiry_factor / millisecond,
                [this](std::string_view existing) { return position_document(context(), existing); }) {
  const auto ttl = [&](std::int64_t period) { return period * settings_.expiry_factor / millisecond; };
  ws_status_ = keys_.open("ws_status", ttl(settings_.position_period));
  ws_last_update_ = keys_.open("ws_last_update", ttl(settings_.position_period));
  trap_ = keys_.open("mm_trap_probability", ttl(settings_.trap_period));
  trap_probability_ = keys_.open("current_trap_probability", ttl(settings_.trap_period));
  targets_ = keys_.open("position_targets", ttl(settings_.orders_period));
  plans_ = keys_.open("current_plan_orders", ttl(settings_.orders_period));
  positions_ = keys_.open("current_positions", ttl(settings_.position_period));
  orders_ = keys_.open("current_orders", ttl(settings_.orders_period));
  balance_ = keys_.open("current_balance", ttl(settings_.account_period));
  last_price_ = keys_.open("last_btc_price", ttl(settings_.position_period));
  previous_price_ = keys_.open("prev_btc_price", ttl(settings_.position_period));
  volume_ = keys_.open("last_btc_volume", ttl(settings_.position_period));
  price_time_ = keys_.open("last_btc_update_time", ttl(settings_.position_period));
  price_json_ = keys_.open("btc_price", ttl(settings_.position_period));
  position_history_ = spool_.open("position_history", family::position_history, true, settings_.position_history);
  fill_history_ = spool_.open("fill_history", family::fill_history, true, settings_.fill_history);
  trap_history_ = spool_.open("trap_probability_history", family::trap_history, true, 1'000);
  ws_debug_ = keys_.open("ws_debug", ttl(settings_.position_period));
  if (!settings_.commands_allowed.empty())
    commands_ = std::make_unique<command_reader>(
        settings_, env_, spool_.boot_id(), [this](std::uint32_t number, std::string_view cmd, std::string_view args) {
          return execute(number, cmd, args);
        });
  if (settings_.profile == settings::key_set::omega)
    omega_ = std::make_unique<omega>(settings_, env_, world_, keys_, spool_, facts_);
  if (settings_.relay)
    relay_ = std::make_unique<relay>(settings_, env_, spool_, [this](const destination& d) { return open_log(d); });
}

void bridge::start() {
  connection_.start();
  tick();
}

// ---------------------------------------------------------------- events in

void bridge::on_event(const trapline_event& e) {
  const auto t = world_.apply(e);
  append(e);
  if (relay_) relay_->append(e);
  if (t.status_changed)
    if (const auto* s = sdk::payload<trapline_feed_status>(e)) announce_status(e, *s);
  if (t.status_changed) write_status();
  if (t.positions) {
    record_position_changes();
    write_positions();
  }
  if (t.orders || t.positions) write_orders();
  if (e.type == TRAPLINE_EVENT_FILL && e.space == 0) record_fill(e);
  if (t.account) write_account();
  if (t.matrix) {
    record_trap();
    write_traps();
  }
  price_changed_ |= t.price;
  if (omega_) {
    omega_->on_event(e);
    if (t.positions || t.orders) omega_->write_positions(context());
  }
  schedule_flush();
}

void bridge::append(const trapline_event& e) {
  if (e.type == TRAPLINE_EVENT_GAP) {
    const auto* g = sdk::payload<trapline_gap>(e);
    if (g && (g->channel == TRAPLINE_GAP_BUS || g->channel == TRAPLINE_GAP_PRIVATE)) return append_gap_everywhere(e);
  }
  const auto index = log_of(e);
  if (index == no_log) return;
  auto entry = make_entry(e, env_.symbol(e.instrument));
  if (!entry.type.empty()) spool_.append(index, std::move(entry));
}

// Nobody knows which topics the lost events were of: each stream that may be incomplete says so.
void bridge::append_gap_everywhere(const trapline_event& e) {
  const auto& g = *sdk::payload<trapline_gap>(e);
  const bool bus = g.channel == TRAPLINE_GAP_BUS;
  if (!bus) log_of(e);  // the gap may be the first event of its topic
  for (std::uint32_t i = 0; i < spool_.size(); ++i) {
    const auto f = spool_.at(i).kind();
    const bool account = f == family::positions || f == family::orders || f == family::fills ||
                         f == family::plan_orders || f == family::account;
    if (spool_.at(i).is_list() || f == family::relay || (!bus && !account)) continue;
    spool_.append(i, make_entry(e, {}));
  }
  // Fills may be among what is lost, and the list of them is a ledger: an entry less must not look like none.
  if (settings_.write_account) spool_.append(fill_history_, make_list_gap(e, g));
}

std::uint32_t bridge::log_of(const trapline_event& e) {
  if (e.topic >= routes_.size()) routes_.resize(e.topic + std::size_t{64});
  auto& route = routes_[e.topic];
  if (route == 0) {
    const auto d = destination_of(settings_.prefix, env_.topic_name(e.topic), env_.venue(e.instrument));
    route = d.key.empty() || !writes(d.kind) ? no_log : open_log(d) + 1;
  }
  return route == no_log ? no_log : route - 1;
}

std::uint32_t bridge::open_log(const destination& d) {
  const auto before = spool_.size();
  const auto index = spool_.open(d.key, d.kind, false, maxlen_of(d.kind));
  if (spool_.size() > before) announce_names({d.key});
  return index;
}

// The index: readers that want to know what there is need no KEYS.
void bridge::announce_names(std::vector<std::string> names) {
  const auto key = settings_.prefix + ":index";
  std::string command;
  append_array_head(command, 2 + names.size());
  append_bulk(command, "SADD");
  append_bulk(command, key);
  for (const auto& n : names) append_bulk(command, n);
  facts_.add(key, std::move(command), 1);
}

std::vector<std::string> bridge::all_names() const {
  std::vector<std::string> out = {position_.name(), settings_.prefix + ":index"};
  for (std::uint32_t i = 0; i < keys_.size(); ++i) out.push_back(keys_.name(i));
  for (std::uint32_t i = 0; i < spool_.size(); ++i) out.push_back(spool_.at(i).key());
  if (omega_) std::ranges::copy(omega_->more_names(), std::back_inserter(out));
  return out;
}

// Of the groups that are configured; a stream of no group is written by whoever opens it.
bool bridge::writes(family f) const {
  switch (f) {  // without a default: a new family must say which group it is of
    case family::status:
      return settings_.write_status;
    case family::trades:
    case family::books:
    case family::tickers:
    case family::candles:
      return settings_.write_market;
    case family::positions:
    case family::orders:
    case family::fills:
    case family::plan_orders:
    case family::account:
    case family::position_history:
    case family::fill_history:
      return settings_.write_account;
    case family::signals:
    case family::matrix:
    case family::trap_history:
      return settings_.write_traps;
    case family::recent_traps:
    case family::facts:
    case family::relay:
      break;
  }
  return true;
}

std::int64_t bridge::maxlen_of(family f) const {
  switch (f) {
    case family::relay:
      return settings_.maxlen_relay;
    case family::signals:
    case family::matrix:
      return settings_.maxlen_signals;
    case family::positions:
    case family::orders:
    case family::fills:
    case family::plan_orders:
    case family::account:
      return settings_.maxlen_account;
    case family::status:
      return settings_.maxlen_status;
    default:
      return settings_.maxlen_market;
  }
}

// ---------------------------------------------------------------- sending

void bridge::tick() {
  tick_timer_.after(tick_interval, [this] { tick(); });
  connection_.tick();
  const auto mono = env_.mono();
  if (mono >= status_due_) write_status();
  if (mono >= position_due_) {
    write_positions();
    if (settings_.write_account && connection_.room() &&
        spool_.idle(position_history_)) {  // after a DEL the history begins again with what is so now
      append_command(connection_.out(), {"EXISTS", spool_.at(position_history_).key()});
      connection_.commit({tag::kind::log_length, position_history_});
    }
  }
  if (mono >= orders_due_) write_orders();
  if (mono >= account_due_) write_account();
  if (mono >= trap_due_) write_traps();
  if (mono >= price_due_ || price_changed_) write_price();
  if (omega_) omega_->tick(context(), mono);
  spool_.wake_all();
  update_health();
  flush();
}

std::optional<command_reader::outcome> bridge::execute(std::uint32_t number, std::string_view cmd,
                                                       std::string_view args) {
  if (cmd == "ping") return command_reader::outcome();
  if (cmd == "verify") {
    const auto fault = misalignment();
    return command_reader::outcome{fault, fault.empty() ? R"({"aligned":true})" : ""};
  }
  if (cmd != "refresh") {
    auto fault = env_.ask_engine(cmd, args, [this, number](trapline_status status, std::string_view answer) {
      constexpr std::size_t longest = 1'000;  // of a reason
      if (status == TRAPLINE_OK) commands_->completed(number, {{}, std::string(answer)});
      else if (answer.empty()) commands_->completed(number, {sdk::cat("status ", status), {}});
      else commands_->completed(number, {std::string(answer.substr(0, longest)), {}});
      schedule_flush();
    });
    if (fault.empty()) return std::nullopt;
    return command_reader::outcome{std::move(fault), {}};
  }
  refresh();
  return command_reader::outcome();
}

void bridge::refresh() {
  write_status();
  write_positions();
  write_orders();
  write_account();
  write_traps();
  price_changed_ = true;
  write_price();
  schedule_flush();
}

void bridge::schedule_flush() {
  if (std::exchange(flush_armed_, true)) return;
  flush_timer_.after(settings_.window, [this] {
    flush_armed_ = false;
    flush();
  });
}

void bridge::flush() {
  if (!connection_.ready()) return;
  const auto mono = env_.mono();
  if (omega_) omega_->flush(connection_, mono, !position_.busy());  // first, or it might never find its turn
  position_.flush(connection_, mono);
  keys_.flush(connection_, mono);
  if (commands_) commands_->poll(connection_, mono, drain_stage_ == drain_stage::none);
  facts_.flush(connection_, mono);
  std::uint32_t index = 0;
  while (connection_.room() && spool_.next(connection_.out(), index, mono)) {
    connection_.commit({tag::kind::log_append, index});
    if (!spool_.at(index).is_list()) continue;
    spool_.trim_command(index, connection_.out());
    connection_.commit({tag::kind::log_trim, index});
  }
  no_room_ = !connection_.room();
  connection_.flush();
}

// ---------------------------------------------------------------- health, end

void bridge::update_health() {
  const auto error = redis_error();
  const bool well = connection_.ready() && error.empty();
  const auto text = well ? "connected" : error;
  if (text == health_text_) return;  // or empty: still connecting for the first time
  health_text_ = text;
  env_.health(well ? TRAPLINE_HEALTH_OK : TRAPLINE_HEALTH_DEGRADED, text);
}

bool bridge::drain() {
  if (drain_stage_ == drain_stage::done) return true;
  const auto mono = env_.mono();
  if (drain_stage_ == drain_stage::none) {
    drain_stage_ = drain_stage::flushing;
    drain_deadline_ = mono + settings_.drain_limit;
  }
  if (mono < drain_deadline_ && connection_.under_way()) return false;
  if (!connection_.ready() || mono >= drain_deadline_) {
    drain_stage_ = drain_stage::done;
    env_.log(spool_.empty() ? TRAPLINE_LOG_WARN : TRAPLINE_LOG_ERROR,
             sdk::cat(connection_.ready() ? "Redis did not take everything in time" : "Redis is not there",
                      " at the end: ", spool_.commands(),
                      " stream entries are lost, and ws_status does not say DISCONNECTED until it expires"));
    return true;
  }
  flush();
  if (!spool_.empty() || !keys_.settled() || !position_.settled(mono) || !facts_.settled(mono) ||
      (commands_ && !commands_->idle()) || (omega_ && !omega_->settled(mono)) || !connection_.idle())
    return false;
  if (drain_stage_ == drain_stage::last_words) {
    drain_stage_ = drain_stage::done;
    return true;
  }
  drain_stage_ = drain_stage::last_words;
  write_last_words();
  flush();
  return false;
}

void bridge::stop() {
  if (const auto lost = spool_.give_up_all(); !lost.empty())
    env_.log(TRAPLINE_LOG_ERROR, sdk::cat("lost at the end, because Redis has not confirmed it: ", lost));
}

}  // namespace trapline::redis_bridge
