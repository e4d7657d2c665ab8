// Which document is written when.
#include <algorithm>
#include <utility>

#include "bridge.hpp"
#include "trapline/sdk/event.hpp"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {

document_context bridge::context() const {
  // A quiet market moves its mark less often than the shortest periods.
  const auto max_price_age = std::max(15 * second, 3 * settings_.position_period);
  return {env_, world_, settings_.words, env_.now(), spool_.boot_id(), max_price_age, stopped_};
}

std::string bridge::redis_error() const {
  return !connection_.ready() && !connection_.last_error().empty() ? connection_.last_error() : last_error_reply_;
}

void bridge::write_status() {
  status_due_ = env_.mono() + settings_.position_period;
  if (drain_stage_ == drain_stage::none) world_.forget_stopped_feeds(env_.now() - feed_silent_after);
  if (!settings_.write_status) return;
  const auto error = redis_error();
  status_extra extra;
  extra.silent_after = feed_silent_after;
  extra.expires_at = env_.now() + (stopped_ ? kept_after_stop : settings_.position_period * settings_.expiry_factor);
  extra.redis_error = error;
  extra.redis_dropped = spool_.dropped();
  keys_.put(ws_status_, status_document(context(), extra));
  keys_.put(ws_debug_, debug_document(context(), extra, messages_, error_lines_));
  keys_.put(ws_last_update_, last_update_document(world_));
}

void bridge::write_positions() {
  position_due_ = env_.mono() + settings_.position_period;
  if (!settings_.write_account) return;
  position_.request();
  // An array cannot say that it may be wrong; it goes away instead.
  if (world_.positions().state == list_state::complete) keys_.put(positions_, positions_document(context()));
  else keys_.withdraw(positions_);
}

void bridge::write_orders() {
  orders_due_ = env_.mono() + settings_.orders_period;
  if (!settings_.write_account) return;
  keys_.put(targets_, targets_document(context()));
  keys_.put(orders_, orders_document(context()));
  keys_.put(plans_, plan_orders_document(context()));
}

void bridge::write_account() {
  account_due_ = env_.mono() + settings_.account_period;
  if (!settings_.write_account) return;
  if (world_.accounts().state != list_state::unknown) keys_.put(balance_, balance_document(context()));
}

void bridge::write_traps() {
  trap_due_ = env_.mono() + settings_.trap_period;
  if (!settings_.write_traps) return;
  const auto& m = world_.matrix();
  // A detector that has fallen silent becomes visible: its keys expire.
  const bool silent = m && env_.now() - m->received > settings_.trap_period * settings_.expiry_factor;
  if (!m || (silent && !stopped_)) {
    keys_.withdraw(trap_);
    keys_.withdraw(trap_probability_);
    return;
  }
  keys_.put(trap_, trap_document(context(), *m));
  keys_.put(trap_probability_, trap_probability_document(context(), *m));
}

void bridge::record_trap() {
  if (!settings_.write_traps) return;
  entry e;
  e.json = trap_probability_document(context(), *world_.matrix());
  e.json.pop_back();  // the spool adds its number and closes the object
  e.ts = world_.matrix()->ts;
  spool_.append(trap_history_, std::move(e));
}

void bridge::write_price() {
  price_due_ = env_.mono() + settings_.position_period;
  if (!settings_.write_market) return;
  const auto instrument = world_.price_instrument();
  const auto* q = instrument != 0 ? world_.quote(instrument) : nullptr;
  if (!q || !q->last) return;
  const bool moved = !published_price_ || sdk::compare(*published_price_, *q->last) != 0;
  if (moved) {
    before_published_price_ = published_price_;
    published_price_ = q->last;
  }
  keys_.put(last_price_, sdk::format(*q->last));
  if (before_published_price_) keys_.put(previous_price_, sdk::format(*before_published_price_));
  if (q->volume_24h) keys_.put(volume_, sdk::format(*q->volume_24h));
  keys_.put(price_time_, epoch_seconds(q->last_ts));
  keys_.put(price_json_, btc_price_document(context(), *q));
  if (!price_changed_) return;
  price_changed_ = false;
  publish("btc_price", price_message(*q));
  publish("market_data", market_data_message(context(), instrument, *q, before_published_price_));
}

// Keys that can say that nobody writes them any more stay readable after an orderly stop.
void bridge::write_last_words() {
  stopped_ = true;
  for (const auto key :
       {ws_status_, ws_debug_, trap_, trap_probability_, targets_, orders_, plans_, balance_, price_json_})
    keys_.set_ttl(key, kept_after_stop / millisecond);
  position_.set_ttl(kept_after_stop / millisecond);
  write_status();
  write_positions();
  write_orders();
  write_account();
  write_traps();
  write_price();
  if (settings_.write_status) publish(events_channel, "{\"type\":\"feed_status\",\"state\":\"STOPPED\"}");
}

void bridge::record_position_changes() {
  const auto changes = world_.take_position_changes();
  if (!settings_.write_account) return;
  for (const auto& change : changes) {
    entry e;
    e.json = position_change_document(context(), change);
    e.ts = change.position.ts;
    spool_.append(position_history_, std::move(e));
  }
}

// Those from before the feed's start come again at each start: the list would hold them twice.
void bridge::record_fill(const trapline_event& e) {
  const auto* f = sdk::payload<trapline_fill>(e);
  if (!settings_.write_account || !f || (e.flags & TRAPLINE_FLAG_HISTORY) != 0) return;
  entry out;
  out.json = fill_document(context(), e, *f);
  out.ts = e.ts_event != 0 ? e.ts_event : e.ts_recv;
  spool_.append(fill_history_, std::move(out));
}

void bridge::announce_status(const trapline_event& e, const trapline_feed_status& s) {
  const auto topic = env_.topic_name(e.topic);
  const auto message = (sdk::cat("{\"type\":\"feed_status\",\"feed\":\"", topic.substr(topic.rfind('.') + 1),
                                 "\",\"endpoint\":\"", s.endpoint == TRAPLINE_ENDPOINT_PRIVATE ? "private" : "public",
                                 "\",\"state\":\"", sdk::feed_state_name(s.state), "\",\"code\":", s.code,
                                 ",\"timestamp\":\"", iso_time(e.ts_recv), "\"}"));
  remember(messages_, message);
  if (settings_.write_status) publish(events_channel, message);
}

void bridge::remember(std::deque<debug_line>& lines, std::string text) {
  constexpr std::size_t kept = 50, longest = 500;
  if (text.size() > longest) text.resize(longest);
  lines.push_front({env_.now(), std::move(text)});
  if (lines.size() > kept) lines.pop_back();
}

// Nobody hears what is published while Redis is away: not kept.
void bridge::publish(std::string_view channel, std::string json) {
  auto it = published_.find(channel);
  if (it == published_.end()) it = published_.emplace(channel, 0).first;
  const auto seq = ++it->second;  // counts what nobody heard, too
  if (!connection_.room()) return;
  json.pop_back();
  json += sdk::cat(",\"seq\":", seq, ",\"boot_id\":\"", spool_.boot_id(), "\"}");
  append_command(connection_.out(), {"PUBLISH", channel, json});
  connection_.commit({tag::kind::ignore});
  schedule_flush();
}

}  // namespace trapline::redis_bridge
