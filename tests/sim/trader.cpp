#include "trader.hpp"

#include <algorithm>

namespace trapline::sim {

using namespace paper_venue;

void trader::advance(simulation& s) {
  if (s.now() < next_) return;
  const bool first = next_ == 0;
  next_ = s.now() + static_cast<std::int64_t>(random_.exponential(pause_) * 1e9);
  if (first || !active) return;
  ++actions_;
  act(s, static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(s.instruments().size()))));
}

void trader::act(simulation& s, std::size_t symbol) {
  const auto& positions = s.the_exchange().the_account().positions();
  const auto* p =
      positions.empty()
          ? nullptr
          : &positions[static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(positions.size())))];
  const double what = random_.uniform();
  if (p && what < 0.35) return close(s, *p);
  if (p && what < 0.5) return protect(s, *p);
  if (what < 0.65) return cancel_one(s);
  open(s, symbol);
}

// Refusals (no margin, no position left) are part of the game.
void trader::open(simulation& s, std::size_t symbol) {
  const auto& m = s.market_of(symbol);
  order_request r;
  r.symbol = symbol;
  r.direction = random_.chance(0.5) ? side::buy : side::sell;
  r.market = random_.chance(0.3);
  r.lots =
      std::max<std::int64_t>(1, static_cast<std::int64_t>(random_.uniform(0.005, 0.3) * m.settings().lots_per_unit));
  // From passive to a few ticks through the touch, so that some rest, some fill in parts and some at once.
  const auto away = random_.below(12) - 4;
  r.tick = r.market ? 0 : m.book().best(r.direction) + (r.direction == side::buy ? -away : away);
  if (!r.market && random_.chance(0.2)) r.force = time_in_force::ioc;
  if (random_.chance(0.2)) {
    const auto far = static_cast<std::int64_t>(m.settings().ticks_per_bp * random_.uniform(3, 30));
    const auto base = r.market ? m.mark_tick() : r.tick;
    r.take_profit = r.direction == side::buy ? base + far : base - far;
    r.stop_loss = r.direction == side::buy ? base - far : base + far;
  }
  order_ref placed;
  s.the_exchange().place(r, s.now(), placed);
}

void trader::close(simulation& s, const position& p) {
  auto& e = s.the_exchange();
  order_request r;
  r.symbol = p.symbol;
  r.direction = opposite(p.direction);
  (e.mode() == position_mode::hedge ? r.closing : r.reduce_only) = true;
  r.market = random_.chance(0.5);
  const auto free = p.lots - e.frozen(p);
  r.lots = random_.chance(0.5) ? free : std::max<std::int64_t>(1, free / 2);
  r.tick = r.market ? 0 : s.market_of(p.symbol).book().best(r.direction);
  order_ref placed;
  e.place(r, s.now(), placed);
}

void trader::protect(simulation& s, const position& p) {
  const auto& m = s.market_of(p.symbol);
  plan_request r;
  r.symbol = p.symbol;
  r.position = p.direction;
  r.kind = random_.chance(0.5) ? plan_kind::position_stop_loss : plan_kind::stop_loss;
  r.lots = r.kind == plan_kind::stop_loss ? std::max<std::int64_t>(1, p.lots / 2) : 0;
  const auto far = static_cast<std::int64_t>(m.settings().ticks_per_bp * random_.uniform(2, 20));
  r.trigger_tick = p.direction == side::buy ? m.mark_tick() - far : m.mark_tick() + far;
  order_ref placed;
  s.the_exchange().place_plan(r, s.now(), placed);
}

void trader::cancel_one(simulation& s) {
  auto& e = s.the_exchange();
  std::vector<std::uint64_t> open, plans;
  std::size_t looked = 0;
  for (auto o = e.orders().rbegin(); o != e.orders().rend() && looked < 200; ++o, ++looked)
    if (o->second.open()) open.push_back(o->first);
  looked = 0;
  for (auto p = e.plans().rbegin(); p != e.plans().rend() && looked < 200; ++p, ++looked)
    if (p->second.status == plan_status::live) plans.push_back(p->first);
  const auto one_of = [&](const std::vector<std::uint64_t>& ids) {
    return order_ref{ids[static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(ids.size())))], {}};
  };
  order_ref done;
  if (!open.empty()) e.cancel(one_of(open), s.now(), done);
  else if (!plans.empty()) e.cancel_plan(one_of(plans), s.now(), done);
}

void trader::clear(simulation& s) {
  auto& e = s.the_exchange();
  e.cancel_all(s.now());
  std::vector<std::uint64_t> plans;
  for (const auto& [id, p] : e.plans())
    if (p.status == plan_status::live) plans.push_back(id);
  order_ref done;
  for (const auto id : plans) e.cancel_plan({id, {}}, s.now(), done);
}

}  // namespace trapline::sim
