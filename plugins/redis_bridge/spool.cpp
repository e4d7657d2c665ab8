#include "spool.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "json_writer.hpp"
#include "resp.hpp"
#include "trapline/sdk/decimal.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

// Order in which a full spool gives way: market data; status and reports; signals and states of the account, of which a
// later one makes good for an earlier one; last what happened once, orders and fills.
int rank(family f) {
  switch (f) {
    case family::trades:
    case family::books:
    case family::tickers:
    case family::candles:
    case family::relay:
      return 0;
    case family::status:
    case family::matrix:
    case family::trap_history:
      return 1;
    case family::orders:
    case family::fills:
    case family::plan_orders:
    case family::fill_history:
      return 3;
    default:
      return 2;
  }
}

}  // namespace

void field_list::add(std::string_view name, std::string_view value) {
  append_bulk(resp, name);
  append_bulk(resp, value);
  ++pairs;
}

void field_list::add(std::string_view name, std::int64_t value) {
  append_bulk(resp, name);
  append_bulk(resp, value);
  ++pairs;
}

void field_list::add_decimal(std::string_view name, std::int64_t mantissa, int exp) {
  std::string text;  // fits the small-string buffer
  sdk::format_to(text, mantissa, exp);
  add(name, text);
}

log::log(std::string key, family f, bool list, std::int64_t maxlen)
    : key_(std::move(key)), family_(f), list_(list), maxlen_(maxlen) {
  for (const std::string_view word :
       {std::string_view("XADD"), std::string_view(key_), std::string_view("MAXLEN"), std::string_view("~")})
    append_bulk(head_, word);
  append_bulk(head_, maxlen_);
  append_bulk(head_, "*");
  append_bulk(head_, "type");
}

std::uint32_t spool::open(std::string_view key, family f, bool list, std::int64_t maxlen) {
  const auto [it, made] = by_key_.try_emplace(std::string(key), static_cast<std::uint32_t>(logs_.size()));
  if (made) logs_.push_back(std::make_unique<log>(std::string(key), f, list, maxlen));
  return it->second;
}

void spool::append(std::uint32_t index, entry e) {
  e.order = ++order_;
  // Buffers that grew by doubling would make the limit in bytes a limit on air.
  if (e.fields.resp.capacity() > e.fields.resp.size() + 256) e.fields.resp.shrink_to_fit();
  if (e.json.capacity() > e.json.size() + 256) e.json.shrink_to_fit();
  keep(e);
  logs_[index]->fresh_.push_back(std::move(e));
  wake(*logs_[index], index);
  enforce_limits();
  publish_gauges();
}

void spool::wake(log& l, std::uint32_t index) {
  if (l.queued_ || !l.has_work()) return;
  l.queued_ = true;
  ready_[rank(l.family_)].push_back(index);
}

void spool::wake_all() {
  for (std::uint32_t i = 0; i < logs_.size(); ++i) wake(*logs_[i], i);
}

void spool::keep(const entry& e) {
  ++commands_;
  bytes_ += e.bytes();
}

void spool::release(const entry& e) {
  --commands_;
  bytes_ -= e.bytes();
}

void spool::enforce_limits() {
  while ((commands_ > max_commands_ || bytes_ > max_bytes_) && drop_one()) {
  }
}

bool spool::drop_one() {
  for (int r = 0; r < ranks; ++r) {
    log* oldest = nullptr;
    for (auto& l : logs_)
      if (rank(l->family_) == r && !l->fresh_.empty() &&
          (!oldest || l->fresh_.front().order < oldest->fresh_.front().order))
        oldest = l.get();
    if (!oldest) continue;
    const entry victim = std::move(oldest->fresh_.front());
    oldest->fresh_.pop_front();
    release(victim);
    oldest->overflow_.reason = "spool_overflow";
    add_to(oldest->overflow_, victim);
    if (!victim.gap) lose(*oldest, victim.covers);
    if (!oldest->tells_losses()) oldest->overflow_ = {};
    return true;
  }
  return false;
}

void spool::lose(log& l, std::uint64_t count) {
  dropped_ += count;
  meters_.dropped[static_cast<std::size_t>(l.family_)].add(count);
}

void spool::add_to(loss& gap, const entry& e) {
  gap.count += e.covers;
  if (gap.first_ts == 0) gap.first_ts = e.ts;
  gap.last_ts = e.ts;
  if (e.seq == 0) return;
  if (gap.from_seq == 0) gap.from_seq = e.seq;
  gap.to_seq = e.seq;
}

void spool::announce(log& l, const loss& gap, std::deque<entry>& where, std::uint64_t seq) {
  if (!l.tells_losses()) return;
  auto e = gap_entry(l, gap);
  e.seq = seq;
  e.order = ++order_;
  keep(e);
  where.push_front(std::move(e));
}

bool spool::any_overflow() const {
  return std::any_of(logs_.begin(), logs_.end(), [](const auto& l) { return l->overflow_.count > 0; });
}

entry spool::gap_entry(const log& l, const loss& what) const {
  entry e;
  e.ts = env_.now();
  e.gap = true;
  e.covers = what.count;  // should it be lost in its turn, it still stands for them
  const auto number = [&](std::string_view name, std::uint64_t v, json_writer* json) {
    if (json) json->key(name).integer(static_cast<std::int64_t>(v));
    else e.fields.add(name, static_cast<std::int64_t>(v));
  };
  json_writer w;
  json_writer* json = nullptr;
  if (l.list_) {
    w.object().key("type").string("gap").key("reason").string(what.reason);
    json = &w;
  } else {
    e.type = "gap";
    e.fields.add("reason", what.reason);
  }
  number("lost", what.count, json);
  if (what.to_seq != 0) {
    number("from_seq", what.from_seq, json);
    number("to_seq", what.to_seq, json);
  }
  if (what.repeated != 0) number("repeated_at_most", what.repeated, json);
  if (what.first_ts != 0) {
    number("first_ts", static_cast<std::uint64_t>(what.first_ts), json);
    number("last_ts", static_cast<std::uint64_t>(what.last_ts), json);
  }
  e.json = w.take();
  return e;
}

void spool::write(const log& l, const entry& e, std::string& out) const {
  if (l.list_) {
    const auto json = sdk::cat(e.json, ",\"boot_id\":\"", boot_id_, "\",\"seq\":", e.seq, "}");
    append_command(out, {"LPUSH", l.key_, json});
    return;
  }
  append_array_head(out, 6 + 2 * (4 + std::size_t{e.fields.pairs}));
  out += l.head_;
  append_bulk(out, e.type);
  append_bulk(out, "seq");
  append_bulk(out, static_cast<std::int64_t>(e.seq));
  out += after_seq_.resp;
  append_bulk(out, "ts");
  append_bulk(out, e.ts);
  out += e.fields.resp;
}

void spool::trim_command(std::uint32_t index, std::string& out) const {
  const auto& l = *logs_[index];
  append_command(out, {"LTRIM", l.key_, "0", std::to_string(l.maxlen_ - 1)});
}

bool spool::next(std::string& out, std::uint32_t& index, std::int64_t mono) {
  constexpr unsigned longest_burst = 64;
  for (int r = ranks - 1; r >= 0; --r) {
    auto& queue = ready_[r];
    while (!queue.empty()) {
      index = queue.front();
      auto& l = *logs_[index];
      if (!l.has_work() || l.resuming_ || !l.refused_.empty() || mono < l.halted_until_ ||
          (l.probing_ && !l.flight_.empty())) {
        l.queued_ = false;  // wake() brings it back
        queue.pop_front();
        burst_ = 0;
        continue;
      }
      if (l.again_.empty() && l.overflow_.count > 0) {
        l.flight_.push_back(gap_entry(l, std::exchange(l.overflow_, {})));
        keep(l.flight_.back());  // may stand above the limits: to make room for a marker would need another one
      } else {
        auto& from = l.again_.empty() ? l.fresh_ : l.again_;
        l.flight_.push_back(std::move(from.front()));
        from.pop_front();
      }
      auto& e = l.flight_.back();
      if (e.seq == 0) e.seq = l.next_seq_++;
      write(l, e, out);
      if (++burst_ >= longest_burst) {  // the next log's turn
        burst_ = 0;
        queue.pop_front();
        queue.push_back(index);
      }
      return true;
    }
  }
  return false;
}

void spool::answered(std::uint32_t index, bool error, std::int64_t retry_at) {
  auto& l = *logs_[index];
  if (l.flight_.empty()) return;
  entry e = std::move(l.flight_.front());
  l.flight_.pop_front();
  if (error) {
    e.refused = true;
    l.refused_.push_back(std::move(e));
  } else {
    l.acked_ = e.seq;
    l.probing_ = false;
    release(e);
    give_up_refused(l);
  }
  if (l.flight_.empty() && !l.refused_.empty()) settle_refused(l, retry_at);
  wake(l, index);
  publish_gauges();
}

// Refused entries in front of one that was taken: under their numbers they would stand out of order. Orders and fills
// come once more under new ones, behind a marker; the rest is lost.
void spool::give_up_refused(log& l) {
  if (l.refused_.empty()) return;
  const bool comes_again = rank(l.family_) == ranks - 1;
  loss gap{comes_again ? "reordered" : "redis_refused"};
  std::uint64_t events = 0;
  for (const auto& r : l.refused_) {
    add_to(gap, r);
    events += r.gap ? 0 : r.covers;
    if (!comes_again) release(r);
  }
  if (comes_again) {
    for (auto& r : l.refused_) {
      r.seq = 0;
      r.refused = false;
    }
    l.fresh_.insert(l.fresh_.begin(), std::make_move_iterator(l.refused_.begin()),
                    std::make_move_iterator(l.refused_.end()));
    gap.count = 0;
  } else {
    lose(l, events);
  }
  l.refused_.clear();
  announce(l, gap, l.fresh_);
}

// Nothing behind the refused entries was taken, so that they can be sent again in order.
void spool::settle_refused(log& l, std::int64_t retry_at) {
  for (auto& r : l.refused_) r.refused = false;
  l.again_.insert(l.again_.begin(), std::make_move_iterator(l.refused_.begin()),
                  std::make_move_iterator(l.refused_.end()));
  l.refused_.clear();
  l.halted_until_ = retry_at;
  l.probing_ = true;  // else an outage that ends in the middle of a burst would split it
}

void spool::connection_lost() {
  for (auto& l : logs_) {
    l->flight_.insert(l->flight_.begin(), std::make_move_iterator(l->refused_.begin()),
                      std::make_move_iterator(l->refused_.end()));
    l->refused_.clear();
    l->resuming_ = true;
    l->halted_until_ = 0;  // but still one at a time: what refused the last ones may last
  }
}

std::string spool::give_up_all() {
  std::array<std::uint64_t, family_count> lost{};
  for (auto& l : logs_) {
    std::uint64_t events = 0;
    const auto forget = [&](auto& entries) {
      for (const auto& e : entries) {
        events += e.gap ? 0 : e.covers;  // those that a gap tells of are counted already
        release(e);
      }
      entries.clear();
    };
    forget(l->flight_);
    forget(l->again_);
    forget(l->refused_);
    forget(l->fresh_);
    l->overflow_ = {};
    if (events == 0) continue;
    lose(*l, events);
    lost[static_cast<std::size_t>(l->family_)] += events;
  }
  publish_gauges();
  std::string out;
  for (std::size_t i = 0; i < family_count; ++i)
    if (lost[i] > 0) out += sdk::cat(out.empty() ? "" : ", ", family_name(static_cast<family>(i)), " ", lost[i]);
  return out;
}

bool spool::wants_resume(std::uint32_t index) const {
  const auto& l = *logs_[index];
  return l.acked_ > 0 || !l.flight_.empty();
}

void spool::skip_resume(std::uint32_t index) {
  logs_[index]->resuming_ = false;
  wake(*logs_[index], index);
}

void spool::resume(std::uint32_t index, std::uint64_t last) {
  auto& l = *logs_[index];
  while (!l.flight_.empty() && l.flight_.front().seq <= last) {
    entry& e = l.flight_.front();
    l.acked_ = e.seq;
    if (e.refused) l.refused_.push_back(std::move(e));
    else release(e);
    l.flight_.pop_front();
  }
  give_up_refused(l);
  for (auto& e : l.flight_) e.refused = false;
  const auto repeated = l.flight_.size();
  l.again_.insert(l.again_.begin(), std::make_move_iterator(l.flight_.begin()),
                  std::make_move_iterator(l.flight_.end()));
  l.flight_.clear();
  if (last < l.acked_) {
    // Redis had confirmed entries that it does not hold any more. The marker takes the number of the last of them.
    loss gap{"redis_lost"};
    gap.count = l.acked_ - last;
    gap.from_seq = last + 1;
    gap.to_seq = l.acked_;
    gap.repeated = repeated;
    lose(l, gap.count);
    env_.log(TRAPLINE_LOG_WARN,
             sdk::cat("Redis has lost ", gap.count, " confirmed entries of ", l.key_, " (", gap.from_seq, "..",
                      gap.to_seq, "); up to ", repeated, " more may be seen twice by readers"));
    announce(l, gap, l.again_, l.acked_);
    l.acked_ = last;
  }
  skip_resume(index);
  publish_gauges();
}

void spool::publish_gauges() {
  meters_.spool_commands.set(static_cast<std::int64_t>(commands_));
  meters_.spool_bytes.set(static_cast<std::int64_t>(bytes_));
}

}  // namespace trapline::redis_bridge
