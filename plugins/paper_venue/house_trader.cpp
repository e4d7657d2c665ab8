#include "house_trader.hpp"

#include <algorithm>
#include <string>

namespace trapline::paper_venue {
namespace {
constexpr std::int64_t patience = 25 * second;  // for a resting order
}

house_trader::house_trader(std::size_t symbol, std::uint64_t seed, std::int64_t start_ts)
    : symbol_(symbol),
      random_(seed),
      next_at_(start_ts + 20 * second),
      next_order_id_(1'360'000'000'000'000'200u + symbol * 1'000'000'000u) {}

void house_trader::rest_until(double low_seconds, double high_seconds, std::int64_t now) {
  next_at_ = now + static_cast<std::int64_t>(random_.uniform(low_seconds, high_seconds) * 1e9);
}

void house_trader::advance(market& m, account& a, std::vector<order>& out) {
  if (resting_) book_resting_fills(m, a, out);
  if (m.now() >= next_at_) act(m, a, out);
}

void house_trader::book_resting_fills(const market& m, account& a, std::vector<order>& out) {
  for (const auto& f : m.resting_fills()) {
    a.fill_order(*resting_, f.tick, f.lots, true, f.trade_id, m.now());
    out.push_back(*resting_);
    if (resting_->status != order_status::filled) continue;
    resting_.reset();
    rest_until(30, 90, m.now());
    return;
  }
}

void house_trader::act(market& m, account& a, std::vector<order>& out) {
  if (resting_) {
    m.withdraw(resting_->direction, resting_->tick, resting_->lots - resting_->filled);
    resting_->status = order_status::canceled;
    resting_->updated = m.now();
    out.push_back(*resting_);
    resting_.reset();
    rest_until(5, 20, m.now());
    return;
  }
  if (const position* p = a.find(symbol_)) {
    send(m, a, opposite(p->direction), p->lots, true, out);
    return;
  }
  const double units = random_.uniform(0.01, 0.1);
  const auto lots = std::max<std::int64_t>(1, static_cast<std::int64_t>(units * m.settings().lots_per_unit));
  send(m, a, random_.chance(0.5) ? side::buy : side::sell, lots, false, out);
}

void house_trader::send(market& m, account& a, side direction, std::int64_t lots, bool reduce,
                        std::vector<order>& out) {
  order o;
  o.id = next_order_id_++;
  o.client_id = "house-" + std::to_string(o.id);
  o.symbol = symbol_;
  o.direction = direction;
  o.market = random_.chance(0.5);
  o.reduce_only = reduce;
  o.lots = lots;
  o.created = o.updated = m.now();
  if (!o.market) {
    o.tick = m.book().best(direction);
    if (m.rest(direction, o.tick, lots)) {
      out.push_back(o);
      resting_ = o;
      next_at_ = m.now() + patience;
      return;
    }
    o.market = true;
    o.tick = 0;
  }
  out.push_back(o);
  std::vector<trade> fills;
  m.take(direction, lots, fills);
  for (const auto& f : fills) {
    a.fill_order(o, f.tick, f.lots, false, f.id, m.now());
    out.push_back(o);
  }
  if (o.status != order_status::filled) {  // the book was shorter than the order
    o.status = order_status::canceled;
    out.push_back(o);
  }
  rest_until(30, 90, m.now());
}

}  // namespace trapline::paper_venue
