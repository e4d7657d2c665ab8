#include "account_data.hpp"

#include <algorithm>

#include "trapline/abi/system.h"

namespace trapline::mm_ws {
namespace {

constexpr std::int64_t ms = 1'000'000, s = 1000 * ms;

// Positions and account have their turn once in it. Together 48 of the 240 requests an hour that the venue allows.
constexpr std::int64_t reconcile_every = 300 * s;
constexpr std::size_t max_instruments = 1000;

channel_kind kind_of(const std::string& channel) {
  return channel == "positions" ? channel_kind::position
         : channel == "orders"  ? channel_kind::order
                                : channel_kind::account;
}

// The venue also lists contracts whose symbols are not capitals and digits, Chinese ones for instance. A position in
// one must not make all others unknown, so it gets a name made of its bytes, the same in each run.
std::string bus_symbol(std::string_view symbol) {
  if (valid_symbol(symbol)) return std::string(symbol);
  std::uint64_t h = 0xcbf29ce484222325u;  // FNV-1a
  for (const char c : symbol) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  std::string out = "X";
  for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789ABCDEF"[h >> shift & 15];
  return out;
}

}  // namespace

account_data::account_data(const options& o, outlet& out, log_limiter& log, feed_counters& counters)
    : options_(o),
      dialect_(o.dialect()),
      out_(out),
      log_(log),
      counters_(counters),
      position_topic_(out.topic("acct.position.bitget")),
      order_topic_(out.topic("acct.order.bitget")),
      account_topic_(out.topic("acct.account.bitget")),
      next_reconcile_(out.mono() + reconcile_every / 2) {
  for (const auto& channel : o.private_channels) {
    const auto label = "channel=\"" + channel + "\"";
    // `positions` takes nothing but `default`; the others are asked for whole, too, and filtered by their readers.
    streams_.push_back({{kind_of(channel), channel, "default"},
                        out.counter("feed_messages_total", label),
                        out.counter("feed_rows_total", label)});
  }
}

std::vector<subscription> account_data::subscriptions() const {
  std::vector<subscription> out;
  for (const auto& st : streams_) out.push_back(st.what);
  return out;
}

std::size_t account_data::find(std::string_view channel) const noexcept {
  std::size_t i = 0;
  while (i < streams_.size() && streams_[i].what.channel != channel) ++i;
  return i;
}

bool account_data::decode(const frame_head& head, ondemand::value data) {
  current_ = find(head.channel);
  if (current_ == streams_.size()) return true;
  switch (streams_[current_].what.kind) {
    case channel_kind::position:
      positions_.clear();
      return head.snapshot && decode_positions(dialect_, data, positions_);
    case channel_kind::order:
      orders_.clear();
      return decode_orders(dialect_, data, orders_);
    case channel_kind::account:
      accounts_.clear();
      return decode_accounts(dialect_, data, accounts_);
    default:
      return false;
  }
}

void account_data::take(const frame_head& head, std::int64_t received) {
  if (current_ == streams_.size()) {
    log_.warn(trouble::unknown_stream, "private data that was not subscribed: channel " + quoted(head.channel, 40));
    return;
  }
  auto& st = streams_[current_];
  counters_.messages.add();
  st.messages.add();
  batch_.clear();
  switch (st.what.kind) {
    case channel_kind::position:
      return take_positions(current_, head.ts, received);
    case channel_kind::order:
      return take_orders(current_, head.ts, received);
    case channel_kind::account:
      return take_accounts(current_, head.ts, received);
    default:
      return;
  }
}

// Symbols come up at run time: positions exist in what nobody configured. Rare, so the bus' lock does not matter.
std::uint32_t account_data::instrument_of(std::string_view symbol) {
  for (const auto& [name, id] : instruments_)
    if (name == symbol) return id;
  if (instruments_.size() == max_instruments) return 0;
  const auto bus_name = bus_symbol(symbol);
  if (bus_name != symbol) out_.log(TRAPLINE_LOG_WARN, "the account's symbol " + quoted(symbol, 60) + " is " + bus_name);
  const auto id = out_.instrument(bus_name);
  instruments_.emplace_back(std::string(symbol), id);
  return id;
}

// What was lost must be told before what comes after it: behind a list, a GAP would say that the list is void.
void account_data::publish(std::size_t i) {
  try_gap();
  if (!gap_pending_ && batch_.publish(out_) == TRAPLINE_OK) {
    known_ = true;
    streams_[i].resync_pending = false;
    return;
  }
  counters_.refused.add();
  log_.warn(trouble::refused_by_bus, "the bus is full: a message of " + streams_[i].what.channel +
                                         " was dropped, the account's state is unknown");
  lose(TRAPLINE_GAP_OVERRUN);
}

void account_data::take_positions(std::size_t i, std::int64_t ts, std::int64_t received) {
  streams_[i].rows.add(positions_.size());
  if (positions_.empty()) {
    batch_.add(sdk::make_event(TRAPLINE_EVENT_POSITION, position_topic_, 0, ts, received, TRAPLINE_FLAG_SNAPSHOT),
               trapline_position{});
  }
  for (const auto& row : positions_) {
    const auto id = instrument_of(row.symbol);
    // A list that lacks one position says that it is closed.
    if (id == 0 || batch_.full()) {
      counters_.malformed.add();
      batch_.clear();
      return lose(TRAPLINE_GAP_MALFORMED);
    }
    batch_.add(sdk::make_event(
                   TRAPLINE_EVENT_POSITION, position_topic_, id, row.updated_ts != 0 ? row.updated_ts : ts, received,
                   static_cast<std::uint16_t>(TRAPLINE_FLAG_SNAPSHOT | (row.inexact ? TRAPLINE_FLAG_INEXACT : 0))),
               row.payload);
  }
  publish(i);
}

void account_data::take_orders(std::size_t i, std::int64_t ts, std::int64_t received) {
  streams_[i].rows.add(orders_.size());
  for (const auto& row : orders_) {
    const auto id = instrument_of(row.symbol);
    if (id == 0 || batch_.full()) {
      counters_.malformed.add();
      batch_.clear();
      return lose(TRAPLINE_GAP_MALFORMED);
    }
    batch_.add(sdk::make_event(TRAPLINE_EVENT_ORDER, order_topic_, id, row.updated_ts != 0 ? row.updated_ts : ts,
                               received, row.inexact ? TRAPLINE_FLAG_INEXACT : std::uint16_t{0}),
               row.payload);
  }
  publish(i);
}

void account_data::take_accounts(std::size_t i, std::int64_t ts, std::int64_t received) {
  streams_[i].rows.add(accounts_.size());
  for (const auto& row : accounts_) {
    if (batch_.full()) break;
    batch_.add(
        sdk::make_event(TRAPLINE_EVENT_ACCOUNT, account_topic_, 0, ts, received,
                        static_cast<std::uint16_t>(TRAPLINE_FLAG_SNAPSHOT | (row.inexact ? TRAPLINE_FLAG_INEXACT : 0))),
        row.payload);
  }
  publish(i);
}

void account_data::on_malformed() { lose(TRAPLINE_GAP_MALFORMED); }

// The next connection subscribes anew.
void account_data::on_lost() {
  lose(TRAPLINE_GAP_DISCONNECT);
  for (auto& st : streams_) st.resync_pending = false;
}

void account_data::lose(std::uint8_t reason) {
  if (!known_ && reason == TRAPLINE_GAP_DISCONNECT) return;  // told already, or never known
  known_ = false;
  if (!gap_pending_) gap_reason_ = reason;
  gap_pending_ = true;
  counters_.gaps.add();
  // Positions and account are sent whole after a subscription; orders are not, so for them it would change nothing.
  for (auto& st : streams_) st.resync_pending = st.what.kind != channel_kind::order;
  next_check_ = out_.mono();
  try_gap();
}

void account_data::try_gap() {
  if (!gap_pending_) return;
  trapline_gap p{};
  p.channel = TRAPLINE_GAP_PRIVATE;
  p.reason = gap_reason_;
  const auto e = sdk::make_event(TRAPLINE_EVENT_GAP, position_topic_, 0, 0, out_.now(), TRAPLINE_FLAG_LAST_IN_BATCH);
  const trapline_frame f{&e, &p, sizeof p, 0};
  gap_pending_ = out_.publish(&f, 1) != TRAPLINE_OK;
}

void account_data::advance() {
  const auto now = out_.mono();
  if (now >= next_reconcile_) reconcile(now);
  if (now < next_check_) return;
  next_check_ = session::never;
  try_gap();
  // A list that is asked for while the bus is full would only be dropped, too.
  if (gap_pending_) next_check_ = now + 10 * ms;
  else
    for (std::size_t i = 0; i < streams_.size(); ++i)
      if (streams_[i].resync_pending) resync(i, now);
}

void account_data::resync(std::size_t i, std::int64_t now) {
  auto& st = streams_[i];
  std::erase_if(st.resyncs, [&](std::int64_t at) { return now - at >= options_.resync_window; });
  if (!session_->acked(i)) {
    next_check_ = std::min(next_check_, now + s);  // asked for already: what comes may do
  } else if (st.resyncs.size() < options_.max_resyncs) {
    st.resync_pending = false;
    st.resyncs.push_back(now);
    counters_.resyncs.add();
    session_->resubscribe(i);
  } else if (!st.resyncs.empty()) {
    next_check_ = std::min(next_check_, st.resyncs.front() + options_.resync_window);
  }
}

// One list at a time, so that the connection as a whole stays live.
void account_data::reconcile(std::int64_t now) {
  next_reconcile_ = now + reconcile_every / 2;
  for (std::size_t n = 0; n < streams_.size(); ++n) {
    reconciled_ = (reconciled_ + 1) % streams_.size();
    if (streams_[reconciled_].what.kind == channel_kind::order) continue;
    if (session_->acked(reconciled_)) session_->resubscribe(reconciled_);
    return;
  }
}

}  // namespace trapline::mm_ws
