#include "truth.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>

namespace trapline::sim {
namespace {

constexpr std::size_t books_kept = 800;  // two minutes
constexpr std::size_t trades_kept = 20'000;
constexpr std::int64_t positions_kept = 600'000'000'000;  // ns

std::vector<level> best_first(const paper_venue::order_book::levels& levels, bool falling) {
  std::vector<level> out;
  out.reserve(levels.size());
  for (const auto& [tick, lots] : levels) out.push_back({tick, lots});
  if (falling) std::reverse(out.begin(), out.end());
  return out;
}

std::uint64_t mixed(std::uint64_t h, std::uint64_t x) {
  h = (h ^ x) * 0x9e3779b97f4a7c15u;
  return h ^ (h >> 29);
}

}  // namespace

truth::truth(paper_venue::venue& v) : venue_(v) {
  const auto n = venue_.the_simulation()->instruments().size();
  books_.resize(n);
  trades_.resize(n);
}

void truth::look(std::int64_t now) {
  auto& s = *venue_.the_simulation();
  for (std::size_t i = 0; i < books_.size(); ++i) {
    const auto& feed = s.feed_of(i);
    const auto seq = static_cast<std::uint64_t>(feed.seq());
    if (books_[i].empty() || books_[i].back().seq != seq) {
      books_[i].push_back({seq, best_first(feed.bids(), true), best_first(feed.asks(), false)});
      if (books_[i].size() > books_kept) books_[i].pop_front();
    }
    if (s.now() == seen_market_) continue;
    auto& t = trades_[i];
    for (const auto& one : s.market_of(i).trades()) t.by_id[one.id] = {++t.places, one};
    while (t.by_id.size() > trades_kept) t.by_id.erase(t.by_id.begin());
  }
  seen_market_ = s.now();
  look_at_executions(now);
  look_at_positions(now);
  if (const auto state = account_state(); state != account_state_) {
    account_state_ = state;
    account_changed_ = now;
  }
}

// Several may have come at once, each with a push of its own: the positions between them were there, too.
void truth::look_at_executions(std::int64_t now) {
  const auto& all = exchange().executions();
  auto e = all.end();
  while (e != all.begin() && execution_key{std::prev(e)->trade_id, std::prev(e)->order_id} != last_execution_) --e;
  for (; e != all.end(); ++e) {
    last_execution_ = {e->trade_id, e->order_id};
    executions_[last_execution_] = *e;
    if (e->mode == paper_venue::position_mode::hedge) {
      const auto side = e->position_side();
      set_held({e->symbol, side}, lots_of({e->symbol, side}) + (e->closing ? -e->lots : e->lots), now);
      continue;
    }
    const held_key bought{e->symbol, paper_venue::side::buy}, sold{e->symbol, paper_venue::side::sell};
    const auto net = lots_of(bought) - lots_of(sold) + (e->direction == paper_venue::side::buy ? e->lots : -e->lots);
    set_held(bought, std::max<std::int64_t>(net, 0), now);
    set_held(sold, std::max<std::int64_t>(-net, 0), now);
  }
}

std::int64_t truth::lots_of(const held_key& key) const {
  const auto row = positions_.find(key);
  return row == positions_.end() ? 0 : row->second.back().lots;
}

void truth::set_held(const held_key& key, std::int64_t lots, std::int64_t now) {
  auto& row = positions_[key];
  if (row.empty()) row.push_back({0, 0, now});
  row.back().until = now;
  if (row.back().lots != lots) row.push_back({lots, now, now});
}

void truth::look_at_positions(std::int64_t now) {
  for (std::size_t i = 0; i < books_.size(); ++i)
    for (const auto direction : {paper_venue::side::buy, paper_venue::side::sell}) {
      const held_key key{i, direction};
      const auto* p = exchange().the_account().find(i, direction);
      if ((p ? p->lots : 0) != lots_of(key)) throw std::logic_error("the executions do not add up to the position");
      set_held(key, lots_of(key), now);
      auto& row = positions_[key];
      while (row.front().until < now - positions_kept) row.pop_front();
    }
}

std::uint64_t truth::account_state() const {
  std::uint64_t h = 1;
  for (const auto& p : exchange().the_account().positions())
    h = mixed(mixed(h, p.id), static_cast<std::uint64_t>(p.lots));
  const auto count = exchange().orders().size();
  h = mixed(h, count);
  // Orders and plans that are done stay as they are; of the newest ones any may change.
  std::size_t looked = 0;
  for (auto o = exchange().orders().rbegin(); o != exchange().orders().rend() && looked < 64; ++o, ++looked)
    h = mixed(mixed(mixed(h, o->first), static_cast<std::uint64_t>(o->second.filled)),
              static_cast<std::uint64_t>(o->second.status) << 40 ^ static_cast<std::uint64_t>(o->second.updated));
  looked = 0;
  for (auto p = exchange().plans().rbegin(); p != exchange().plans().rend() && looked < 64; ++p, ++looked)
    h = mixed(mixed(h, p->first),
              static_cast<std::uint64_t>(p->second.status) << 60 ^ static_cast<std::uint64_t>(p->second.updated));
  return h;
}

const book_state* truth::book(std::size_t symbol, std::uint64_t seq) const {
  const auto& row = books_[symbol];
  const auto at =
      std::lower_bound(row.begin(), row.end(), seq, [](const book_state& b, std::uint64_t s) { return b.seq < s; });
  return at == row.end() || at->seq != seq ? nullptr : &*at;
}

const paper_venue::trade* truth::trade(std::size_t symbol, std::uint64_t id, std::uint64_t& place) const {
  const auto at = trades_[symbol].by_id.find(id);
  if (at == trades_[symbol].by_id.end()) return nullptr;
  place = at->second.first;
  return &at->second.second;
}

bool truth::held(std::size_t symbol, paper_venue::side direction, std::int64_t lots, std::int64_t since) const {
  const auto row = positions_.find({symbol, direction});
  if (row == positions_.end()) return lots == 0;
  return std::any_of(row->second.begin(), row->second.end(),
                     [&](const held_size& h) { return h.lots == lots && h.until >= since; });
}

}  // namespace trapline::sim
