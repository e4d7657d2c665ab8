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
  const auto taken = std::max<std::int64_t>(0, std::min(lots, others(s, tick) - pinned(s, tick)));
  it->second -= taken;
  if (const auto q = own(s).find(tick); q != own(s).end()) {
    const auto left = others(s, tick);
    for (auto& o : q->second) o.ahead = std::min(o.ahead, left);
  }
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
    take_level(resting, it->first, n, out);
    const auto excess = pinned(resting, it->first) - others(resting, it->first);
    if (excess > 0) unpin(resting, it->first, excess);
    if (it->second == 0) levels_of_side.erase(it);
  }
}

void order_book::take_level(side resting, std::int64_t tick, std::int64_t lots, std::vector<fill>& out) {
  const auto q = own(resting).find(tick);
  if (q == own(resting).end()) {
    out.push_back({tick, lots});
    return;
  }
  auto& queue_here = q->second;
  std::size_t done = 0;
  while (lots > 0 && done < queue_here.size()) {
    auto& first = queue_here[done];
    if (const auto before = std::min(lots, first.ahead); before > 0) {
      out.push_back({tick, before});
      lots -= before;
      for (auto i = done; i < queue_here.size(); ++i) queue_here[i].ahead -= before;
    }
    if (const auto n = std::min(lots, first.lots); n > 0) {
      out.push_back({tick, n, first.id});
      lots -= n;
      first.lots -= n;
    }
    if (first.lots > 0) break;
    ++done;
  }
  if (lots > 0) out.push_back({tick, lots});
  queue_here.erase(queue_here.begin(), queue_here.begin() + static_cast<std::ptrdiff_t>(done));
  if (queue_here.empty()) own(resting).erase(q);
}

const std::vector<order_book::queued>* order_book::queue(side s, std::int64_t tick) const {
  const auto& all = s == side::buy ? bid_queues_ : ask_queues_;
  const auto it = all.find(tick);
  return it == all.end() ? nullptr : &it->second;
}

bool order_book::rest(side s, std::int64_t tick, std::int64_t lots, std::uint64_t id) {
  const auto before = others(s, tick);
  if (!add(s, tick, lots)) return false;
  own(s)[tick].push_back({id, lots, before});
  return true;
}

std::int64_t order_book::withdraw(side s, std::int64_t tick, std::uint64_t id) {
  const auto q = own(s).find(tick);
  if (q == own(s).end()) return 0;
  const auto it = std::find_if(q->second.begin(), q->second.end(), [&](auto& o) { return o.id == id; });
  if (it == q->second.end()) return 0;
  const auto lots = it->lots;
  q->second.erase(it);
  if (q->second.empty()) own(s).erase(q);
  const auto level = mine(s).find(tick);
  level->second -= lots;
  if (level->second == 0) mine(s).erase(level);
  return lots;
}

std::int64_t order_book::ahead(side s, std::int64_t tick, std::uint64_t id) const {
  if (const auto* q = queue(s, tick))
    for (const auto& o : *q)
      if (o.id == id) return o.ahead;
  return -1;
}

std::int64_t order_book::others(side s, std::int64_t tick) const {
  std::int64_t lots = at(s, tick);
  if (const auto* q = queue(s, tick))
    for (const auto& o : *q) lots -= o.lots;
  return lots;
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
