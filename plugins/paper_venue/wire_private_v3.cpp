// Fees are positive here where they are paid, against v2 (bitget.md, section 11.2).
#include "wire_private.hpp"
#include "wire_words.hpp"

namespace trapline::paper_venue::wire {

std::string v3_order(const exchange& e, const order& o) {
  const instrument& i = e.instruments()[o.symbol];
  const auto value = notional(i, static_cast<__int128>(o.tick) * o.lots);
  return object()
      .text("category", "usdt-futures")
      .text("symbol", i.symbol)
      .text("orderId", std::to_string(o.id))
      .text("clientOid", o.client_id)
      .text("price", limit_text(i, o.tick))
      .text("qty", size_text(i, o.lots))
      .text("amount", money(o.market ? notional(i, o.cost) : value))
      .text("holdMode", mode_text(o.mode))
      .text("holdSide", position_side_text(o))
      .text("delegateType", o.origin == order_origin::liquidation ? "burst" : "normal")
      .text("tradeSide", o.mode == position_mode::hedge ? (o.closing ? "close" : "open") : v2_trade_side(o, false))
      .text("orderType", o.market ? "market" : "limit")
      .text("timeInForce", force_text(o.force))
      .text("side", side_text(o.direction))
      .text("marginMode", "crossed")
      .text("marginCoin", "USDT")
      .text("reduceOnly", o.reduce_only ? "yes" : "no")
      .text("cumExecQty", some_text(i, o.filled))
      .text("cumExecValue", money(notional(i, o.cost)))
      .text("avgPrice", average_text(i, o.cost, o.filled))
      .text("totalProfit", money(o.profit))
      .text("orderStatus", v3_status(o.status))
      .text("cancelReason", cause_text(o.cause))
      .text("leverage", std::to_string(o.leverage))
      .raw("feeDetail", fee_list("feeCoin", o.fees))
      .text("createdTime", time_text(o.created))
      .text("updatedTime", time_text(o.updated))
      .text("stpMode", "none")
      .done();
}

std::string v3_position(const exchange& e, const position& p, bool ended) {
  const instrument& i = e.instruments()[p.symbol];
  const account& a = e.the_account();
  const auto mark = e.marks()[p.symbol];
  const auto pnl = ended ? 0 : a.unrealised(p, mark);
  const auto frozen = ended ? 0 : e.frozen(p);
  const auto liquidation = ended ? 0 : a.liquidation_tick(p, e.marks());
  return object()
      .text("symbol", i.symbol)
      .text("marginCoin", "USDT")
      .text("marginMode", "crossed")
      .text("holdMode", mode_text(e.mode()))
      .text("posSide", hold_text(p.direction))
      .text("positionStatus", ended ? "ended" : "opening")
      .text("size", some_text(i, p.lots))
      .text("available", some_text(i, p.lots - frozen))
      .text("frozen", some_text(i, frozen))
      .text("avgPrice", ended ? average_text(i, p.open_cost, p.opened_lots) : average_text(i, p.cost, p.lots))
      .text("leverage", std::to_string(a.leverage(p.symbol)))
      .text("marginSize", money(a.margin(p)))
      .text("unrealisedPnl", money(pnl))
      .text("curRealisedPnl", money(p.realised))
      .text("profitRate", ratio_text(pnl, a.margin(p)))
      .text("liqPrice", optional_price(i, liquidation))
      .text("mmr", maintenance_rate())
      .text("breakEvenPrice", ended ? "0" : break_even(i, p))
      .text("markPrice", price_text(i, mark))
      .text("openFeeTotal", money(-p.open_fees))
      .text("closeFeeTotal", money(-p.close_fees))
      .text("totalFundingFee", money(-p.funding))
      .text("createdTime", time_text(p.created))
      .text("updatedTime", time_text(p.updated))
      .done();
}

std::string v3_account(const exchange& e) {
  const account& a = e.the_account();
  const auto marks = e.marks();
  const auto equity = a.equity(marks), maintenance = a.maintenance(marks);
  const auto coin = object()
                        .text("coin", "USDT")
                        .text("balance", money(a.balance()))
                        .text("available", money(e.available()))
                        .text("locked", money(e.order_margin()))
                        .text("equity", money(equity))
                        .text("usdValue", money(equity))
                        .text("borrow", "0")
                        .text("debts", "0")
                        .done();
  return object()
      .text("totalEquity", money(equity))
      .text("effEquity", money(equity))
      .text("mmr", money(maintenance))
      .text("imr", money(a.margin_used() + e.order_margin()))
      .text("mgnRatio", ratio_text(maintenance, equity))
      .text("positionMgnRatio", ratio_text(a.margin_used(), equity))
      .text("unrealisedPnL", money(a.unrealised(marks)))
      .raw("coin", "[" + coin + "]")
      .done();
}

std::string v3_fill(const exchange& e, const execution& x) {
  const instrument& i = e.instruments()[x.symbol];
  return object()
      .text("category", "usdt-futures")
      .text("symbol", i.symbol)
      .text("orderId", std::to_string(x.order_id))
      .text("clientOid", x.client_id)
      .text("execId", std::to_string(x.trade_id))
      .text("execLinkId", std::to_string(x.trade_id))
      .text("side", side_text(x.direction))
      .text("holdSide", position_side_text(x))
      .text("tradeSide", x.mode == position_mode::hedge ? (x.closing ? "close" : "open") : v2_trade_side(x, false))
      .text("orderType", x.market ? "market" : "limit")
      .text("execPrice", price_text(i, x.tick))
      .text("execQty", size_text(i, x.lots))
      .text("execValue", money(value_of(e, x)))
      .text("execPnl", money(x.profit))
      .text("tradeScope", x.maker ? "maker" : "taker")
      .raw("feeDetail", fee_list("feeCoin", x.fee))
      .text("execTime", time_text(x.ts))
      .text("updatedTime", time_text(x.ts))
      .text("isRPI", "no")
      .done();
}

std::string v3_plan(const exchange& e, const plan_order& p) {
  const instrument& i = e.instruments()[p.symbol];
  static constexpr const char* statuses[] = {"pending", "executing", "executed", "failed", "cancelled"};
  const bool tpsl = p.closes_position(), profit = p.takes_profit();
  const auto trigger = price_text(i, p.trigger_tick);
  const std::string by = p.by == trigger_price::mark ? "mark" : "market";
  const std::string type = p.execute_tick == 0 ? "market" : "limit";
  const std::string limit = optional_price(i, p.execute_tick);
  return object()
      .text("category", "usdt-futures")
      .text("symbol", i.symbol)
      .text("orderId", std::to_string(p.id))
      .text("clientOid", p.client_id)
      .text("qty", p.lots == 0 ? "" : size_text(i, p.lots))
      .text("side", side_text(p.direction))
      .text("posSide", position_side_text(p))
      .text("reduceOnly", p.reduce_only || p.closing ? "yes" : "no")
      .text("type", tpsl ? "tpsl" : "trigger")
      .text("status", statuses[static_cast<int>(p.status)])
      .text("triggerType", !tpsl    ? ""
                           : profit ? "takeProfit"
                                    : "stopLoss")
      .text("tpTriggerBy", tpsl && profit ? by : "")
      .text("slTriggerBy", tpsl && !profit ? by : "")
      .text("takeProfit", tpsl && profit ? trigger : "")
      .text("stopLoss", tpsl && !profit ? trigger : "")
      .text("tpOrderType", tpsl && profit ? type : "")
      .text("slOrderType", tpsl && !profit ? type : "")
      .text("tpLimitPrice", tpsl && profit ? limit : "")
      .text("slLimitPrice", tpsl && !profit ? limit : "")
      .text("triggerBy", tpsl ? "" : by)
      .text("triggerPrice", tpsl ? "" : trigger)
      .text("triggerOrderType", tpsl ? "" : type)
      .text("triggerOrderPrice", tpsl ? "" : limit)
      .text("createdTime", time_text(p.created))
      .text("updatedTime", time_text(p.updated))
      .done();
}

}  // namespace trapline::paper_venue::wire
