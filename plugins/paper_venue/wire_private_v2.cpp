#include "wire_private.hpp"
#include "wire_words.hpp"

namespace trapline::paper_venue::wire {

std::string v2_order(const exchange& e, const order& o) {
  const instrument& i = e.instruments()[o.symbol];
  object r;
  r.text("accBaseVolume", some_text(i, o.filled))
      .text("cTime", time_text(o.created))
      .text("cancelReason", cause_text(o.cause))
      .text("clientOid", o.client_id)
      .text("clientOId", o.client_id)  // the spelling of older documents, which ccapi reads
      .text("enterPointSource", o.origin == order_origin::liquidation ? "SYS" : "API")
      .raw("feeDetail", fee_list("feeCoin", -o.fees))
      .text("force", force_text(o.force))
      .text("instId", i.symbol)
      .text("leverage", std::to_string(o.leverage))
      .text("marginCoin", "USDT")
      .text("marginMode", "crossed")
      .text("notionalUsd", money(order_value(e, o)))
      .text("orderId", std::to_string(o.id))
      .text("orderType", o.market ? "market" : "limit")
      .text("posMode", mode_text(o.mode))
      .text("posSide", position_side_text(o))
      .text("presetStopLossExecutePrice", "")
      .text("presetStopLossPrice", optional_price(i, o.stop_loss))
      .text("presetStopLossType", o.stop_loss == 0 ? "" : "mark_price")
      .text("presetStopSurplusExecutePrice", "")
      .text("presetStopSurplusPrice", optional_price(i, o.take_profit))
      .text("presetStopSurplusType", o.take_profit == 0 ? "" : "mark_price")
      .text("price", limit_text(i, o.tick))
      .text("reduceOnly", o.reduce_only ? "yes" : "no")
      .text("side", v2_side(o))
      .text("size", size_text(i, o.lots))
      .text("status", v2_status(o.status))
      .text("stpMode", "none")
      .text("totalProfits", money(o.profit))
      .text("tradeSide", v2_trade_side(o, o.origin == order_origin::liquidation))
      .text("uTime", time_text(o.updated));
  if (o.last)
    r.text("baseVolume", size_text(i, o.last->lots))
        .text("fillPrice", price_text(i, o.last->tick))
        .text("fillFee", money(-o.last->fee))
        .text("fillFeeCoin", "USDT")
        .text("fillNotionalUsd", money(notional(i, static_cast<__int128>(o.last->tick) * o.last->lots)))
        .text("fillTime", time_text(o.last->ts))
        .text("tradeId", std::to_string(o.last->trade_id))
        .text("tradeScope", o.last->maker ? "M" : "T")
        .text("priceAvg", average_text(i, o.cost, o.filled))
        .text("pnl", money(o.profit));
  return r.done();
}

std::string v2_position(const exchange& e, const position& p) {
  const instrument& i = e.instruments()[p.symbol];
  const account& a = e.the_account();
  const auto mark = e.marks()[p.symbol];
  const auto pnl = a.unrealised(p, mark);
  const auto frozen = e.frozen(p);
  return object()
      .text("posId", std::to_string(p.id))
      .text("instId", i.symbol)
      .text("marginCoin", "USDT")
      .text("marginSize", money(a.margin(p)))
      .text("marginMode", "crossed")
      .text("holdSide", hold_text(p.direction))
      .text("posMode", mode_text(e.mode()))
      .text("total", size_text(i, p.lots))
      .text("available", some_text(i, p.lots - frozen))
      .text("frozen", some_text(i, frozen))
      .text("openPriceAvg", average_text(i, p.cost, p.lots))
      .number("leverage", a.leverage(p.symbol))
      .text("achievedProfits", money(p.realised))
      .text("unrealizedPL", money(pnl))
      .text("unrealizedPLR", ratio_text(pnl, a.margin(p)))
      .text("liquidationPrice", liquidation_text(e, p))
      .text("keepMarginRate", maintenance_rate())
      .text("marginRate", margin_ratio(e))
      .text("breakEvenPrice", break_even(i, p))
      .text("totalFee", p.funding == 0 ? "" : money(-p.funding))
      .text("deductedFee", money(p.fees()))
      .text("markPrice", price_text(i, mark))
      .text("assetMode", "single")
      .text("autoMargin", "off")
      .text("cTime", time_text(p.created))
      .text("uTime", time_text(p.updated))
      .done();
}

std::string v2_account(const exchange& e) {
  const account& a = e.the_account();
  const auto marks = e.marks();
  const auto equity = a.equity(marks), free = e.available();
  return object()
      .text("marginCoin", "USDT")
      .text("frozen", balance_text(e.order_margin()))
      .text("available", balance_text(free))
      .text("maxOpenPosAvailable", balance_text(free))
      .text("maxTransferOut", balance_text(free))
      .text("equity", balance_text(equity))
      .text("usdtEquity", decimal_text(equity, money_exp))
      .text("crossedRiskRate", margin_ratio(e))
      .text("unrealizedPL", money(a.unrealised(marks)))
      .text("unionTotalMargin", "0")
      .text("unionAvailable", "0")
      .text("unionMm", "0")
      .text("assetsMode", "single")
      .done();
}

std::string equity_row(const exchange& e) {
  const auto marks = e.marks();
  return object()
      .text("btcEquity", "0")
      .text("usdtEquity", decimal_text(e.the_account().equity(marks), money_exp))
      .text("unrealizedPL", money(e.the_account().unrealised(marks)))
      .text("unionTotalMargin", "0")
      .text("unionAvailable", "0")
      .text("unionMm", "0")
      .done();
}

std::string v2_fill(const exchange& e, const execution& x) {
  const instrument& i = e.instruments()[x.symbol];
  const auto fee = object()
                       .text("feeCoin", "USDT")
                       .text("deduction", "no")
                       .text("totalDeductionFee", "0")
                       .text("totalFee", money(-x.fee))
                       .done();
  return object()
      .text("orderId", std::to_string(x.order_id))
      .text("clientOid", x.client_id)
      .text("tradeId", std::to_string(x.trade_id))
      .text("symbol", i.symbol)
      .text("side", side_text(x.direction))  // of the trade, unlike REST
      .text("orderType", x.market ? "market" : "limit")
      .text("posMode", mode_text(x.mode))
      .text("price", price_text(i, x.tick))
      .text("baseVolume", size_text(i, x.lots))
      .text("quoteVolume", money(value_of(e, x)))
      .text("profit", money(x.profit))
      .text("tradeSide", v2_trade_side(x, x.origin == order_origin::liquidation))
      .text("tradeScope", x.maker ? "maker" : "taker")
      .raw("feeDetail", "[" + fee + "]")
      .text("cTime", time_text(x.ts))
      .text("uTime", time_text(x.ts))
      .done();
}

std::string v2_plan(const exchange& e, const plan_order& p) {
  const instrument& i = e.instruments()[p.symbol];
  static constexpr const char* kinds[] = {"pl", "tp", "sl", "ptp", "psl"};
  const bool profit = p.takes_profit(), loss = p.closes_position() && !profit;
  const auto trigger = price_text(i, p.trigger_tick), by = std::string(trigger_text(p.by));
  return object()
      .text("instId", i.symbol)
      .text("orderId", std::to_string(p.id))
      .text("clientOid", p.client_id)
      .text("triggerPrice", trigger)
      .text("triggerType", by)
      .text("triggerTime", time_text(p.triggered != 0 ? p.triggered : p.updated))
      .text("planType", kinds[static_cast<int>(p.kind)])
      .text("price", limit_text(i, p.execute_tick))
      .text("executePrice", limit_text(i, p.execute_tick))
      .text("size", some_text(i, p.lots))
      .text("actualSize", "0")
      .text("orderType", p.execute_tick == 0 ? "market" : "limit")
      .text("side", v2_side(p))
      .text("tradeSide", v2_trade_side(p, false))
      .text("posSide", position_side_text(p))
      .text("marginCoin", "USDT")
      .text("status", plan_status_text(p.status))
      .text("posMode", mode_text(p.mode))
      .text("enterPointSource", "api")
      .text("stopSurplusPrice", "")
      .text("stopSurplusTriggerPrice", profit ? trigger : "")
      .text("stopSurplusTriggerType", profit ? by : "")
      .text("stopLossPrice", "")
      .text("stopLossTriggerPrice", loss ? trigger : "")
      .text("stopLossTriggerType", loss ? by : "")
      .text("stpMode", "none")
      .text("cTime", time_text(p.created))
      .text("uTime", time_text(p.updated))
      .done();
}

std::string v2_closed(const exchange& e, const position& p) {
  const instrument& i = e.instruments()[p.symbol];
  return object()
      .text("posId", std::to_string(p.id))
      .text("instId", i.symbol)
      .text("marginCoin", "USDT")
      .text("marginMode", "crossed")
      .text("holdSide", hold_text(p.direction))
      .text("posMode", mode_text(e.mode()))
      .text("openPriceAvg", average_text(i, p.open_cost, p.opened_lots))
      .text("closePriceAvg", average_text(i, p.close_cost, p.closed_lots))
      .text("openSize", size_text(i, p.opened_lots))
      .text("closeSize", size_text(i, p.closed_lots))
      .text("achievedProfits", money(p.realised))
      .text("settleFee", money(-p.funding))
      .text("openFee", money(-p.open_fees))
      .text("closeFee", money(-p.close_fees))
      .text("cTime", time_text(p.created))
      .text("uTime", time_text(p.updated))
      .done();
}

}  // namespace trapline::paper_venue::wire
