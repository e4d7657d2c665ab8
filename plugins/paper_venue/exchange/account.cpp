#include "account.hpp"

#include <algorithm>
#include <utility>

namespace trapline::paper_venue {

account::account(std::int64_t balance, const std::vector<instrument>& instruments)
    : instruments_(instruments), balance_(balance) {}

std::vector<position>::iterator account::locate(std::size_t symbol, side direction) {
  return std::find_if(positions_.begin(), positions_.end(),
                      [&](auto& p) { return p.symbol == symbol && p.direction == direction; });
}

const position* account::find(std::size_t symbol) const {
  const auto it = std::find_if(positions_.begin(), positions_.end(), [&](auto& p) { return p.symbol == symbol; });
  return it == positions_.end() ? nullptr : &*it;
}

const position* account::find(std::size_t symbol, side direction) const {
  const auto it = std::find_if(positions_.begin(), positions_.end(),
                               [&](auto& p) { return p.symbol == symbol && p.direction == direction; });
  return it == positions_.end() ? nullptr : &*it;
}

std::int64_t account::leverage(std::size_t symbol) const {
  const auto it = leverage_.find(symbol);
  return it == leverage_.end() ? default_leverage : it->second;
}

void account::fill_order(order& o, std::int64_t tick, std::int64_t lots, bool maker, std::uint64_t trade_id,
                         std::int64_t ts, std::optional<position>* ended) {
  const instrument& i = instruments_[o.symbol];
  const __int128 value = static_cast<__int128>(tick) * lots;
  const std::int64_t rate = maker ? maker_fee_per_10k : taker_fee_per_10k;
  const auto fee = static_cast<std::int64_t>(static_cast<__int128>(notional(i, value)) * rate / 10'000);
  std::int64_t profit = 0, opening = lots, fee_left = fee;

  // In hedge mode only a closing order touches the other side.
  const bool may_close = o.mode == position_mode::one_way || o.closing;
  if (auto it = locate(o.symbol, opposite(o.direction)); may_close && it != positions_.end()) {
    const auto closing = std::min(lots, it->lots);
    opening -= closing;
    // The cost of the part closed, so that the whole cost is used up when the last lot goes.
    const __int128 cost = it->cost * closing / it->lots;
    const __int128 closed_at = static_cast<__int128>(tick) * closing;
    profit = notional(i, it->direction == side::buy ? closed_at - cost : cost - closed_at);
    const auto closing_fee = static_cast<std::int64_t>(static_cast<__int128>(fee) * closing / lots);
    fee_left -= closing_fee;
    it->cost -= cost;
    it->lots -= closing;
    it->realised += profit;
    it->close_fees += closing_fee;
    it->closed_lots += closing;
    it->close_cost += closed_at;
    it->updated = ts;
    if (it->lots == 0) {
      if (ended) *ended = *it;
      positions_.erase(it);
    }
  }
  if (opening > 0) {
    auto it = locate(o.symbol, o.direction);
    if (it == positions_.end()) {
      position p;
      p.id = next_position_id_++;
      p.symbol = o.symbol;
      p.direction = o.direction;
      p.created = ts;
      it = positions_.insert(positions_.end(), p);
    }
    const __int128 cost = static_cast<__int128>(tick) * opening;
    it->lots += opening;
    it->cost += cost;
    it->opened_lots += opening;
    it->open_cost += cost;
    it->open_fees += fee_left;
    it->updated = ts;
  }

  balance_ += profit - fee;
  profits_ += profit;
  fees_ += fee;
  o.filled += lots;
  o.cost += value;
  o.fees += fee;
  o.profit += profit;
  o.updated = ts;
  o.status = o.filled == o.lots ? order_status::filled : order_status::partially_filled;
  o.last = order::last_fill{tick, lots, fee, ts, trade_id, maker};
}

void account::settle_funding(std::size_t symbol, std::int64_t mark, std::int64_t rate_millionths, std::int64_t ts) {
  for (auto& p : positions_) {
    if (p.symbol != symbol) continue;
    const __int128 value = notional(instruments_[symbol], static_cast<__int128>(mark) * p.lots);
    const auto amount = static_cast<std::int64_t>(value * rate_millionths / 1'000'000);
    const auto paid = p.direction == side::buy ? amount : -amount;
    p.funding += paid;
    p.updated = ts;
    funding_ += paid;
    balance_ -= paid;
  }
}

void account::cover_deficit() {
  if (balance_ >= 0 || !positions_.empty()) return;
  insurance_ -= balance_;
  balance_ = 0;
}

std::int64_t account::unrealised(const position& p, std::int64_t mark) const {
  const __int128 difference = static_cast<__int128>(mark) * p.lots - p.cost;
  return notional(instruments_[p.symbol], p.direction == side::buy ? difference : -difference);
}

std::int64_t account::unrealised(const std::vector<std::int64_t>& marks) const {
  std::int64_t sum = 0;
  for (const auto& p : positions_) sum += unrealised(p, marks[p.symbol]);
  return sum;
}

std::int64_t account::margin(const position& p) const {
  return notional(instruments_[p.symbol], p.cost) / leverage(p.symbol);
}

std::int64_t account::margin_used() const {
  std::int64_t sum = 0;
  for (const auto& p : positions_) sum += margin(p);
  return sum;
}

std::int64_t account::maintenance(const std::vector<std::int64_t>& marks) const {
  std::int64_t sum = 0;
  for (const auto& p : positions_)
    sum +=
        notional(instruments_[p.symbol], static_cast<__int128>(marks[p.symbol]) * p.lots) / 1000 * maintenance_per_1000;
  return sum;
}

std::int64_t account::liquidation_tick(const position& p, const std::vector<std::int64_t>& marks) const {
  // At x: rest + (net lots) * x - (net cost) = m * (all lots) * x, long positive, both sides of the symbol together.
  __int128 rest = balance_, net_lots = 0, net_cost = 0, all_lots = 0;
  for (const auto& q : positions_) {
    if (q.symbol == p.symbol) {
      const int sign = q.direction == side::buy ? 1 : -1;
      net_lots += sign * q.lots;
      net_cost += sign * q.cost;
      all_lots += q.lots;
    } else {
      const auto value = notional(instruments_[q.symbol], static_cast<__int128>(marks[q.symbol]) * q.lots);
      rest += unrealised(q, marks[q.symbol]) - value / 1000 * maintenance_per_1000;
    }
  }
  const auto& i = instruments_[p.symbol];
  const __int128 needed = (notional(i, net_cost) - rest) * 1000;
  const __int128 per_tick = static_cast<__int128>(notional(i, 1)) * (1000 * net_lots - maintenance_per_1000 * all_lots);
  if (per_tick == 0) return 0;
  const __int128 tick = needed / per_tick;
  return tick <= 0 || tick > INT64_MAX ? 0 : static_cast<std::int64_t>(tick);
}

}  // namespace trapline::paper_venue
