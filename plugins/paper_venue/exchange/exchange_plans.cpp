// Orders that wait for a price, and what the venue does to a position of itself: funding and liquidation.
#include <algorithm>

#include "exchange.hpp"

namespace trapline::paper_venue {

const refusal* exchange::check_trigger(const plan_request& r, std::int64_t price) const {
  if (r.trigger_tick <= 0 || r.execute_tick < 0) return &refusals::bad_parameter;
  if (r.kind == plan_kind::trigger) return r.trigger_tick == price ? &refusals::trigger_at_price : nullptr;
  const bool is_long = r.position == side::buy;
  const bool profit = r.kind == plan_kind::take_profit || r.kind == plan_kind::position_take_profit;
  const bool above = r.trigger_tick > price;
  if (r.trigger_tick != price && above == (is_long == profit)) return nullptr;
  if (profit) return is_long ? &refusals::long_profit_too_low : &refusals::short_profit_too_high;
  return is_long ? &refusals::long_stop_too_high : &refusals::short_stop_too_low;
}

const refusal* exchange::place_plan(const plan_request& r, std::int64_t now, order_ref& placed) {
  const auto& m = *markets_[r.symbol];
  const auto price = r.by == trigger_price::mark ? m.mark_tick() : m.last_tick();
  const bool whole = r.kind == plan_kind::position_take_profit || r.kind == plan_kind::position_stop_loss;
  if (const auto* no = check_client_id(r.client_id, false)) return no;
  if (const auto* no = check_trigger(r, price)) return no;
  if (live_plans_.size() >= max_open_plans) return &refusals::too_many_orders;
  if (!whole && r.lots < instruments_[r.symbol].min_lots) return &refusals::below_minimum;
  if (!whole && r.lots > instruments_[r.symbol].max_lots) return &refusals::above_maximum;
  if (r.kind == plan_kind::trigger) {
    if (mode_ == position_mode::hedge ? r.reduce_only : r.closing) return &refusals::wrong_mode;
  } else {
    if (!account_.find(r.symbol, r.position)) return &refusals::plan_without_position;
    // One whole-position plan of a kind: a new one takes the place of the old.
    if (whole)
      for (const auto& [id, p] : live_plans_)
        if (p->symbol == r.symbol && p->kind == r.kind && opposite(p->direction) == r.position) {
          order_ref old;
          cancel_plan({id, {}}, now, old);
          break;
        }
  }

  const auto id = next_id_++;
  plan_order& p = plans_[id];
  p.id = id;
  p.client_id = r.client_id.empty() ? std::to_string(id) : r.client_id;
  p.symbol = r.symbol;
  p.kind = r.kind;
  p.by = r.by;
  p.trigger_tick = r.trigger_tick;
  p.rising = r.trigger_tick > price;
  p.execute_tick = r.execute_tick;
  p.mode = mode_;
  p.lots = whole ? 0 : r.lots;
  if (p.closes_position()) {
    p.direction = opposite(r.position);
    p.closing = mode_ == position_mode::hedge;
    p.reduce_only = !p.closing;
  } else {
    p.direction = r.direction;
    p.closing = r.closing;
    p.reduce_only = r.reduce_only;
  }
  p.created = p.updated = now;
  by_client_id_[p.client_id] = id;
  live_plans_[id] = &p;
  placed = {id, p.client_id};
  sink_.on_plan(p);
  return nullptr;
}

const refusal* exchange::amend_plan(const order_ref& which, std::int64_t trigger_tick, std::int64_t execute_tick,
                                    std::int64_t lots, std::int64_t now) {
  const plan_order* found = find_plan(which);
  const auto it = found ? live_plans_.find(found->id) : live_plans_.end();
  if (it == live_plans_.end()) return &refusals::no_such_plan;
  plan_order& p = *it->second;
  const auto& m = *markets_[p.symbol];
  const auto price = p.by == trigger_price::mark ? m.mark_tick() : m.last_tick();
  plan_request r;
  r.symbol = p.symbol;
  r.kind = p.kind;
  r.trigger_tick = trigger_tick;
  r.execute_tick = execute_tick;
  r.position = opposite(p.direction);
  if (const auto* no = check_trigger(r, price)) return no;
  if (lots != 0 && !p.whole_position()) {
    if (lots < instruments_[p.symbol].min_lots) return &refusals::below_minimum;
    if (lots > instruments_[p.symbol].max_lots) return &refusals::above_maximum;
    p.lots = lots;
  }
  p.trigger_tick = trigger_tick;
  p.execute_tick = execute_tick;
  p.rising = trigger_tick > price;
  p.updated = now;
  sink_.on_plan(p);
  return nullptr;
}

const refusal* exchange::cancel_plan(const order_ref& which, std::int64_t now, order_ref& canceled) {
  const plan_order* found = find_plan(which);
  const auto it = found ? live_plans_.find(found->id) : live_plans_.end();
  if (it == live_plans_.end()) return &refusals::no_such_plan;
  plan_order& p = *it->second;
  live_plans_.erase(it);
  canceled = {p.id, p.client_id};
  p.status = plan_status::canceled;
  p.updated = now;
  sink_.on_plan(p);
  return nullptr;
}

// A filled order's own take profit and stop loss begin to stand.
void exchange::plant_presets(const order& o, std::int64_t now) {
  if (o.filled == 0 || !account_.find(o.symbol, o.position_side())) return;
  const auto plant = [&](plan_kind kind, std::int64_t tick) {
    if (tick == 0) return;
    plan_request r;
    r.symbol = o.symbol;
    r.kind = kind;
    r.trigger_tick = tick;
    r.position = o.position_side();
    r.lots = o.filled;
    order_ref placed;
    // Refused where the price has passed it while the order was waiting: as Bitget, which drops such a preset.
    place_plan(r, now, placed);
  };
  plant(plan_kind::take_profit, o.take_profit);
  plant(plan_kind::stop_loss, o.stop_loss);
}

// With the position go the orders that would have closed it.
void exchange::drop_plans(std::size_t symbol, side position_side, std::int64_t now) {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, p] : live_plans_)
    if (p->symbol == symbol && p->closes_position() && opposite(p->direction) == position_side) ids.push_back(id);
  order_ref canceled;
  for (const auto id : ids) cancel_plan({id, {}}, now, canceled);
}

void exchange::fire_plans(std::size_t symbol, std::int64_t now) {
  const auto& m = *markets_[symbol];
  std::vector<std::uint64_t> due;
  for (const auto& [id, p] : live_plans_) {
    if (p->symbol != symbol) continue;
    const auto price = p->by == trigger_price::mark ? m.mark_tick() : m.last_tick();
    if (p->rising ? price >= p->trigger_tick : price <= p->trigger_tick) due.push_back(id);
  }
  // One that fires may take others with it.
  for (const auto id : due)
    if (const auto it = live_plans_.find(id); it != live_plans_.end()) fire(*it->second, now);
}

void exchange::fire(plan_order& p, std::int64_t now) {
  live_plans_.erase(p.id);
  p.status = plan_status::executing;
  p.triggered = p.updated = now;
  sink_.on_plan(p);
  order_request r;
  r.symbol = p.symbol;
  r.direction = p.direction;
  r.closing = p.closing;
  r.reduce_only = p.reduce_only;
  r.market = p.execute_tick == 0;
  r.tick = p.execute_tick;
  r.lots = p.lots;
  r.origin = order_origin::plan;
  if (const position* held = account_.find(p.symbol, opposite(p.direction)); p.closes_position() && held)
    r.lots = p.whole_position() ? held->lots : std::min(p.lots, held->lots);
  if (r.market) r.lots = std::min(r.lots, instruments_[p.symbol].max_market_lots);
  order_ref placed;
  p.status = place(r, now, placed) == nullptr ? plan_status::executed : plan_status::failed;
  // By the client's id: the other one is not told where older reduce-only orders had to give way.
  if (p.status == plan_status::executed) p.order_id = find({0, placed.client_id})->id;
  sink_.on_plan(p);
}

void exchange::on_step(std::size_t symbol, std::int64_t now) {
  book_resting_fills(symbol, now);
  fire_plans(symbol, now);
  liquidate(now);
  forget();
}

void exchange::settle_funding(std::int64_t now) {
  for (std::size_t i = 0; i < markets_.size(); ++i) {
    if (!account_.find(i)) continue;
    account_.settle_funding(i, markets_[i]->mark_tick(), markets_[i]->funding_millionths(), now);
    sink_.on_funding(i);
  }
}

// The account's orders go first; then, one a step, the position that needs the most maintenance margin is sold at any
// price. The insurance pays what is missing in the end.
void exchange::liquidate(std::int64_t now) {
  if (account_.positions().empty()) return;
  const auto at = marks();
  if (account_.equity(at) > account_.maintenance(at)) return;
  while (!open_.empty()) withdraw(*open_.begin()->second, cancel_cause::liquidation, now);
  const auto& positions = account_.positions();
  const auto value = [&](const position& p) {
    return notional(instruments_[p.symbol], static_cast<__int128>(at[p.symbol]) * p.lots);
  };
  const auto worst = *std::max_element(positions.begin(), positions.end(),
                                       [&](const auto& a, const auto& b) { return value(a) < value(b); });
  order_request r;
  r.symbol = worst.symbol;
  r.direction = opposite(worst.direction);
  (mode_ == position_mode::hedge ? r.closing : r.reduce_only) = true;
  r.market = true;
  r.origin = order_origin::liquidation;
  match(accept(r, worst.lots, now), now);
  account_.cover_deficit();
}

}  // namespace trapline::paper_venue
