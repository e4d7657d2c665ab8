// Orders, positions and money of a unified account.
#include <charconv>

#include "rows.hpp"

namespace trapline::paper_venue::api {
namespace {

using operation = const refusal* (*)(exchange&, std::int64_t, const params&, order_ref&);

answer run(const call& c, operation op) {
  order_ref r;
  if (const auto* no = op(c.ex(), c.now(), c.p, r)) return no;
  return ids_row(r);
}
answer place(const call& c) { return run(c, place_v3); }
answer cancel(const call& c) { return run(c, cancel_v3); }
answer modify(const call& c) { return run(c, modify_v3); }

// The body is an array, or an object with one; every row has a code of its own.
answer batch(const call& c, operation op) {
  constexpr std::size_t most_rows = 20;
  const auto* rows = &c.p.rows("");
  for (const auto* name : {"orderList", "args"})
    if (rows->empty()) rows = &c.p.rows(name);
  if (rows->empty()) return &refusals::missing_parameter;
  if (rows->size() > most_rows) return &refusals::bad_parameter;
  list out;
  for (const auto& row : *rows) {
    order_ref r{0, harmless(row.get("clientOid"))};
    const auto* no = op(c.ex(), c.now(), row, r);
    out.add(object()
                .text("orderId", r.id == 0 ? "" : std::to_string(r.id))
                .text("clientOid", r.client_id)
                .text("code", no ? std::to_string(v3_code(no->code)) : "00000")
                .text("msg", no ? no->text : "success")
                .done());
  }
  return out.done();
}
answer batch_place(const call& c) { return batch(c, place_v3); }
answer batch_cancel(const call& c) { return batch(c, cancel_v3); }
answer batch_modify(const call& c) { return batch(c, modify_v3); }

answer cancel_symbol(const call& c) {
  page want;
  if (const auto* no = read_page(c, want)) return no;
  list rows;
  for (const auto& r : c.ex().cancel_all(c.now(), want.symbol)) rows.add(ids_row(r));
  return object().raw("list", rows.done()).done();
}

answer close_positions(const call& c) {
  page want;
  if (const auto* no = read_page(c, want)) return no;
  const auto side_word = c.p.word("posSide");
  list rows;
  const auto positions = c.ex().the_account().positions();  // a copy: closing changes it
  for (const auto& p : positions) {
    if (want.symbol && p.symbol != *want.symbol) continue;
    if (!side_word.empty() && wire::hold_text(p.direction) != side_word) continue;
    order_ref r;
    const auto* no = c.ex().flash_close(p.symbol, p.direction, c.now(), r);
    rows.add(object()
                 .text("orderId", r.id == 0 ? "" : std::to_string(r.id))
                 .text("clientOid", r.client_id)
                 .text("code", no ? std::to_string(v3_code(no->code)) : "00000")
                 .text("msg", no ? no->text : "success")
                 .done());
  }
  if (rows.size() == 0) return &refusals::no_position;
  return object().raw("list", rows.done()).done();
}

// The dead man's switch: unless it is called again in time, all orders are canceled. 0 turns it off.
answer countdown(const call& c) {
  const auto text = c.p.get("countdown");
  std::int64_t seconds = -1;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (ec != std::errc() || end != text.data() + text.size() || seconds < 0 || seconds > 3600)
    return &refusals::bad_parameter;
  if (seconds == 0) c.countdown.reset();
  else c.countdown = c.mono + seconds * second;
  return std::string("null");
}

std::string order_row(const exchange& e, const order& o) {
  const auto row = wire::v3_order(e, o);
  const auto more = object().text("posSide", o.mode == position_mode::hedge ? wire::position_side_text(o) : "").done();
  return row.substr(0, row.size() - 1) + "," + more.substr(1);
}

answer order_info(const call& c) {
  const order* o = c.ex().find(read_ref(c.p));
  if (!o) return &refusals::no_such_order;
  return order_row(c.ex(), *o);
}

answer orders(const call& c, bool open) {
  page want;
  if (const auto* no = read_page(c, want)) return no;
  const auto found = pick_orders(
      c.ex(), want, [&](const order& o) { return o.open() == open; },
      [&](const order& o) { return order_row(c.ex(), o); });
  return object().raw("list", found.rows.done()).raw("cursor", found.end_text()).done();
}
answer unfilled(const call& c) { return orders(c, true); }
answer history(const call& c) { return orders(c, false); }

answer fills(const call& c) {
  page want;
  if (const auto* no = read_page(c, want)) return no;
  const auto found =
      pick_fills(c.ex(), want, read_ref(c.p).id, [&](const execution& x) { return wire::v3_fill(c.ex(), x); });
  return object().raw("list", found.rows.done()).raw("cursor", found.end_text()).done();
}

// ---------------------------------------------------------------- strategy orders

// Take profit and stop loss of a position: of `qty`, or of all of it. The ids of both legs are told.
answer place_strategy(const call& c) {
  plan_request legs[2];
  std::size_t symbol = 0;
  if (const auto* no = read_symbol(c.ex(), c.p, symbol)) return no;
  if (c.p.has("type") && c.p.word("type") != "tpsl") return &refusals::unsupported;
  const instrument& i = c.ex().instruments()[symbol];
  const auto where = c.p.word("posSide");
  const position* only = c.ex().the_account().find(symbol);
  if (where != "long" && where != "short" && (c.ex().mode() == position_mode::hedge || !only))
    return where.empty() && only ? &refusals::missing_parameter : &refusals::plan_without_position;
  const side held = where == "long" ? side::buy : where == "short" ? side::sell : only->direction;
  std::int64_t lots = 0;
  if (const auto* no = read_decimal(c.p.get("qty"), i.size_exp, refusals::size_step, lots)) return no;
  static constexpr struct {
    const char *price, *by, *limit;
    plan_kind part, whole;
  } names[] = {{"takeProfit", "tpTriggerBy", "tpLimitPrice", plan_kind::take_profit, plan_kind::position_take_profit},
               {"stopLoss", "slTriggerBy", "slLimitPrice", plan_kind::stop_loss, plan_kind::position_stop_loss}};
  order_ref placed[2];
  bool any = false;
  for (int k = 0; k < 2; ++k) {
    auto& r = legs[k];
    if (!c.p.has(names[k].price)) continue;
    r.symbol = symbol;
    r.kind = lots == 0 ? names[k].whole : names[k].part;
    r.position = held;
    r.lots = lots;
    r.by = c.p.word(names[k].by) == "mark" ? trigger_price::mark : trigger_price::last;
    if (const auto* no = read_decimal(c.p.get(names[k].price), i.price_exp, refusals::price_step, r.trigger_tick))
      return no;
    if (const auto* no = read_decimal(c.p.get(names[k].limit), i.price_exp, refusals::price_step, r.execute_tick))
      return no;
    // The client's id is the first leg's.
    if (!any) r.client_id = std::string(c.p.get("clientOid"));
    any = true;
  }
  if (!any) return &refusals::missing_parameter;
  for (int k = 0; k < 2; ++k) {
    if (legs[k].trigger_tick == 0) continue;
    if (const auto* no = c.ex().place_plan(legs[k], c.now(), placed[k])) {
      order_ref canceled;  // both legs or none
      if (k == 1 && placed[0].id != 0) c.ex().cancel_plan(placed[0], c.now(), canceled);
      return no;
    }
  }
  const auto& first = placed[0].id != 0 ? placed[0] : placed[1];
  return ids_row(first);
}

answer cancel_strategy(const call& c) {
  order_ref canceled;
  if (const auto* no = c.ex().cancel_plan(read_ref(c.p), c.now(), canceled)) return no;
  return ids_row(canceled);
}

answer modify_strategy(const call& c) {
  const auto which = read_ref(c.p);
  const plan_order* p = c.ex().find_plan(which);
  if (!p) return &refusals::no_such_plan;
  const instrument& i = c.ex().instruments()[p->symbol];
  const bool profit = p->takes_profit();
  std::int64_t trigger = p->trigger_tick, limit = p->execute_tick, lots = 0;
  const auto price = c.p.get(profit ? "takeProfit" : "stopLoss"),
             at = c.p.get(profit ? "tpLimitPrice" : "slLimitPrice");
  if (!price.empty())
    if (const auto* no = read_decimal(price, i.price_exp, refusals::price_step, trigger)) return no;
  if (!at.empty())
    if (const auto* no = read_decimal(at, i.price_exp, refusals::price_step, limit)) return no;
  if (const auto* no = read_decimal(c.p.get("qty"), i.size_exp, refusals::size_step, lots)) return no;
  const order_ref done{p->id, p->client_id};
  if (const auto* no = c.ex().amend_plan(which, trigger, limit, lots, c.now())) return no;
  return ids_row(done);
}

answer strategies(const call& c, bool live) {
  page want;
  if (const auto* no = read_page(c, want)) return no;
  const auto found = pick_plans(
      c.ex(), want, [&](const plan_order& p) { return (p.status == plan_status::live) == live; },
      [&](const plan_order& p) { return wire::v3_plan(c.ex(), p); });
  return object().raw("list", found.rows.done()).raw("cursor", found.end_text()).done();
}
answer live_strategies(const call& c) { return strategies(c, true); }
answer past_strategies(const call& c) { return strategies(c, false); }

// ---------------------------------------------------------------- account

// The names of REST differ from those of the channel (bitget.md, section 14.6).
std::string position_row(const exchange& e, const position& p) {
  const auto more = object()
                        .text("category", "USDT-FUTURES")
                        .text("total", wire::size_text(e.instruments()[p.symbol], p.lots))
                        .text("liquidationPrice", wire::liquidation_text(e, p))
                        .text("positionStatus", "normal")
                        .done();
  auto row = wire::v3_position(e, p, false);
  // One name, one value: the channel's word for the status gives way.
  const std::string channel_word = "\"positionStatus\":\"opening\",";
  row.erase(row.find(channel_word), channel_word.size());
  return more.substr(0, more.size() - 1) + "," + row.substr(1);
}

answer current_position(const call& c) {
  page want;
  if (const auto* no = read_page(c, want)) return no;
  const auto where = c.p.word("posSide");
  list rows;
  for (const auto& p : c.ex().the_account().positions())
    if ((!want.symbol || *want.symbol == p.symbol) && (where.empty() || where == wire::hold_text(p.direction)))
      rows.add(position_row(c.ex(), p));
  return object().raw("list", rows.done()).done();
}

answer history_position(const call& c) {
  page want;
  if (const auto* no = read_page(c, want)) return no;
  list rows;
  std::uint64_t last = 0;
  const auto& all = c.ex().closed_positions();
  for (auto p = all.rbegin(); p != all.rend() && rows.size() < want.limit; ++p) {
    if (!want.holds(p->symbol, p->id, p->updated)) continue;
    const instrument& i = c.ex().instruments()[p->symbol];
    rows.add(object()
                 .text("positionId", std::to_string(p->id))
                 .text("category", "USDT-FUTURES")
                 .text("symbol", i.symbol)
                 .text("marginCoin", "USDT")
                 .text("holdMode", wire::mode_text(c.ex().mode()))
                 .text("posSide", wire::hold_text(p->direction))
                 .text("marginMode", "crossed")
                 .text("openPriceAvg", wire::average_text(i, p->open_cost, p->opened_lots))
                 .text("closePriceAvg", wire::average_text(i, p->close_cost, p->closed_lots))
                 .text("openTotalPos", wire::size_text(i, p->opened_lots))
                 .text("closeTotalPos", wire::size_text(i, p->closed_lots))
                 .text("cumRealisedPnl", wire::money(p->realised))
                 .text("netProfit", wire::money(p->realised - p->fees() - p->funding))
                 .text("totalFunding", wire::money(-p->funding))
                 .text("openFeeTotal", wire::money(-p->open_fees))
                 .text("closeFeeTotal", wire::money(-p->close_fees))
                 .text("createdTime", wire::time_text(p->created))
                 .text("updatedTime", wire::time_text(p->updated))
                 .done());
    last = p->id;
  }
  return object().raw("list", rows.done()).raw("cursor", last == 0 ? "null" : '"' + std::to_string(last) + '"').done();
}

answer settings_of_account(const call& c) {
  list symbols;
  for (std::size_t k = 0; k < c.ex().instruments().size(); ++k)
    symbols.add(object()
                    .text("category", "USDT-FUTURES")
                    .text("symbol", c.ex().instruments()[k].symbol)
                    .text("marginMode", "crossed")
                    .text("leverage", std::to_string(c.ex().the_account().leverage(k)))
                    .done());
  return object()
      .text("uid", "1")
      .text("accountMode", "unified")
      .text("assetMode", "single")
      .text("accountLevel", "advanced")
      .text("holdMode", wire::mode_text(c.ex().mode()))
      .text("stpMode", "none")
      .raw("symbolConfigList", symbols.done())
      .raw("coinConfigList", "[]")
      .done();
}

answer assets(const call& c) {
  const exchange& e = c.ex();
  const account& a = e.the_account();
  const auto marks = e.marks();
  const auto equity = wire::money(a.equity(marks));
  const auto coin = object()
                        .text("coin", "USDT")
                        .text("equity", equity)
                        .text("usdValue", equity)
                        .text("balance", wire::money(a.balance()))
                        .text("available", wire::money(e.available()))
                        .text("locked", wire::money(e.order_margin()))
                        .text("debt", "0")
                        .done();
  return object()
      .text("accountEquity", equity)
      .text("usdtEquity", equity)
      .text("btcEquity", "0")
      .text("effEquity", equity)
      .text("unrealisedPnl", wire::money(a.unrealised(marks)))
      .text("mmr", wire::money(a.maintenance(marks)))
      .text("imr", wire::money(a.margin_used() + e.order_margin()))
      .text("mgnRatio", wire::margin_ratio(e))
      .raw("assets", "[" + coin + "]")
      .done();
}

answer set_leverage(const call& c) {
  std::size_t symbol = 0;
  if (const auto* no = read_symbol(c.ex(), c.p, symbol)) return no;
  const auto text = c.p.get("leverage");
  std::int64_t leverage = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), leverage);
  if (ec != std::errc() || end != text.data() + text.size()) return &refusals::bad_parameter;
  if (const auto* no = c.ex().set_leverage(symbol, leverage)) return no;
  return std::string("null");
}

answer set_hold_mode(const call& c) {
  const auto mode = c.p.word("holdMode");
  if (mode != "hedge_mode" && mode != "one_way_mode") return &refusals::bad_parameter;
  if (const auto* no = c.ex().set_mode(mode == "hedge_mode" ? position_mode::hedge : position_mode::one_way)) return no;
  return std::string("null");
}

constexpr route routes[] = {
    {"POST", "/api/v3/trade/place-order", access::v3_account, 10, place},
    {"POST", "/api/v3/trade/cancel-order", access::v3_account, 10, cancel},
    {"POST", "/api/v3/trade/modify-order", access::v3_account, 10, modify},
    {"POST", "/api/v3/trade/place-batch", access::v3_account, 5, batch_place},
    {"POST", "/api/v3/trade/cancel-batch", access::v3_account, 5, batch_cancel},
    {"POST", "/api/v3/trade/batch-modify-order", access::v3_account, 5, batch_modify},
    {"POST", "/api/v3/trade/cancel-symbol-order", access::v3_account, 5, cancel_symbol},
    {"POST", "/api/v3/trade/close-positions", access::v3_account, 5, close_positions},
    {"POST", "/api/v3/trade/countdown-cancel-all", access::v3_account, 1, countdown},
    {"POST", "/api/v3/trade/place-strategy-order", access::v3_account, 10, place_strategy},
    {"POST", "/api/v3/trade/modify-strategy-order", access::v3_account, 10, modify_strategy},
    {"POST", "/api/v3/trade/cancel-strategy-order", access::v3_account, 10, cancel_strategy},
    {"GET", "/api/v3/trade/unfilled-strategy-orders", access::v3_account, 10, live_strategies},
    {"GET", "/api/v3/trade/history-strategy-orders", access::v3_account, 10, past_strategies},
    {"GET", "/api/v3/trade/order-info", access::v3_account, 20, order_info},
    {"GET", "/api/v3/trade/unfilled-orders", access::v3_account, 20, unfilled},
    {"GET", "/api/v3/trade/history-orders", access::v3_account, 20, history},
    {"GET", "/api/v3/trade/fills", access::v3_account, 20, fills},
    {"GET", "/api/v3/position/current-position", access::v3_account, 20, current_position},
    {"GET", "/api/v3/position/history-position", access::v3_account, 20, history_position},
    {"GET", "/api/v3/account/settings", access::v3_account, 20, settings_of_account},
    {"GET", "/api/v3/account/assets", access::v3_account, 20, assets},
    {"POST", "/api/v3/account/set-leverage", access::v3_account, 10, set_leverage},
    {"POST", "/api/v3/account/set-hold-mode", access::v3_account, 10, set_hold_mode},
};

}  // namespace

std::span<const route> v3_routes() { return routes; }

}  // namespace trapline::paper_venue::api
