#include "account.hpp"

#include <algorithm>

namespace trapline::paper_venue {

account::account(std::int64_t balance, const std::vector<instrument>& instruments)
    : instruments_(instruments), balance_(balance) {}

const position* account::find(std::size_t symbol) const {
  const auto it = std::find_if(positions_.begin(), positions_.end(), [&](auto& p) { return p.symbol == symbol; });
  return it == positions_.end() ? nullptr : &*it;
}

void account::fill_order(order& o, std::int64_t tick, std::int64_t lots, bool maker, std::uint64_t trade_id,
                         std::int64_t ts) {
  const instrument& i = instruments_[o.symbol];
  const __int128 value = static_cast<__int128>(tick) * lots;
  const std::int64_t rate = maker ? maker_fee_per_10k : taker_fee_per_10k;
  const auto fee = static_cast<std::int64_t>(static_cast<__int128>(notional(i, value)) * rate / 10'000);
  std::int64_t profit = 0;

  auto it = std::find_if(positions_.begin(), positions_.end(), [&](auto& p) { return p.symbol == o.symbol; });
  std::int64_t opening = lots;
  if (it != positions_.end() && it->direction != o.direction) {
    const auto closing = std::min(lots, it->lots);
    opening -= closing;
    // The cost of the part closed, so that the whole cost is used up when the last lot goes.
    const __int128 cost = it->cost * closing / it->lots;
    const __int128 difference = static_cast<__int128>(tick) * closing - cost;
    profit = notional(i, it->direction == side::buy ? difference : -difference);
    it->cost -= cost;
    it->lots -= closing;
    it->realised += profit;
    it->fees += fee;
    it->updated = ts;
    if (it->lots == 0) it = positions_.erase(it);
  }
  if (opening > 0) {
    it = std::find_if(positions_.begin(), positions_.end(), [&](auto& p) { return p.symbol == o.symbol; });
    if (it == positions_.end()) {
      positions_.push_back({next_position_id_++, o.symbol, o.direction, 0, 0, 0, 0, ts, ts});
      it = std::prev(positions_.end());
    }
    it->lots += opening;
    it->cost += static_cast<__int128>(tick) * opening;
    if (opening == lots) it->fees += fee;
    it->updated = ts;
  }

  balance_ += profit - fee;
  o.filled += lots;
  o.cost += value;
  o.fees += fee;
  o.profit += profit;
  o.updated = ts;
  o.status = o.filled == o.lots ? order_status::filled : order_status::partially_filled;
  o.last = order::last_fill{tick, lots, fee, ts, trade_id, maker};
}

std::int64_t account::unrealised(const position& p, std::int64_t mark) const {
  const __int128 difference = static_cast<__int128>(mark) * p.lots - p.cost;
  return notional(instruments_[p.symbol], p.direction == side::buy ? difference : -difference);
}

std::int64_t account::margin(const position& p) const { return notional(instruments_[p.symbol], p.cost) / leverage; }

std::int64_t account::equity(const std::vector<std::int64_t>& marks) const {
  std::int64_t sum = balance_;
  for (const auto& p : positions_) sum += unrealised(p, marks[p.symbol]);
  return sum;
}

std::int64_t account::margin_used() const {
  std::int64_t sum = 0;
  for (const auto& p : positions_) sum += margin(p);
  return sum;
}

std::int64_t account::liquidation_tick(const position& p, const std::vector<std::int64_t>& marks) const {
  const std::int64_t others = equity(marks) - unrealised(p, marks[p.symbol]);
  // Long:  others + lots * x - cost = m * lots * x;  short: others + cost - lots * x = m * lots * x.
  const __int128 per_tick = notional(instruments_[p.symbol], p.lots);
  const __int128 cost = notional(instruments_[p.symbol], p.cost);
  const bool is_long = p.direction == side::buy;
  const __int128 needed = is_long ? cost - others : cost + others;
  if (needed <= 0) return 0;
  const __int128 factor = is_long ? 1000 - maintenance_per_1000 : 1000 + maintenance_per_1000;
  return static_cast<std::int64_t>(needed * 1000 / (per_tick * factor));
}

}  // namespace trapline::paper_venue
