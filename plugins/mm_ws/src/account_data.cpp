#include "account_data.hpp"

#include <algorithm>

#include "trapline/abi/system.h"

namespace trapline::mm_ws {
namespace {

constexpr std::int64_t ms = 1'000'000, s = 1000 * ms;

// Without REST. Positions and account have their turn once in it. Together 48 of the 240 requests an hour that the
// venue allows.
constexpr std::int64_t ask_every = 300 * s;

// Whether the venue sends the whole list after a subscription. Orders, fills and plan orders come only as they change.
bool sent_whole(channel_kind k) { return k == channel_kind::position || k == channel_kind::account; }

}  // namespace

account_data::account_data(const options& o, outlet& out, log_limiter& log, feed_counters& counters, rest_client& rest,
                           std::int64_t started)
    : options_(o),
      dialect_(o.dialect()),
      out_(out),
      log_(log),
      counters_(counters),
      rest_(rest),
      store_(o, out, log, counters),
      reconciler_(o, out, log, rest, store_, started),
      other_products_(out.counter("feed_other_products_total", "")),
      next_turn_(out.mono() + ask_every / 2) {
  for (const auto& channel : o.private_channels) {
    const auto label = "channel=\"" + channel + "\"";
    // `positions` takes nothing but `default`; the others are asked for whole, too, and filtered by their readers.
    streams_.push_back({make_subscription(dialect_, channel, "default"), out.counter("feed_messages_total", label),
                        out.counter("feed_rows_total", label)});
  }
}

std::vector<subscription> account_data::subscriptions() const {
  std::vector<subscription> out;
  for (const auto& st : streams_) out.push_back(st.what);
  return out;
}

std::size_t account_data::find(std::string_view wire) const noexcept {
  std::size_t i = 0;
  while (i < streams_.size() && streams_[i].what.wire != wire) ++i;
  return i;
}

bool account_data::decode(const frame_head& head, ondemand::value data) {
  current_ = find(head.channel);
  others_ = 0;
  if (current_ == streams_.size()) return true;
  switch (streams_[current_].what.kind) {
    case channel_kind::position:
      positions_.clear();
      // v2's lists say of themselves that they are whole.
      if ((!head.snapshot && !dialect_.position_rows) || !decode_positions(dialect_, data, positions_)) return false;
      // v3 pushes those of all products, which it does not name.
      if (dialect_.position_rows)
        others_ += std::erase_if(positions_, [](const position_row& p) {
          const auto coin = sdk::view(p.payload.margin_coin);
          return !coin.empty() && coin != "USDT";
        });
      return true;
    case channel_kind::order:
      orders_.clear();
      fills_.clear();
      return decode_orders(dialect_, false, data, orders_, &fills_, &others_);
    case channel_kind::fill:
      fills_.clear();
      return decode_fills(dialect_, false, data, fills_, &others_);
    case channel_kind::plan:
      plans_.clear();
      return decode_plans(dialect_, data, plans_, &others_);
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
  const account_store::seen when{head.ts, received};
  std::uint8_t failed = 0;
  std::size_t rows = 0;
  switch (st.what.kind) {
    case channel_kind::position:
      rows = positions_.size();
      // v3 sends all of them first, then those that change. But a first message that is late may be of the second kind:
      // where REST tells which there are, it alone does.
      failed = store_.push_positions(positions_, !dialect_.position_rows || (st.first && !by_rest_), when);
      break;
    case channel_kind::order:
      rows = orders_.size();
      failed = store_.push_orders(orders_, fills_, when);
      break;
    case channel_kind::fill:
      rows = fills_.size();
      failed = store_.push_fills(fills_, 0, when);
      break;
    case channel_kind::plan:
      rows = plans_.size();
      failed = store_.push_plans(plans_, when);
      break;
    case channel_kind::account:
      rows = accounts_.size();
      failed = store_.push_accounts(accounts_, when);
      break;
    default:
      break;
  }
  st.rows.add(rows + others_);
  other_products_.add(others_);
  st.first = false;
  if (failed) return lose(failed);
  st.resync_pending = false;
}

void account_data::on_acked(std::size_t i) {
  streams_[i].first = true;
  if (session_->acked_count() < streams_.size() || !rest_.available()) return;
  by_rest_ = true;
  if (!reconciler_.settled()) reconciler_.begin();
}

void account_data::rotate(session& s) {
  session_ = &s;
  for (auto& st : streams_) st.resync_pending = false;
  if (by_rest_) reconciler_.check_soon();
}

// The next connection subscribes anew.
void account_data::on_lost() {
  reconciler_.interrupt();
  by_rest_ = false;
  if (store_.known()) lose(TRAPLINE_GAP_DISCONNECT);
  for (auto& st : streams_) {
    st.resync_pending = false;
    st.first = true;
  }
}

void account_data::lose(std::uint8_t reason) {
  if (!store_.known() && reason == TRAPLINE_GAP_DISCONNECT) return;  // told already, or never known
  store_.lose(reason);
  // Where a message was lost, the next list must be whole again.
  for (auto& st : streams_) st.resync_pending = sent_whole(st.what.kind) && !(by_rest_ && !dialect_.position_rows);
  if (by_rest_ && reason != TRAPLINE_GAP_DISCONNECT) reconciler_.begin();
  next_check_ = out_.mono();
}

std::int64_t account_data::deadline() const {
  auto due = std::min({next_check_, reconciler_.deadline(), store_.deadline()});
  if (!by_rest_) due = std::min(due, next_turn_);
  return due;
}

void account_data::advance() {
  const auto now = out_.mono();
  reconciler_.advance();
  store_.advance();
  if (!by_rest_ && now >= next_turn_) ask_in_turn(now);
  if (now < next_check_) return;
  next_check_ = session::never;
  // A list that is asked for while the bus is full would only be dropped, too.
  if (!store_.settle()) next_check_ = now + 10 * ms;
  else
    for (std::size_t i = 0; i < streams_.size(); ++i)
      if (streams_[i].resync_pending) resync(i, now);
}

std::string account_data::uncertain() const {
  if (by_rest_ && !reconciler_.settled()) return reconciler_.trouble_text();
  return store_.stale();
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
void account_data::ask_in_turn(std::int64_t now) {
  next_turn_ = now + ask_every / 2;
  for (std::size_t n = 0; n < streams_.size(); ++n) {
    turn_ = (turn_ + 1) % streams_.size();
    if (!sent_whole(streams_[turn_].what.kind)) continue;
    if (session_->acked(turn_)) session_->resubscribe(turn_);
    return;
  }
}

}  // namespace trapline::mm_ws
