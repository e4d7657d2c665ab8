#include "account_data.hpp"

#include <algorithm>

#include "trapline/abi/system.h"

namespace trapline::mm_ws {
namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::size_t max_instruments = 1000;

channel_kind kind_of(const std::string& channel) {
  return channel == "positions" ? channel_kind::position
         : channel == "orders"  ? channel_kind::order
                                : channel_kind::account;
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
      account_topic_(out.topic("acct.account.bitget")) {
  for (const auto& channel : o.private_channels) {
    const auto label = "channel=\"" + channel + "\"";
    // `positions` takes nothing but `default`; the others are asked for whole, too, and filtered by their readers.
    streams_.push_back({{kind_of(channel), channel, "default"},
                        out.counter("feed_messages_total", label),
                        out.counter("feed_rows_total", label),
                        {}});
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
      return decode_positions(dialect_, data, positions_);
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
  if (instruments_.size() == max_instruments || !valid_symbol(symbol)) return 0;
  const auto id = out_.instrument(symbol);
  instruments_.emplace_back(std::string(symbol), id);
  return id;
}

bool account_data::publish(std::size_t i) {
  if (batch_.publish(out_) == TRAPLINE_OK) return true;
  counters_.refused.add();
  log_.warn(trouble::refused_by_bus, "the bus is full: a message of " + streams_[i].what.channel +
                                         " was dropped, the account's state is unknown");
  lose(TRAPLINE_GAP_OVERRUN);
  resync(i);
  return false;
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
  try_gap();
  if (publish(i)) known_ = true;
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
  known_ = true;
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
  known_ = true;
  publish(i);
}

void account_data::on_malformed(const frame_head& head) {
  known_ = true;  // whatever was thought to be known is not
  lose(TRAPLINE_GAP_MALFORMED);
  const auto i = find(head.channel);
  if (i < streams_.size()) resync(i);
}

void account_data::on_lost() { lose(TRAPLINE_GAP_DISCONNECT); }

void account_data::lose(std::uint8_t reason) {
  if (!known_ && reason == TRAPLINE_GAP_DISCONNECT) return;  // told already, or never known
  known_ = false;
  gap_pending_ = true;
  gap_reason_ = reason;
  counters_.gaps.add();
  try_gap();
}

// Positions and account are sent whole after a subscription; orders are not, so for them it would change nothing.
void account_data::resync(std::size_t i) {
  auto& st = streams_[i];
  if (st.what.kind == channel_kind::order) return;
  const auto now = out_.mono();
  std::erase_if(st.resyncs, [&](std::int64_t at) { return now - at >= options_.resync_window; });
  if (st.resyncs.size() >= options_.max_resyncs) return;  // the next push brings the list again
  st.resyncs.push_back(now);
  counters_.resyncs.add();
  session_->resubscribe(i);
}

void account_data::try_gap() {
  if (!gap_pending_) return;
  trapline_gap p{};
  p.channel = TRAPLINE_GAP_PRIVATE;
  p.reason = gap_reason_;
  const auto e = sdk::make_event(TRAPLINE_EVENT_GAP, position_topic_, 0, 0, out_.now(), TRAPLINE_FLAG_LAST_IN_BATCH);
  const trapline_frame f{&e, &p, sizeof p, 0};
  gap_pending_ = out_.publish(&f, 1) != TRAPLINE_OK;
  next_check_ = out_.mono() + 10 * ms;
}

void account_data::advance() {
  if (gap_pending_ && out_.mono() >= next_check_) try_gap();
}

}  // namespace trapline::mm_ws
