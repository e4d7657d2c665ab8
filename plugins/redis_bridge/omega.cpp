#include "omega.hpp"

#include <algorithm>

#include "trapline/sdk/event.hpp"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

constexpr std::size_t queue_cap = 50'000;  // as the queue's manager has it
constexpr std::size_t kept_alarms = 50, kept_stages = 100, kept_confirmed = 512, kept_minutes = 60;
constexpr std::int64_t minute = 60 * second;
enum window_index : std::size_t { movements, volumes };

}  // namespace

omega::omega(const settings& s, environment& env, const world& known, key_store& keys, spool& logs, fact_queue& facts)
    : settings_(s), env_(env), world_(known), keys_(keys), spool_(logs), facts_(facts) {
  const auto ttl = [&](std::int64_t period) { return period * s.expiry_factor / millisecond; };
  recent_traps_ = spool_.open("recent_mm_traps", family::recent_traps, true, kept_alarms);
  latest_trap_ = keys_.open("latest_mm_trap", 0);
  long_ = keys_.open("long_trader_position", ttl(s.position_period));
  short_ = keys_.open("short_trader_position", ttl(s.position_period));
  hf_active_ = keys_.open("hf_trap_mode_active", ttl(s.trap_period));
  hf_multiplier_ = keys_.open("hf_trap_mode_multiplier", ttl(s.trap_period));
  hf_timestamp_ = keys_.open("hf_trap_mode_timestamp", ttl(s.trap_period));
  book_summary_ = keys_.open("btc_order_book_summary", ttl(s.position_period));
  high_low_ = keys_.open("btc_recent_high_low", ttl(s.position_period));
  regime_ = keys_.open("btc_market_regime", ttl(s.position_period));
  metrics_ = keys_.open("trap_metrics", ttl(s.trap_period));
  detections_ = keys_.open("trap_detections", ttl(s.trap_period));
  timeline_ = keys_.open("trap_timeline", ttl(s.trap_period));
  windows_.emplace_back("btc_movement_history", 1'000);
  windows_.emplace_back("btc_volume_history", 1'000);
}

void omega::on_event(const trapline_event& e) {
  if (e.space != 0) return;
  switch (e.type) {
    case TRAPLINE_EVENT_SIGNAL:
      if (const auto* s = sdk::payload<trapline_signal>(e); s && of_btc(e)) on_signal(e, *s);
      break;
    case TRAPLINE_EVENT_TRADE:
      if (const auto* t = sdk::payload<trapline_trade>(e); t && e.instrument == world_.price_instrument())
        on_trade(e, *t);
      break;
    case TRAPLINE_EVENT_BOOK_SNAPSHOT:
    case TRAPLINE_EVENT_BOOK_DELTA:
      if (const auto* b = sdk::payload<trapline_book>(e); b && of_btc(e)) books_[e.instrument].apply(e, *b);
      break;
    case TRAPLINE_EVENT_GAP:
      if (const auto* g = sdk::payload<trapline_gap>(e))
        for (auto& [instrument, b] : books_)
          if (g->channel == TRAPLINE_GAP_BUS || e.instrument == instrument) b.apply(*g);
      break;
    default:
      break;
  }
}

void omega::on_trade(const trapline_event& e, const trapline_trade& t) {
  if (e.flags & TRAPLINE_FLAG_HISTORY) return;
  if (const auto size = sdk::rescale(t.size, t.size_exp, traded_exp_); size && t.size_exp >= traded_exp_) {
    traded_ += *size;
  } else if (const auto sum = sdk::rescale(traded_, traded_exp_, t.size_exp)) {  // finer than before
    traded_ = *sum + t.size;
    traded_exp_ = t.size_exp;
  }
  moved_price_ = {t.price, t.price_exp};
  const auto now = e.ts_event / minute;
  const double price = sdk::to_double(t.price, t.price_exp);
  if (now > minute_ || minute_closes_.empty()) {
    minute_ = now;
    minute_closes_.push_back(price);
    if (minute_closes_.size() > kept_minutes) minute_closes_.pop_front();
    if (const auto* q = world_.quote(e.instrument); q && q->volume_24h)
      windows_[volumes].push(sdk::format(*q->volume_24h));
  } else {
    minute_closes_.back() = price;
  }
}

void omega::on_signal(const trapline_event& e, const trapline_signal& s) {
  if (s.stage == TRAPLINE_STAGE_NONE) return;
  const std::string id(sdk::view(s.id));
  const auto type = sdk::pattern_name(s.pattern);
  stages_.push_front({id, type, sdk::stage_name(s.stage), s.probability, e.ts_event});
  if (stages_.size() > kept_stages) stages_.pop_back();
  traps_changed_ = true;
  if (s.stage != TRAPLINE_STAGE_DETECTED && s.stage != TRAPLINE_STAGE_CONFIRMED) return;
  const bool known = std::any_of(alarms_.begin(), alarms_.end(), [&](const auto& r) { return r.id == id; });
  if (s.stage == TRAPLINE_STAGE_CONFIRMED && std::find(confirmed_.begin(), confirmed_.end(), id) == confirmed_.end()) {
    ++confirmed_count_;
    confirmed_.push_front(id);
    if (confirmed_.size() > kept_confirmed) confirmed_.pop_back();
  }
  if (known) return;
  trap_record r{id, std::string(sdk::view(s.detector)), type, s.probability, s.confidence, {}, 0, e.ts_event};
  if (const auto* q = world_.quote(e.instrument)) r.price = q->last;
  if (r.price && s.has_level && s.level > 0) {
    const double level = sdk::to_double(s.level, s.price_exp);
    r.change = (sdk::to_double(*r.price) - level) / level;
  }
  record(r);
  alarms_.push_front(std::move(r));
  if (alarms_.size() > kept_alarms) alarms_.pop_back();
}

void omega::record(const trap_record& r) {
  ++alarm_count_;
  probability_sum_ += r.probability;
  entry e;
  e.json = recent_trap_document(r);
  e.ts = r.ts;
  spool_.append(recent_traps_, std::move(e));
  keys_.put(latest_trap_, latest_trap_document(r));

  constexpr std::string_view queue = "mm_trap_queue:zset";
  // A consumer removes what it has taken: written again after a lost answer, the alarm would come back. The marker says
  // that this one was there. It is set last, so that an error in between leaves nothing.
  constexpr std::string_view once = R"(
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
local r = redis.pcall('ZADD', KEYS[1], ARGV[1], ARGV[2])
if type(r) == 'table' then return r end
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, ARGV[3])
redis.call('SET', KEYS[2], '1', 'PX', 86400000)
return 1)";
  std::string commands;
  append_command(commands,
                 {"EVAL", once, "2", queue, sdk::cat(settings_.prefix, ":queued:", spool_.boot_id(), ":", alarm_count_),
                  epoch_seconds(r.ts), queued_trap_document(r), std::to_string(-static_cast<long>(queue_cap) - 1)});
  facts_.add(std::string(queue), std::move(commands), 1);

  // The name has room for one alarm a second: the next one takes the next free second.
  last_second_ = std::max(r.ts / second, last_second_ + 1);
  const auto key = sdk::cat("mm_trap:", last_second_);
  facts_.add(key, trap_hash_commands(r, key), 2);
}

void omega::tick(const document_context& c, std::int64_t mono) {
  if (moved_price_) {
    windows_[movements].push(sdk::cat(sdk::format(*moved_price_), ",", sdk::format({traded_, traded_exp_})));
    moved_price_.reset();
    traded_ = 0;
  }
  if (mono >= due_) {
    due_ = mono + std::min(settings_.position_period, settings_.trap_period);
    write_positions(c);
    write_market(c);
    write_traps(c);
  } else if (traps_changed_) {
    write_traps(c);
  }
}

void omega::write_positions(const document_context& c) {
  keys_.put(long_, trader_position_document(c, TRAPLINE_POSITION_LONG));
  keys_.put(short_, trader_position_document(c, TRAPLINE_POSITION_SHORT));
}

void omega::write_market(const document_context& c) {
  const auto book = books_.find(world_.price_instrument());
  if (book != books_.end() && book->second.valid() && book->second.bid_count() > 0 && book->second.ask_count() > 0)
    keys_.put(book_summary_, book_summary_document(c, book->second));
  else keys_.withdraw(book_summary_);
  keys_.put(regime_, regime_document(c, minute_closes_));
  const auto* q = world_.quote(world_.price_instrument());
  if (q && q->high_24h && q->low_24h) {
    keys_.put(high_low_, high_low_document(c, sdk::to_double(*q->high_24h), sdk::to_double(*q->low_24h)));
  } else if (!minute_closes_.empty()) {
    const auto [low, high] = std::minmax_element(minute_closes_.begin(), minute_closes_.end());
    keys_.put(high_low_, high_low_document(c, *high, *low));
  }
}

void omega::write_traps(const document_context& c) {
  traps_changed_ = false;
  keys_.put(metrics_, trap_metrics_document(c, alarm_count_, confirmed_count_, probability_sum_));
  keys_.put(detections_, trap_detections_document(alarms_));
  keys_.put(timeline_, trap_timeline_document(stages_));
  const auto& m = world_.matrix();
  const bool silent = !m || c.now - m->received > settings_.trap_period * settings_.expiry_factor;
  if (silent) {
    for (const auto key : {hf_active_, hf_multiplier_, hf_timestamp_}) keys_.withdraw(key);
    return;
  }
  const bool active = m->head.severity >= TRAPLINE_SEVERITY_ELEVATED;
  keys_.put(hf_active_, active ? "1" : "0");
  keys_.put(hf_multiplier_, sdk::cat(active ? 1.0 + m->head.intensity : 1.0));
  keys_.put(hf_timestamp_, iso_time(m->ts));
}

void omega::flush(connection& c, std::int64_t mono, bool may_exec) {
  for (std::uint32_t i = 0; i < windows_.size(); ++i) windows_[i].flush(c, i, mono, may_exec);
}

void omega::connection_lost() {
  for (auto& w : windows_) w.connection_lost();
}

std::vector<std::string> omega::more_names() const {
  std::vector<std::string> out = {"mm_trap_queue:zset"};
  for (const auto& w : windows_) out.push_back(w.name());
  return out;
}

bool omega::settled(std::int64_t mono) const {
  return std::all_of(windows_.begin(), windows_.end(), [&](const auto& w) { return w.settled(mono); });
}

}  // namespace trapline::redis_bridge
