#include "ingest_stream.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "trapline/abi/system.h"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

// Entries a step. So many may have to be announced as lost when this process is killed; and a reply of the largest
// events stays well below reply_reader::max_reply_size.
constexpr std::size_t most_entries = 64;
constexpr std::int64_t full_bus_pause = millisecond;
constexpr std::int64_t longest_wait = 250 * millisecond;  // for an entry; an end of the engine has to wait for it

// KEYS stream, state. ARGV 1 group, 2 name of the consumer, 3 token of its run, 4 `1` if it holds the lease as far as
// it knows, 5 lease in ms, 6 count, 7 from (`>`, or `0` for what is pending; when joining: where a new group begins;
// `end`: no pending entry was on a bus), 8..11 how far it has come, 12.. ids of what it has passed on.
constexpr std::string_view script = R"(
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local group, name, token = ARGV[1], ARGV[2], ARGV[3]
local s = redis.call('HMGET', KEYS[2], 'token', 'consumer', 'until_ms', 'boot_id', 'seq', 'trades', 'books', 'clean')
local mine = s[1] == token
if ARGV[4] == '1' and not mine then
  if s[1] then return {'fenced', s[2]} end
  return {'again'}
end
if s[1] and not mine and s[2] ~= name and tonumber(s[3]) > now then return {'standby', s[3] - now, s[2]} end
redis.call('HSET', KEYS[2], 'token', token, 'consumer', name, 'until_ms', now + ARGV[5], 'clean',
  ARGV[4] == '1' and ARGV[7] == 'end' and '1' or '0')
if mine and ARGV[8] ~= '' then
  redis.call('HSET', KEYS[2], 'boot_id', ARGV[8], 'seq', ARGV[9], 'trades', ARGV[10], 'books', ARGV[11])
end
if mine and ARGV[12] then redis.call('XACK', KEYS[1], group, unpack(ARGV, 12)) end
if ARGV[4] == '0' then
  local made = redis.pcall('XGROUP', 'CREATE', KEYS[1], group, s[4] and '0' or ARGV[7], 'MKSTREAM')
  if made.err and not string.find(made.err, 'BUSYGROUP') then return made end
  if not mine then
    local from = '0-0'
    repeat
      from = redis.call('XAUTOCLAIM', KEYS[1], group, name, 0, from, 'COUNT', 1000, 'JUSTID')[1]
    until from == '0-0'
  end
  local last = '0-0'
  for _, g in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
    if g[2] == group then last = g[8] end
  end
  return {mine and 'mine' or 'taken', last, s[4] or '', s[5] or '0', s[6] or '0', s[7] or '0', s[8] or '0'}
end
if ARGV[6] == '0' then return {'ok'} end
local r = redis.pcall('XREADGROUP', 'GROUP', group, name, 'COUNT', ARGV[6], 'STREAMS', KEYS[1], ARGV[7])
if r and r.err then
  if string.find(r.err, 'NOGROUP') then return {'again'} end
  return r
end
return {'ok', r and r[1][2] or {}}
)";

enum request : std::uint32_t { load_request, step_request, wait_request };

std::uint64_t number(std::string_view text) {
  std::uint64_t v = 0;
  std::from_chars(text.data(), text.data() + text.size(), v);
  return v;
}

}  // namespace

ingest_stream::ingest_stream(net::loop& l, const settings& s, environment& env, bus_outlet& bus, const ingest_meters& m,
                             std::uint32_t number, std::string tag, std::string token,
                             std::function<void(const trapline_event&)> published)
    : settings_(s),
      env_(env),
      bus_(bus),
      meters_(m),
      number_(number),
      key_(relay_key_of_tag(s.ingest_prefix, tag)),
      state_key_(sdk::cat(key_, ":", s.ingest_group)),
      token_(std::move(token)),
      published_(std::move(published)),
      connection_(l, settings_, env, no_meters_, *this),
      retry_(l),
      events_(std::move(tag), bus) {}

void ingest_stream::begin() {
  if (std::exchange(begun_, true)) return;
  connection_.start();
}

void ingest_stream::pause() {
  paused_ = true;
  step();
}

bool ingest_stream::settled() const { return !begun_ || closed_ || !connection_.ready() || !joined_; }

// ---------------------------------------------------------------- asking

void ingest_stream::tick() {
  if (!begun_) return;
  connection_.tick();
  // While the bus is full, or the lane slow, the lease has to be kept.
  if (joined_ && env_.mono() - stepped_at_ < settings_.ingest_lease / 3) return;
  step();
}

void ingest_stream::step() {
  const auto mono = env_.mono();
  if (!connection_.ready() || under_way_ || beaten_ || mono < not_before_) return;
  if (paused_ && !joined_) return;
  under_way_ = true;
  if (script_id_.empty()) {
    append_command(connection_.out(), {"SCRIPT", "LOAD", script});
    connection_.commit({tag::kind::command, load_request});
    return connection_.flush();
  }
  const bool busy = !events_.empty() || at_barrier_;
  const bool last = paused_ && !busy;
  const std::size_t count = busy || paused_ ? 0 : most_entries;
  const auto lease = last ? 0 : settings_.ingest_lease / millisecond;
  const std::string_view from = !joined_ ? order_.at().boot_id.empty() && settings_.ingest_from_new ? "$" : "0"
                                : last && !unfinished_ ? "end"
                                : pending_             ? "0"
                                                       : ">";
  auto& out = connection_.out();
  append_array_head(out, 5 + 11 + passed_.size());
  for (const std::string_view word :
       {std::string_view("EVALSHA"), std::string_view(script_id_), std::string_view("2"), std::string_view(key_),
        std::string_view(state_key_), std::string_view(settings_.ingest_group),
        std::string_view(settings_.ingest_consumer), std::string_view(token_), std::string_view(joined_ ? "1" : "0")})
    append_bulk(out, word);
  append_bulk(out, lease);
  append_bulk(out, static_cast<std::int64_t>(count));
  append_bulk(out, from);
  append_bulk(out, passed_at_.boot_id);
  for (const auto n : {passed_at_.seq, passed_at_.count.trades, passed_at_.count.books})
    append_bulk(out, static_cast<std::int64_t>(n));
  for (const auto& id : passed_) append_bulk(out, id);
  connection_.commit({tag::kind::command, step_request});
  connection_.flush();
  sent_ = passed_.size();
  releasing_ = last && joined_;
  stepped_at_ = mono;
}

void ingest_stream::ring() {
  append_command(connection_.out(), {"XREAD", "COUNT", "1", "BLOCK", std::to_string(longest_wait / millisecond),
                                     "STREAMS", key_, last_id_});
  connection_.commit({tag::kind::command, wait_request});
  connection_.flush();
  under_way_ = true;
}

void ingest_stream::rest(std::int64_t ns) { not_before_ = env_.mono() + ns; }

// ---------------------------------------------------------------- answers

void ingest_stream::on_connected() {
  under_way_ = joined_ = releasing_ = false;
  script_id_.clear();
  not_before_ = 0;
  step();
}

void ingest_stream::on_lost() {
  under_way_ = joined_ = releasing_ = false;
  meters_.reading.set(0);
}

void ingest_stream::on_reply(const tag& t, const reply& r) {
  if (t.what != tag::kind::command) return;
  under_way_ = false;
  if (r.is_error() && r.text().starts_with("NOSCRIPT")) {
    script_id_.clear();
    return step();
  }
  if (r.is_error()) {
    if (const std::string text(r.text()); text != told_) {
      env_.log(TRAPLINE_LOG_ERROR, sdk::cat(key_, " cannot be read: ", text, "; tried again every second"));
      told_ = text;
    }
    return rest(second);
  }
  if (t.index == load_request) script_id_ = r.text();
  if (t.index != step_request) return step();
  on_step(r);
}

void ingest_stream::on_step(const reply& r) {
  const auto verdict = r.size() > 0 ? r.at(0).text() : std::string_view();
  if (verdict == "ok") {
    passed_.erase(passed_.begin(), passed_.begin() + static_cast<std::ptrdiff_t>(sent_));
    told_ = "reading";
    if (releasing_) {
      joined_ = false;
      meters_.reading.set(0);
      return;
    }
    if (r.size() > 1) return on_entries(r.at(1));
    if (events_.empty() && !at_barrier_) step();
  } else if (verdict == "mine" || verdict == "taken") {
    on_joined(r);
  } else if (verdict == "again") {  // Redis has lost its data
    joined_ = false;
    step();
  } else if (verdict == "standby") {
    const std::int64_t longest = settings_.ingest_lease / millisecond;  // whatever stands in Redis
    rest(std::clamp<std::int64_t>(r.at(1).integer(), 10, std::max<std::int64_t>(longest, 10)) * millisecond);
    if (const auto state = sdk::cat("standby ", r.at(2).text()); state != told_) {
      env_.log(TRAPLINE_LOG_INFO, sdk::cat(key_, " is read by '", r.at(2).text(), "'; this reader stands by"));
      told_ = state;
    }
  } else if (verdict == "fenced") {
    fenced(r.at(1).text());
  }
}

void ingest_stream::on_joined(const reply& r) {
  const bool mine = r.at(0).text() == "mine", clean = r.at(6).text() == "1";
  passed_.clear();  // acknowledged with this step; or, after another reader, pending and known here as repeated
  last_id_ = r.at(1).text();
  watermark w;
  w.boot_id = r.at(2).text();
  w.seq = number(r.at(3).text());
  w.count = {number(r.at(4).text()), number(r.at(5).text())};
  order_.adopt(w);
  joined_ = pending_ = true;
  unfinished_ |= !mine && !clean && !settings_.ingest_repeat;
  meters_.reading.set(1);
  told_ = "reading";
  if (!mine) env_.log(TRAPLINE_LOG_INFO, sdk::cat("reads ", key_, " as '", settings_.ingest_consumer, "'"));
  step();
}

void ingest_stream::fenced(std::string_view by) {
  joined_ = false;
  meters_.reading.set(0);
  beaten_ = by == settings_.ingest_consumer;
  told_ = "fenced";
  if (!beaten_) {
    env_.log(TRAPLINE_LOG_WARN,
             sdk::cat(key_, " was taken over by '", by, "', because this reader was silent for longer than its lease"));
    return rest(settings_.ingest_lease / 3);
  }
  const auto text = sdk::cat(key_, " was taken over by another process that calls itself '", by,
                             "' too; this one reads no more. Give each host its own ingest.consumer");
  env_.log(TRAPLINE_LOG_ERROR, text);
  env_.health(TRAPLINE_HEALTH_FAILED, text);
}

void ingest_stream::on_entries(const reply& list) {
  if (paused_) return step();  // left pending for the next reader
  for (std::size_t i = 0; i < list.size(); ++i) take(list.at(i));
  if (list.size() == 0) {
    if (std::exchange(pending_, false)) {
      unfinished_ = false;
      return step();
    }
    if (!order_.owes()) return ring();
    const auto j = order_.settle();
    tell_loss(j);
    events_.append_gaps(topic_, j, env_.now());
  }
  publish();
}

void ingest_stream::take(const reply& item) {
  const auto id = item.at(0).text();
  batch_.emplace_back(id);
  if (!pending_) last_id_ = id;
  if (item.size() < 2 || !item.at(1).is_array()) return;  // trimmed while it was pending: the counts will tell
  const auto r = read_relayed(item.at(1));
  if (!r) return refuse(id, "its fields are not those of a relayed event");
  if (r->boot_id == token_) return refuse(id, "this bridge wrote it itself");
  if (!events_.sound(*r)) return refuse(id, "its event is malformed, or does not belong into this stream");
  trapline_event head{};
  bool bus_gap = false, book_gap = false;
  if (r->type != "gap") {
    std::memcpy(&head, r->event.data(), sizeof head);
    if (head.type == TRAPLINE_EVENT_GAP) {
      const auto channel = static_cast<std::uint8_t>(r->event[sizeof head]);  // first member of trapline_gap
      bus_gap = channel == TRAPLINE_GAP_BUS;
      book_gap = channel == TRAPLINE_GAP_BOOK;
    }
  }
  const auto j = order_.judge(*r, head.type, bus_gap, book_gap, pending_ && unfinished_);
  if (j.repeated) return meters_.repeated.add();
  if (r->type != "gap") topic_ = r->topic;
  tell_loss(j);
  if (r->type != "gap") events_.append(*r, j);
}

void ingest_stream::tell_loss(const judgement& j) {
  meters_.lost.add(j.entries);
  if (!j.trades_lost() && !j.books_lost()) return;
  env_.log(TRAPLINE_LOG_WARN, j.unknown ? sdk::cat(key_, ": events are lost, nobody knows how many")
                                        : sdk::cat(key_, ": ", j.entries, " entries are lost, ", j.trades,
                                                   " trades and ", j.books, " book events among them"));
}

void ingest_stream::refuse(std::string_view id, std::string_view why) {
  meters_.refused.add();
  if (why == last_refusal_) return;
  last_refusal_ = why;
  env_.log(TRAPLINE_LOG_ERROR, sdk::cat(key_, ": the entry ", id, " is left out: ", why));
}

// ---------------------------------------------------------------- onto the bus

void ingest_stream::publish() {
  while (!events_.empty()) {
    const auto& e = events_.front();
    const auto s = bus_.publish(e);
    if (s == TRAPLINE_E_AGAIN) return retry_.after(full_bus_pause, [this] { publish(); });
    if (s == TRAPLINE_E_CLOSED) return void(closed_ = true);
    if (s == TRAPLINE_OK) {
      meters_.events.add();
      if (published_) published_(e);
    } else {
      refuse("-", sdk::cat("the bus refuses its event: status ", s));
    }
    events_.pop();
  }
  at_barrier_ = true;
  bus_.barrier(number_);
}

void ingest_stream::on_barrier() {
  if (!std::exchange(at_barrier_, false)) return;
  passed_.insert(passed_.end(), std::make_move_iterator(batch_.begin()), std::make_move_iterator(batch_.end()));
  batch_.clear();
  passed_at_ = order_.at();
  step();
}

}  // namespace trapline::redis_bridge
