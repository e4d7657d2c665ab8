#include "house_trader.hpp"

#include <algorithm>
#include <string>

namespace trapline::paper_venue {
namespace {
constexpr std::int64_t patience = 25 * second;  // for a resting order
}

house_trader::house_trader(std::size_t symbol, std::uint64_t seed, std::int64_t start_ts)
    : symbol_(symbol), random_(seed), next_at_(start_ts + 20 * second) {}

void house_trader::rest_until(double low_seconds, double high_seconds, std::int64_t now) {
  next_at_ = now + static_cast<std::int64_t>(random_.uniform(low_seconds, high_seconds) * 1e9);
}

void house_trader::advance(const market& m, exchange& e) {
  if (resting_ != 0) {
    const order* o = e.find({resting_, {}});
    if (!o || !o->open()) {
      resting_ = 0;
      rest_until(30, 90, m.now());
      return;
    }
  }
  if (m.now() < next_at_) return;
  if (resting_ != 0) {
    order_ref canceled;
    e.cancel({resting_, {}}, m.now(), canceled);
    resting_ = 0;
    return rest_until(5, 20, m.now());
  }
  if (const position* p = e.the_account().find(symbol_))
    return send(m, e, opposite(p->direction), p->lots - e.frozen(*p), true);
  const double units = random_.uniform(0.01, 0.1);
  const auto lots = std::max<std::int64_t>(1, static_cast<std::int64_t>(units * m.settings().lots_per_unit));
  send(m, e, random_.chance(0.5) ? side::buy : side::sell, lots, false);
}

void house_trader::send(const market& m, exchange& e, side direction, std::int64_t lots, bool close) {
  order_request r;
  r.symbol = symbol_;
  r.direction = direction;
  (e.mode() == position_mode::hedge ? r.closing : r.reduce_only) = close;
  r.market = random_.chance(0.5);
  r.lots = lots;
  r.tick = r.market ? 0 : m.book().best(direction);
  r.client_id = "house-" + std::to_string(symbol_) + "-" + std::to_string(++orders_);
  r.origin = order_origin::house;
  order_ref placed;
  // Refused for want of margin or of a position: it comes back later.
  if (e.place(r, m.now(), placed) != nullptr) return rest_until(30, 90, m.now());
  const order* o = e.find({0, r.client_id});
  if (!o->open()) return rest_until(30, 90, m.now());
  resting_ = o->id;
  next_at_ = m.now() + patience;
}

}  // namespace trapline::paper_venue
