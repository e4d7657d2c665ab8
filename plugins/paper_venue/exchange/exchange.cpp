#include "exchange.hpp"

#include <algorithm>
#include <utility>

namespace trapline::paper_venue {

exchange::exchange(std::int64_t balance, position_mode mode, const std::vector<instrument>& instruments,
                   std::vector<liquidity*> markets, exchange_sink& sink)
    : mode_(mode),
      instruments_(instruments),
      markets_(std::move(markets)),
      sink_(sink),
      account_(balance, instruments) {}

order* exchange::find_open(const order_ref& which) {
  const order* o = find(which);
  if (!o) return nullptr;
  const auto it = open_.find(o->id);
  return it == open_.end() ? nullptr : it->second;
}

std::vector<order*> exchange::open_orders(std::size_t symbol) {
  std::vector<order*> out;
  for (const auto& [id, o] : open_)
    if (o->symbol == symbol) out.push_back(o);
  return out;
}

// ---------------------------------------------------------------- orders come

const refusal* exchange::place(const order_request& r, std::int64_t now, order_ref& placed) {
  std::int64_t lots = 0;
  if (const auto* no = check(r, lots)) return no;
  bool took_a_place = false;
  if (r.reduce_only) {
    const position* p = account_.find(r.symbol, opposite(r.direction));
    for (order* o : open_orders(r.symbol)) {
      if (frozen(*p) + lots <= p->lots) break;
      if (!o->reduce_only || o->direction != r.direction) continue;
      withdraw(*o, cancel_cause::replaced, now);
      took_a_place = true;
    }
  }
  order& o = accept(r, lots, now);
  // Bitget does not tell the id where older reduce-only orders had to give way.
  placed = {took_a_place ? 0 : o.id, o.client_id};
  match(o, now);
  return nullptr;
}

order& exchange::accept(const order_request& r, std::int64_t lots, std::int64_t now) {
  const auto id = next_id_++;
  order& o = orders_[id];
  o.id = id;
  o.client_id = r.client_id.empty() ? std::to_string(id) : r.client_id;
  o.symbol = r.symbol;
  o.direction = r.direction;
  o.market = r.market;
  o.reduce_only = r.reduce_only;
  o.closing = r.closing;
  o.mode = mode_;
  o.force = r.market ? time_in_force::gtc : r.force;
  o.origin = r.origin;
  o.leverage = account_.leverage(r.symbol);
  o.tick = r.market ? 0 : r.tick;
  o.lots = lots;
  o.take_profit = r.take_profit;
  o.stop_loss = r.stop_loss;
  o.created = o.updated = now;
  by_client_id_[o.client_id] = id;
  open_[id] = &o;
  sink_.on_order(o);
  return o;
}

// Price, then time: takes what the market offers within the limit, rests behind what is displayed there.
void exchange::match(order& o, std::int64_t now) {
  liquidity& m = *markets_[o.symbol];
  const auto touch = m.book().best(opposite(o.direction));
  const bool takes = o.market || (o.direction == side::buy ? o.tick >= touch : o.tick <= touch);
  if (takes) {
    if (o.force == time_in_force::post_only) return end(o, cancel_cause::would_take, now);
    if (o.force == time_in_force::fok && m.book().depth(opposite(o.direction), o.tick) < o.remaining())
      return end(o, cancel_cause::not_filled, now);
    m.take(o.direction, o.remaining(), o.tick, trades_);
    for (const auto& t : std::exchange(trades_, {}))
      if (o.open()) book_fill(o, t.tick, t.lots, false, t.id, now);
    book_resting_fills(o.symbol, now);
  }
  if (o.open()) {
    const bool rests = !o.market && (o.force == time_in_force::gtc || o.force == time_in_force::post_only);
    if (!rests || !m.rest(o.direction, o.tick, o.remaining(), o.id)) end(o, cancel_cause::not_filled, now);
  }
  if (takes) trim_reduce_only(o.symbol, now);
}

void exchange::book_fill(order& o, std::int64_t tick, std::int64_t lots, bool maker, std::uint64_t trade_id,
                         std::int64_t ts) {
  bool exceeds = false;
  if (o.reduce_only) {
    // Others of the account's orders may have closed the position within the same step of the market. What exceeds it
    // is somebody else's trade, and the order ends: a reduce-only order never opens a position.
    const position* p = account_.find(o.symbol, opposite(o.direction));
    const auto held = p ? p->lots : 0;
    exceeds = lots > held;
    lots = std::min(lots, held);
    if (lots == 0) return withdraw(o, cancel_cause::no_position, ts);
  }
  const auto profit_before = o.profit;
  std::optional<position> ended;
  account_.fill_order(o, tick, lots, maker, trade_id, ts, &ended);
  if (!o.open()) open_.erase(o.id);

  execution e;
  e.trade_id = trade_id;
  e.order_id = o.id;
  e.client_id = o.client_id;
  e.symbol = o.symbol;
  e.direction = o.direction;
  e.mode = o.mode;
  e.closing = o.closing;
  e.market = o.market;
  e.maker = maker;
  e.origin = o.origin;
  e.tick = tick;
  e.lots = lots;
  e.fee = o.last->fee;
  e.profit = o.profit - profit_before;
  e.ts = ts;
  executions_.push_back(e);
  if (executions_.size() > history_kept) executions_.pop_front();
  sink_.on_execution(e);
  sink_.on_order(o);
  if (!o.open()) plant_presets(o, ts);
  if (ended) {
    closed_.push_back(*ended);
    if (closed_.size() > history_kept) closed_.pop_front();
    sink_.on_position_closed(*ended);
    drop_plans(o.symbol, ended->direction, ts);
  }
  if (exceeds) withdraw(o, cancel_cause::no_position, ts);
}

void exchange::book_resting_fills(std::size_t symbol, std::int64_t now) {
  const auto fills = markets_[symbol]->take_resting_fills();
  for (const auto& f : fills) {
    // An order that another fill of the same moment has ended gets no more.
    const auto it = open_.find(f.order_id);
    if (it != open_.end()) book_fill(*it->second, f.tick, f.lots, true, f.trade_id, now);
  }
  // Not before all are booked: what is traded is traded.
  if (!fills.empty()) trim_reduce_only(symbol, now);
}

// ---------------------------------------------------------------- orders go

void exchange::end(order& o, cancel_cause why, std::int64_t now) {
  o.status = order_status::canceled;
  o.cause = why;
  o.updated = now;
  open_.erase(o.id);
  sink_.on_order(o);
  if (o.filled > 0) plant_presets(o, now);
}

void exchange::withdraw(order& o, cancel_cause why, std::int64_t now) {
  if (!o.market) markets_[o.symbol]->withdraw(o.direction, o.tick, o.id);
  end(o, why, now);
}

// Reduce-only orders never sum up to more than the position; the oldest give way.
void exchange::trim_reduce_only(std::size_t symbol, std::int64_t now) {
  for (const side direction : {side::buy, side::sell}) {
    const position* p = account_.find(symbol, opposite(direction));
    std::int64_t resting = 0;
    for (const auto& [id, o] : open_)
      if (o->symbol == symbol && o->reduce_only && o->direction == direction) resting += o->remaining();
    for (order* o : open_orders(symbol)) {
      if (resting <= (p ? p->lots : 0)) break;
      if (!o->reduce_only || o->direction != direction) continue;
      resting -= o->remaining();
      withdraw(*o, p ? cancel_cause::replaced : cancel_cause::no_position, now);
    }
  }
}

const refusal* exchange::cancel(const order_ref& which, std::int64_t now, order_ref& canceled) {
  order* o = find_open(which);
  if (!o) return find(which) ? &refusals::nothing_to_cancel : &refusals::no_such_order;
  canceled = {o->id, o->client_id};
  withdraw(*o, cancel_cause::asked, now);
  return nullptr;
}

std::vector<order_ref> exchange::cancel_all(std::int64_t now, std::optional<std::size_t> symbol) {
  std::vector<order_ref> out;
  for (std::size_t i = 0; i < instruments_.size(); ++i) {
    if (symbol && *symbol != i) continue;
    for (order* o : open_orders(i)) {
      out.push_back({o->id, o->client_id});
      withdraw(*o, cancel_cause::asked, now);
    }
  }
  return out;
}

// ---------------------------------------------------------------- orders change

namespace {
order_request request_of(const order& o, std::int64_t tick, std::int64_t lots) {
  order_request r;
  r.symbol = o.symbol;
  r.direction = o.direction;
  r.closing = o.closing;
  r.reduce_only = o.reduce_only;
  r.force = o.force;
  r.tick = tick;
  r.lots = lots;
  r.take_profit = o.take_profit;
  r.stop_loss = o.stop_loss;
  r.origin = o.origin;
  return r;
}
}  // namespace

const refusal* exchange::amend(const order_ref& which, std::int64_t tick, std::int64_t lots, std::int64_t now) {
  order* o = find_open(which);
  if (!o) return find(which) ? &refusals::not_open : &refusals::no_such_order;
  if (lots <= o->filled) return &refusals::bad_parameter;
  // As if it were not there: its margin and its share of the position are free for its new self.
  open_.erase(o->id);
  std::int64_t granted = 0;
  const auto* no = check(request_of(*o, tick, lots - o->filled), granted);
  open_[o->id] = o;
  if (no) return no;
  markets_[o->symbol]->withdraw(o->direction, o->tick, o->id);
  o->tick = tick;
  o->lots = o->filled + granted;
  o->updated = now;
  sink_.on_order(*o);
  match(*o, now);
  trim_reduce_only(o->symbol, now);
  return nullptr;
}

const refusal* exchange::replace(const order_ref& which, std::int64_t tick, std::int64_t lots,
                                 const std::string& new_client_id, std::int64_t now, order_ref& placed) {
  order* o = find_open(which);
  if (!o) return find(which) ? &refusals::not_open : &refusals::no_such_order;
  if (o->market || o->filled > 0) return &refusals::not_unfilled;
  auto r = request_of(*o, tick, lots);
  r.client_id = new_client_id;
  open_.erase(o->id);
  std::int64_t granted = 0;
  const auto* no = check(r, granted);
  open_[o->id] = o;
  if (no) return no;
  withdraw(*o, cancel_cause::replaced, now);
  return place(r, now, placed);
}

const refusal* exchange::flash_close(std::size_t symbol, side position_side, std::int64_t now, order_ref& placed) {
  const position* p = account_.find(symbol, position_side);
  if (!p) return &refusals::no_position;
  order_request r;
  r.symbol = symbol;
  r.direction = opposite(position_side);
  (mode_ == position_mode::hedge ? r.closing : r.reduce_only) = true;
  r.market = true;
  r.lots = std::min(p->lots, instruments_[symbol].max_market_lots);
  return place(r, now, placed);
}

const refusal* exchange::set_mode(position_mode mode) {
  if (mode == mode_) return nullptr;
  if (!open_.empty() || !live_plans_.empty() || !account_.positions().empty()) return &refusals::mode_in_use;
  mode_ = mode;
  return nullptr;
}

const refusal* exchange::set_leverage(std::size_t symbol, std::int64_t leverage) {
  if (leverage < 1 || leverage > max_leverage) return &refusals::bad_leverage;
  const auto old = account_.leverage(symbol);
  account_.set_leverage(symbol, leverage);
  if (leverage < old && account_.equity(marks()) < account_.margin_used() + order_margin()) {
    account_.set_leverage(symbol, old);
    return &refusals::exceeds_balance;
  }
  return nullptr;
}

void exchange::forget() {
  const auto drop = [&](auto& all, const auto& alive) {
    for (auto it = all.begin(); all.size() > history_kept && it != all.end();) {
      if (alive.count(it->first) != 0) {
        ++it;
        continue;
      }
      const auto known = by_client_id_.find(it->second.client_id);
      if (known != by_client_id_.end() && known->second == it->first) by_client_id_.erase(known);
      it = all.erase(it);
    }
  };
  drop(orders_, open_);
  drop(plans_, live_plans_);
}

}  // namespace trapline::paper_venue
