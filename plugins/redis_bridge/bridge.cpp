#include "bridge.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "entries.hpp"
#include "trapline/sdk/event.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

constexpr std::int64_t tick_interval = 50 * millisecond;
constexpr std::size_t max_known_errors = 256;
constexpr std::size_t max_facts = 10'000;
// How far back a log is searched when its newest entry is another writer's.
constexpr std::string_view search_depth = "200";

}  // namespace

bridge::bridge(net::loop& l, settings s, environment& env, meters m, std::string boot_id)
    : settings_(std::move(s)),
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
  positions_ = keys_.open("current_positions", ttl(settings_.position_period));
  orders_ = keys_.open("current_orders", ttl(settings_.orders_period));
  balance_ = keys_.open("current_balance", ttl(settings_.account_period));
  last_price_ = keys_.open("last_btc_price", ttl(settings_.position_period));
  previous_price_ = keys_.open("prev_btc_price", ttl(settings_.position_period));
  volume_ = keys_.open("last_btc_volume", ttl(settings_.position_period));
  price_time_ = keys_.open("last_btc_update_time", ttl(settings_.position_period));
  price_json_ = keys_.open("btc_price", ttl(settings_.position_period));
  position_history_ = spool_.open("position_history", family::position_history, true, settings_.position_history);
  trap_history_ = spool_.open("trap_probability_history", family::trap_history, true, 1'000);
  if (settings_.profile == settings::key_set::omega)
    omega_ = std::make_unique<omega>(settings_, env_, world_, keys_, spool_, facts_);
}

void bridge::start() {
  connection_.start();
  tick();
}

// ---------------------------------------------------------------- events in

void bridge::on_event(const trapline_event& e) {
  const auto t = world_.apply(e);
  append(e);
  if (t.status_changed)
    if (const auto* s = sdk::payload<trapline_feed_status>(e)) announce_status(e, *s);
  if (t.status_changed) write_status();
  if (t.positions) {
    record_position_changes();
    write_positions();
  }
  if (t.orders || t.positions) write_orders();
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
  const bool bus = sdk::payload<trapline_gap>(e)->channel == TRAPLINE_GAP_BUS;
  if (!bus) log_of(e);  // the gap may be the first event of its topic
  for (std::uint32_t i = 0; i < spool_.size(); ++i) {
    const auto f = spool_.at(i).kind();
    const bool account = f == family::positions || f == family::orders || f == family::account;
    if (spool_.at(i).is_list() || (!bus && !account)) continue;
    spool_.append(i, make_entry(e, {}));
  }
}

std::uint32_t bridge::log_of(const trapline_event& e) {
  if (e.topic >= routes_.size()) routes_.resize(e.topic + std::size_t{64});
  auto& route = routes_[e.topic];
  if (route == 0) {
    const auto d = destination_of(settings_.prefix, env_.topic_name(e.topic), env_.venue(e.instrument));
    route = d.key.empty() ? no_log : open_log(d) + 1;
  }
  return route == no_log ? no_log : route - 1;
}

std::uint32_t bridge::open_log(const destination& d) { return spool_.open(d.key, d.kind, false, maxlen_of(d.kind)); }

std::int64_t bridge::maxlen_of(family f) const {
  switch (f) {
    case family::signals:
    case family::matrix:
      return settings_.maxlen_signals;
    case family::positions:
    case family::orders:
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
    if (connection_.room() &&
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
  position_.flush(connection_, mono);
  keys_.flush(connection_, mono);
  facts_.flush(connection_, mono);
  if (omega_) omega_->flush(connection_, mono);
  std::uint32_t index = 0;
  while (connection_.room() && spool_.next(connection_.out(), index, mono)) {
    connection_.commit({tag::kind::log_append, index});
    if (!spool_.at(index).is_list()) continue;
    spool_.trim_command(index, connection_.out());
    connection_.commit({tag::kind::log_trim, index});
  }
  connection_.flush();
}

// ---------------------------------------------------------------- answers

void bridge::on_connected() {
  for (std::uint32_t i = 0; i < spool_.size(); ++i)
    spool_.wants_resume(i) ? read_back(i, false) : spool_.skip_resume(i);
  position_.request();
  write_status();
  update_health();
  flush();
}

void bridge::on_lost() {
  spool_.connection_lost();
  keys_.connection_lost();
  facts_.connection_lost();
  if (omega_) omega_->connection_lost();
  position_.connection_lost();
  update_health();
}

// If a window is open, what has gathered waits for its end.
void bridge::on_replies_done() {
  if (!flush_armed_) flush();
}

void bridge::read_back(std::uint32_t log, bool deep) {
  const auto& l = spool_.at(log);
  if (l.is_list()) append_command(connection_.out(), {"LRANGE", l.key(), "0", deep ? search_depth : "0"});
  else append_command(connection_.out(), {"XREVRANGE", l.key(), "+", "-", "COUNT", deep ? search_depth : "1"});
  connection_.commit({deep ? tag::kind::log_search : tag::kind::log_last, log});
}

void bridge::on_reply(const tag& t, const reply& r) {
  const auto retry_at = env_.mono() + settings_.position_period;
  switch (t.what) {
    case tag::kind::log_append:
      spool_.answered(t.index, r.is_error(), retry_at);
      break;
    case tag::kind::key_set:
      keys_.answered(t.index, r.is_error(), retry_at);
      break;
    case tag::kind::fact:
      facts_.answered(r.is_error(), retry_at);
      break;
    case tag::kind::window:
      omega_->answered(t, r, retry_at);
      for (std::size_t i = 0; i < r.size(); ++i)  // of EXEC
        if (r.at(i).is_error()) return on_error(t, r.at(i).text());
      break;
    case tag::kind::log_last:
    case tag::kind::log_search:
      on_read_back(t, r);
      break;
    case tag::kind::log_length:
      if (!r.is_error() && r.integer() == 0 && spool_.idle(position_history_)) {
        const auto* p = world_.main_position();
        if (p && world_.positions().state == list_state::complete) {
          entry e;
          e.json = position_change_document(context(), {"observed", *p});
          e.ts = p->ts;
          spool_.append(position_history_, std::move(e));
        }
      }
      break;
    case tag::kind::merge_watch:
    case tag::kind::merge_get:
    case tag::kind::merge_multi:
    case tag::kind::merge_queued:
    case tag::kind::merge_exec: {
      if (position_.on_reply(connection_, t, r, retry_at)) {
        std::string_view text = r.text();
        for (std::size_t i = 0; text.empty() && i < r.size(); ++i)
          if (r.at(i).is_error()) text = r.at(i).text();
        on_error(t, text);
        return;
      }
      break;
    }
    default:
      break;
  }
  if (r.is_error()) return on_error(t, r.text());
  const bool merging = t.what == tag::kind::merge_watch || t.what == tag::kind::merge_get ||
                       t.what == tag::kind::merge_multi || t.what == tag::kind::merge_queued;
  if (known_errors_.empty() || merging) return;  // only EXEC says that a merge has worked
  const auto what = what_of(t);
  if (known_errors_.erase(what) > 0) env_.log(TRAPLINE_LOG_INFO, sdk::cat("Redis takes ", what, " again"));
  if (known_errors_.empty()) last_error_reply_.clear();
}

std::string bridge::what_of(const tag& t) const {
  switch (t.what) {
    case tag::kind::log_append:
      return spool_.at(t.index).key();
    case tag::kind::key_set:
      return keys_.name(t.index);
    case tag::kind::fact:
      return facts_.answered_key();
    case tag::kind::window:
      return omega_->window_name(t.index);
    case tag::kind::merge_exec:
    case tag::kind::merge_get:
    case tag::kind::merge_watch:
    case tag::kind::merge_multi:
    case tag::kind::merge_queued:
      return position_.name();
    case tag::kind::log_last:
    case tag::kind::log_search:
      return sdk::cat("reading ", spool_.at(t.index).key());
    case tag::kind::log_trim:
      return sdk::cat("trimming ", spool_.at(t.index).key());
    case tag::kind::log_length:
      return sdk::cat("EXISTS ", spool_.at(t.index).key());
    default:
      return {};
  }
}

void bridge::on_error(const tag& t, std::string_view text) {
  const auto what = what_of(t);
  last_error_reply_ = what.empty() ? std::string(text) : sdk::cat(what, ": ", text);
  if (known_errors_.size() >= max_known_errors && !known_errors_.contains(what)) return;
  if (!known_errors_[what].emplace(text.substr(0, text.find(' '))).second) return;
  env_.log(TRAPLINE_LOG_ERROR, sdk::cat("Redis refused ", last_error_reply_, "; tried again every ",
                                        settings_.position_period / millisecond, " ms"));
}

// ---------------------------------------------------------------- reading back

namespace {

// Number of a stream entry `[id, [name, value, ...]]` if it is ours, 0 if it is another writer's.
std::uint64_t number_of(const reply& r, std::string_view boot_id) {
  if (r.size() != 2) return 0;
  const auto fields = r.at(1);
  std::uint64_t seq = 0;
  bool ours = false;
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const auto name = fields.at(i).text(), value = fields.at(i + 1).text();
    if (name == "seq") std::from_chars(value.data(), value.data() + value.size(), seq);
    if (name == "boot_id") ours = value == boot_id;
    if (name == "ts") break;  // the head of the entry ends here
  }
  return ours ? seq : 0;
}

// The same for an object of a list, which ends in `,"boot_id":"...","seq":N}`.
std::uint64_t number_of(std::string_view json, std::string_view boot_id) {
  const auto mark = sdk::cat(",\"boot_id\":\"", boot_id, "\",\"seq\":");
  const auto at = json.rfind(mark);
  if (at == std::string_view::npos) return 0;
  const auto digits = json.substr(at + mark.size());
  std::uint64_t seq = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), seq);
  return seq;
}

}  // namespace

void bridge::on_read_back(const tag& t, const reply& r) {
  if (r.is_error() && !r.text().starts_with("WRONGTYPE")) {
    env_.log(TRAPLINE_LOG_WARN, sdk::cat(spool_.at(t.index).key(), " could not be read back: ", r.text(),
                                         "; entries without an answer are sent again and may be there twice"));
    return spool_.repeat_unconfirmed(t.index);
  }
  std::uint64_t last = 0;
  for (std::size_t i = 0; i < r.size() && last == 0; ++i)
    last = spool_.at(t.index).is_list() ? number_of(r.at(i).text(), spool_.boot_id())
                                        : number_of(r.at(i), spool_.boot_id());
  // Another writer's entry on top: ours may stand below.
  if (last == 0 && r.size() > 0 && t.what == tag::kind::log_last) return read_back(t.index, true);
  spool_.resume(t.index, last);
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
      (omega_ && !omega_->settled(mono)) || !connection_.idle())
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

}  // namespace trapline::redis_bridge
