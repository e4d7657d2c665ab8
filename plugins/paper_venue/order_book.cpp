#include "order_book.hpp"

#include <algorithm>

namespace trapline::paper_venue {

std::int64_t order_book::at(side s, std::int64_t tick) const {
  const auto it = of(s).find(tick);
  return it == of(s).end() ? 0 : it->second;
}

std::int64_t order_book::depth(side s, std::int64_t limit) const {
  std::int64_t lots = 0;
  if (s == side::buy) {
    for (auto it = bids_.rbegin(); it != bids_.rend() && it->first >= limit; ++it) lots += it->second;
  } else {
    for (auto it = asks_.begin(); it != asks_.end() && it->first <= limit; ++it) lots += it->second;
  }
  return lots;
}

bool order_book::add(side s, std::int64_t tick, std::int64_t lots) {
  if (lots <= 0 || tick <= 0) return false;
  if (s == side::buy ? !asks_.empty() && tick >= asks_.begin()->first : !bids_.empty() && tick <= bids_.rbegin()->first)
    return false;
  mine(s)[tick] += lots;
  return true;
}

std::int64_t order_book::cancel(side s, std::int64_t tick, std::int64_t lots) {
  auto& levels_of_side = mine(s);
  const auto it = levels_of_side.find(tick);
  if (it == levels_of_side.end()) return 0;
  const auto taken = std::min(lots, it->second - pinned(s, tick));
  it->second -= taken;
  if (it->second == 0) levels_of_side.erase(it);
  return taken;
}

void order_book::take(side taker, std::int64_t lots, std::int64_t limit, std::vector<fill>& out) {
  const side resting = opposite(taker);
  auto& levels_of_side = mine(resting);
  while (lots > 0 && !levels_of_side.empty()) {
    const auto it = taker == side::buy ? levels_of_side.begin() : std::prev(levels_of_side.end());
    if (taker == side::buy ? it->first > limit : it->first < limit) break;
    const auto n = std::min(lots, it->second);
    lots -= n;
    it->second -= n;
    out.push_back({it->first, n});
    if (const auto excess = pinned(resting, it->first) - it->second; excess > 0) unpin(resting, it->first, excess);
    if (it->second == 0) levels_of_side.erase(it);
  }
}

void order_book::pin(side s, std::int64_t tick, std::int64_t lots) { pins(s)[tick] += lots; }

std::int64_t order_book::pinned(side s, std::int64_t tick) const {
  const auto& p = s == side::buy ? bid_pins_ : ask_pins_;
  const auto it = p.find(tick);
  return it == p.end() ? 0 : it->second;
}

void order_book::unpin(side s, std::int64_t tick, std::int64_t lots) {
  auto& p = pins(s);
  const auto it = p.find(tick);
  if (it == p.end()) return;
  it->second -= std::min(lots, it->second);
  if (it->second == 0) p.erase(it);
}

}  // namespace trapline::paper_venue
