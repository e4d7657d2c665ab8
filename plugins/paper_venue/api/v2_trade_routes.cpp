// Orders of a classic account.
#include "rows.hpp"

namespace trapline::paper_venue::api {
namespace {

using operation = const refusal* (*)(exchange&, std::int64_t, const params&, order_ref&);

answer run(const call& c, operation op) {
  order_ref r;
  if (const auto* no = op(c.ex(), c.now(), c.p, r)) return no;
  return ids_row(r);
}

answer place(const call& c) { return run(c, place_v2); }
answer cancel(const call& c) { return run(c, cancel_v2); }
answer modify(const call& c) { return run(c, modify_v2); }

// Members of the request as a whole hold for each of its rows.
params row_of(const call& c, const params& row) {
  params out = row;
  for (const auto* name : {"symbol", "productType", "marginMode", "marginCoin"})
    if (!row.has(name) && c.p.has(name)) out.set(name, std::string(c.p.get(name)));
  return out;
}

std::string results(const list& done, const list& failed) {
  return object().raw("successList", done.done()).raw("failureList", failed.done()).done();
}

std::string failed_row(const params& row, const refusal& why) {
  return object()
      .text("orderId", harmless(row.get("orderId")))
      .text("clientOid", harmless(row.get("clientOid")))
      .text("errorMsg", why.text)
      .text("errorCode", std::to_string(why.code))
      .done();
}

answer batch(const call& c, std::string_view name, operation op) {
  constexpr std::size_t most_rows = 50;
  const auto& rows = c.p.rows(name);
  if (rows.empty()) return &refusals::missing_parameter;
  if (rows.size() > most_rows) return &refusals::bad_parameter;
  list done, failed;
  for (const auto& row : rows) {
    order_ref r;
    if (const auto* no = op(c.ex(), c.now(), row_of(c, row), r)) failed.add(failed_row(row, *no));
    else done.add(ids_row(r));
  }
  return results(done, failed);
}

answer batch_place(const call& c) { return batch(c, "orderList", place_v2); }
answer batch_cancel(const call& c) { return batch(c, "orderIdList", cancel_v2); }

answer cancel_all(const call& c) {
  page want;
  if (const auto* no = read_page(c, want)) return no;
  list done;
  for (const auto& r : c.ex().cancel_all(c.now(), want.symbol)) done.add(ids_row(r));
  if (done.size() == 0) return &refusals::nothing_to_cancel;
  return results(done, {});
}

answer close_positions(const call& c) {
  page want;
  if (const auto* no = read_page(c, want)) return no;
  const auto hold = c.p.word("holdSide");
  list done, failed;
  const auto positions = c.ex().the_account().positions();  // a copy: closing changes it
  for (const auto& p : positions) {
    if (want.symbol && p.symbol != *want.symbol) continue;
    // In one-way mode a position has no side of its own to choose.
    if (c.ex().mode() == position_mode::hedge && !hold.empty() && wire::hold_text(p.direction) != hold) continue;
    order_ref r;
    if (const auto* no = c.ex().flash_close(p.symbol, p.direction, c.now(), r)) failed.add(failed_row(c.p, *no));
    else
      done.add(object()
                   .text("orderId", std::to_string(r.id))
                   .text("clientOid", r.client_id)
                   .text("symbol", c.ex().instruments()[p.symbol].symbol)
                   .done());
  }
  if (done.size() + failed.size() == 0) return &refusals::no_position;
  return results(done, failed);
}

answer detail(const call& c) {
  const order* o = c.ex().find(read_ref(c.p));
  if (!o) return &refusals::no_such_order;
  return v2_order_row(c.ex(), *o, "state");
}

answer orders(const call& c, bool open) {
  page want;
  if (const auto* no = read_page(c, want)) return no;
  const auto ref = read_ref(c.p);
  const auto found = pick_orders(
      c.ex(), want,
      [&](const order& o) {
        if (ref.id != 0 && o.id != ref.id) return false;
        if (!ref.client_id.empty() && o.client_id != ref.client_id) return false;
        return o.open() == open;
      },
      [&](const order& o) { return v2_order_row(c.ex(), o, "status"); });
  return object().raw("entrustedList", found.rows.done()).raw("endId", found.end_text()).done();
}
answer pending(const call& c) { return orders(c, true); }
answer history(const call& c) { return orders(c, false); }

answer fills(const call& c) {
  page want;
  if (const auto* no = read_page(c, want)) return no;
  const auto found =
      pick_fills(c.ex(), want, read_ref(c.p).id, [&](const execution& x) { return v2_fill_row(c.ex(), x); });
  return object().raw("fillList", found.rows.done()).raw("endId", found.end_text()).done();
}

// ---------------------------------------------------------------- plan orders

const refusal* read_trigger(const call& c, plan_request& r, std::string_view price, std::string_view type,
                            std::string_view execute) {
  const instrument& i = c.ex().instruments()[r.symbol];
  if (const auto* no = read_decimal(c.p.get(price), i.price_exp, refusals::price_step, r.trigger_tick)) return no;
  if (const auto* no = read_decimal(c.p.get(execute), i.price_exp, refusals::price_step, r.execute_tick)) return no;
  const auto by = c.p.word(type);
  if (!by.empty() && by != "mark_price" && by != "fill_price") return &refusals::bad_parameter;
  r.by = by == "fill_price" ? trigger_price::last : trigger_price::mark;
  return nullptr;
}

const refusal* read_hold(const call& c, plan_request& r) {
  const auto hold = c.p.word("holdSide");
  if (hold == "long" || hold == "buy") r.position = side::buy;
  else if (hold == "short" || hold == "sell") r.position = side::sell;
  else return hold.empty() ? &refusals::missing_parameter : &refusals::bad_parameter;
  return nullptr;
}

const refusal* read_size(const call& c, plan_request& r) {
  const instrument& i = c.ex().instruments()[r.symbol];
  return read_decimal(c.p.get("size"), i.size_exp, refusals::size_step, r.lots);
}

answer place_tpsl(const call& c) {
  static constexpr std::pair<std::string_view, plan_kind> kinds[] = {{"profit_plan", plan_kind::take_profit},
                                                                     {"loss_plan", plan_kind::stop_loss},
                                                                     {"pos_profit", plan_kind::position_take_profit},
                                                                     {"pos_loss", plan_kind::position_stop_loss}};
  plan_request r;
  if (const auto* no = read_symbol(c.ex(), c.p, r.symbol)) return no;
  const auto type = c.p.word("planType");
  if (type == "moving_plan") return &refusals::unsupported;
  const auto* k = std::find_if(std::begin(kinds), std::end(kinds), [&](auto& x) { return x.first == type; });
  if (k == std::end(kinds)) return &refusals::bad_parameter;
  r.kind = k->second;
  if (const auto* no = read_trigger(c, r, "triggerPrice", "triggerType", "executePrice")) return no;
  if (const auto* no = read_hold(c, r)) return no;
  if (const auto* no = read_size(c, r)) return no;
  r.client_id = std::string(c.p.get("clientOid"));
  order_ref placed;
  if (const auto* no = c.ex().place_plan(r, c.now(), placed)) return no;
  return ids_row(placed);
}

// Both legs for the whole position in one call; each may be left out.
answer place_pos_tpsl(const call& c) {
  plan_request profit, loss;
  if (const auto* no = read_symbol(c.ex(), c.p, profit.symbol)) return no;
  loss.symbol = profit.symbol;
  profit.kind = plan_kind::position_take_profit;
  loss.kind = plan_kind::position_stop_loss;
  if (const auto* no = read_hold(c, profit)) return no;
  loss.position = profit.position;
  if (const auto* no =
          read_trigger(c, profit, "stopSurplusTriggerPrice", "stopSurplusTriggerType", "stopSurplusExecutePrice"))
    return no;
  if (const auto* no = read_trigger(c, loss, "stopLossTriggerPrice", "stopLossTriggerType", "stopLossExecutePrice"))
    return no;
  profit.client_id = std::string(c.p.get("stopSurplusClientOid"));
  loss.client_id = std::string(c.p.get("stopLossClientOid"));
  list placed;
  for (const auto* leg : {&profit, &loss}) {
    if (leg->trigger_tick == 0) continue;
    order_ref ref;
    if (const auto* no = c.ex().place_plan(*leg, c.now(), ref)) return no;
    placed.add(ids_row(ref));
  }
  if (placed.size() == 0) return &refusals::missing_parameter;
  return placed.done();
}

answer place_plan(const call& c) {
  plan_request r;
  if (const auto* no = read_symbol(c.ex(), c.p, r.symbol)) return no;
  if (c.p.has("planType") && c.p.word("planType") != "normal_plan") return &refusals::unsupported;
  const auto direction = c.p.word("side"), trade_side = c.p.word("tradeSide");
  if (direction != "buy" && direction != "sell") return &refusals::bad_parameter;
  r.direction = direction == "buy" ? side::buy : side::sell;
  if ((c.ex().mode() == position_mode::hedge) == trade_side.empty()) return &refusals::wrong_mode;
  if (trade_side == "close") {
    r.closing = true;
    r.direction = opposite(r.direction);
  }
  r.reduce_only = trade_side.empty() && c.p.word("reduceOnly") == "yes";
  if (const auto* no = read_trigger(c, r, "triggerPrice", "triggerType", "price")) return no;
  if (c.p.word("orderType") == "market") r.execute_tick = 0;
  else if (r.execute_tick == 0) return &refusals::missing_parameter;
  if (const auto* no = read_size(c, r)) return no;
  r.client_id = std::string(c.p.get("clientOid"));
  order_ref placed;
  if (const auto* no = c.ex().place_plan(r, c.now(), placed)) return no;
  return ids_row(placed);
}

answer modify_plan(const call& c, std::string_view trigger, std::string_view execute, std::string_view size) {
  const auto which = read_ref(c.p);
  const plan_order* p = c.ex().find_plan(which);
  if (!p) return &refusals::no_such_plan;
  const instrument& i = c.ex().instruments()[p->symbol];
  std::int64_t trigger_tick = p->trigger_tick, execute_tick = p->execute_tick, lots = 0;
  if (c.p.has(trigger))
    if (const auto* no = read_decimal(c.p.get(trigger), i.price_exp, refusals::price_step, trigger_tick)) return no;
  if (c.p.has(execute))
    if (const auto* no = read_decimal(c.p.get(execute), i.price_exp, refusals::price_step, execute_tick)) return no;
  if (const auto* no = read_decimal(c.p.get(size), i.size_exp, refusals::size_step, lots)) return no;
  const order_ref done{p->id, p->client_id};
  if (const auto* no = c.ex().amend_plan(which, trigger_tick, execute_tick, lots, c.now())) return no;
  return ids_row(done);
}
answer modify_tpsl(const call& c) { return modify_plan(c, "triggerPrice", "executePrice", "size"); }
answer modify_trigger(const call& c) { return modify_plan(c, "newTriggerPrice", "newPrice", "newSize"); }

// "profit_loss" stands for every kind that closes a position.
bool is_of_type(const plan_order& p, const std::string& type) {
  if (type.empty()) return true;
  if (type == "normal_plan") return p.kind == plan_kind::trigger;
  if (type == "profit_loss") return p.closes_position();
  if (type == "profit_plan") return p.kind == plan_kind::take_profit;
  if (type == "loss_plan") return p.kind == plan_kind::stop_loss;
  if (type == "pos_profit") return p.kind == plan_kind::position_take_profit;
  return type == "pos_loss" && p.kind == plan_kind::position_stop_loss;
}

// Those that are named; without names all of the symbol and type.
answer cancel_plans(const call& c) {
  page want;
  if (const auto* no = read_page(c, want)) return no;
  const auto type = c.p.word("planType");
  std::vector<order_ref> which;
  for (const auto& row : c.p.rows("orderIdList")) which.push_back(read_ref(row));
  if (c.p.has("orderId") || c.p.has("clientOid")) which.push_back(read_ref(c.p));
  if (which.empty())
    for (const auto& [id, p] : c.ex().plans())
      if (p.status == plan_status::live && (!want.symbol || *want.symbol == p.symbol) && is_of_type(p, type))
        which.push_back({id, p.client_id});
  list done, failed;
  for (const auto& ref : which) {
    order_ref canceled;
    if (const auto* no = c.ex().cancel_plan(ref, c.now(), canceled))
      failed.add(object()
                     .text("orderId", ref.id == 0 || ref.id == UINT64_MAX ? "" : std::to_string(ref.id))
                     .text("clientOid", harmless(ref.client_id))
                     .text("errorMsg", no->text)
                     .text("errorCode", std::to_string(no->code))
                     .done());
    else done.add(ids_row(canceled));
  }
  return results(done, failed);
}

answer plans(const call& c, bool live) {
  page want;
  if (const auto* no = read_page(c, want)) return no;
  const auto type = c.p.word("planType");
  const auto found = pick_plans(
      c.ex(), want, [&](const plan_order& p) { return (p.status == plan_status::live) == live && is_of_type(p, type); },
      [&](const plan_order& p) { return v2_plan_row(c.ex(), p); });
  return object().raw("entrustedList", found.rows.done()).raw("endId", found.end_text()).done();
}
answer pending_plans(const call& c) { return plans(c, true); }
answer past_plans(const call& c) { return plans(c, false); }

constexpr route routes[] = {
    {"POST", "/api/v2/mix/order/place-order", access::v2_account, 10, place},
    {"POST", "/api/v2/mix/order/batch-place-order", access::v2_account, 5, batch_place},
    {"POST", "/api/v2/mix/order/cancel-order", access::v2_account, 10, cancel},
    {"POST", "/api/v2/mix/order/batch-cancel-orders", access::v2_account, 10, batch_cancel},
    {"POST", "/api/v2/mix/order/cancel-all-orders", access::v2_account, 10, cancel_all},
    {"POST", "/api/v2/mix/order/modify-order", access::v2_account, 10, modify},
    {"POST", "/api/v2/mix/order/close-positions", access::v2_account, 1, close_positions},
    {"GET", "/api/v2/mix/order/detail", access::v2_account, 10, detail},
    {"GET", "/api/v2/mix/order/orders-pending", access::v2_account, 10, pending},
    {"GET", "/api/v2/mix/order/orders-history", access::v2_account, 10, history},
    {"GET", "/api/v2/mix/order/fills", access::v2_account, 10, fills},
    {"GET", "/api/v2/mix/order/fill-history", access::v2_account, 10, fills},
    {"POST", "/api/v2/mix/order/place-tpsl-order", access::v2_account, 10, place_tpsl},
    {"POST", "/api/v2/mix/order/modify-tpsl-order", access::v2_account, 10, modify_tpsl},
    {"POST", "/api/v2/mix/order/place-pos-tpsl", access::v2_account, 10, place_pos_tpsl},
    {"POST", "/api/v2/mix/order/place-plan-order", access::v2_account, 10, place_plan},
    {"POST", "/api/v2/mix/order/modify-plan-order", access::v2_account, 10, modify_trigger},
    {"POST", "/api/v2/mix/order/cancel-plan-order", access::v2_account, 10, cancel_plans},
    {"GET", "/api/v2/mix/order/orders-plan-pending", access::v2_account, 10, pending_plans},
    {"GET", "/api/v2/mix/order/orders-plan-history", access::v2_account, 10, past_plans},
};

}  // namespace

std::span<const route> v2_trade_routes() { return routes; }

}  // namespace trapline::paper_venue::api
