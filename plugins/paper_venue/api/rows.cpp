#include "rows.hpp"

#include <charconv>

namespace trapline::paper_venue::api {

using namespace wire;  // NOLINT: the words of the wire are what this file is about

std::string v2_order_row(const exchange& e, const order& o, const char* state_key) {
  const instrument& i = e.instruments()[o.symbol];
  return object()
      .text("symbol", i.symbol)
      .text("size", size_text(i, o.lots))
      .text("orderId", std::to_string(o.id))
      .text("clientOid", o.client_id)
      .text("baseVolume", some_text(i, o.filled))
      .text("quoteVolume", money(notional(i, o.cost)))
      .text("priceAvg", average_text(i, o.cost, o.filled, ""))
      .text("fee", money(-o.fees))
      .text("price", optional_price(i, o.tick))
      .text(state_key, v2_status(o.status))
      .text("side", v2_side(o))
      .text("force", force_text(o.force))
      .text("totalProfits", money(o.profit))
      .text("posSide", position_side_text(o))
      .text("marginCoin", "USDT")
      .text("presetStopSurplusPrice", optional_price(i, o.take_profit))
      .text("presetStopSurplusType", o.take_profit == 0 ? "" : "mark_price")
      .text("presetStopSurplusExecutePrice", "")
      .text("presetStopLossPrice", optional_price(i, o.stop_loss))
      .text("presetStopLossType", o.stop_loss == 0 ? "" : "mark_price")
      .text("presetStopLossExecutePrice", "")
      .text("orderType", o.market ? "market" : "limit")
      .text("leverage", std::to_string(o.leverage))
      .text("marginMode", "crossed")
      .text("reduceOnly", o.reduce_only ? "YES" : "NO")
      .text("enterPointSource", o.origin == order_origin::liquidation ? "SYS" : "API")
      .text("tradeSide", v2_trade_side(o, o.origin == order_origin::liquidation))
      .text("posMode", mode_text(o.mode))
      .text("orderSource", o.market ? "market" : "normal")
      .text("cancelReason", cause_text(o.cause))
      .text("cTime", time_text(o.created))
      .text("uTime", time_text(o.updated))
      .done();
}

std::string v2_fill_row(const exchange& e, const execution& x) {
  const instrument& i = e.instruments()[x.symbol];
  const auto fee = object()
                       .text("deduction", "no")
                       .text("feeCoin", "USDT")
                       .raw("totalDeductionFee", "null")
                       .text("totalFee", money(-x.fee))
                       .done();
  return object()
      .text("tradeId", std::to_string(x.trade_id))
      .text("symbol", i.symbol)
      .text("orderId", std::to_string(x.order_id))
      .text("price", price_text(i, x.tick))
      .text("baseVolume", size_text(i, x.lots))
      .raw("feeDetail", "[" + fee + "]")
      .text("side", v2_side(x))  // of the position, unlike the fill channel
      .text("quoteVolume", money(value_of(e, x)))
      .text("profit", money(x.profit))
      .text("enterPointSource", "api")
      .text("tradeSide", v2_trade_side(x, x.origin == order_origin::liquidation))
      .text("posMode", mode_text(x.mode))
      .text("tradeScope", x.maker ? "maker" : "taker")
      .text("cTime", time_text(x.ts))
      .done();
}

std::string v2_position_row(const exchange& e, const position& p) {
  const instrument& i = e.instruments()[p.symbol];
  const account& a = e.the_account();
  const auto mark = e.marks()[p.symbol];
  const auto frozen = e.frozen(p);
  std::int64_t opening = 0;  // lots of open orders that add to it
  for (const auto& [id, o] : e.orders())
    if (o.open() && o.symbol == p.symbol && o.direction == p.direction && !o.closing && !o.reduce_only)
      opening += o.remaining();
  // Of the plans for the whole position.
  const plan_order *profit = nullptr, *loss = nullptr;
  for (const auto& [id, plan] : e.plans())
    if (plan.status == plan_status::live && plan.whole_position() && plan.symbol == p.symbol &&
        opposite(plan.direction) == p.direction)
      (plan.takes_profit() ? profit : loss) = &plan;
  const auto price = [&](const plan_order* q) { return q ? price_text(i, q->trigger_tick) : std::string(); };
  const auto id = [&](const plan_order* q) { return q ? std::to_string(q->id) : std::string(); };
  return object()
      .text("marginCoin", "USDT")
      .text("symbol", i.symbol)
      .text("holdSide", hold_text(p.direction))
      .text("openDelegateSize", some_text(i, opening))
      .text("marginSize", money(a.margin(p)))
      .text("available", some_text(i, p.lots - frozen))
      .text("locked", some_text(i, frozen))
      .text("total", size_text(i, p.lots))
      .text("leverage", std::to_string(a.leverage(p.symbol)))
      .text("achievedProfits", money(p.realised))
      .text("openPriceAvg", average_text(i, p.cost, p.lots))
      .text("marginMode", "crossed")
      .text("posMode", mode_text(e.mode()))
      .text("unrealizedPL", money(a.unrealised(p, mark)))
      .text("liquidationPrice", liquidation_text(e, p))
      .text("keepMarginRate", maintenance_rate())
      .text("markPrice", price_text(i, mark))
      .text("breakEvenPrice", break_even(i, p))
      .text("totalFee", p.funding == 0 ? "" : money(-p.funding))
      .text("deductedFee", money(p.fees()))
      .text("takeProfit", price(profit))
      .text("stopLoss", price(loss))
      .text("takeProfitId", id(profit))
      .text("stopLossId", id(loss))
      .text("marginRatio", margin_ratio(e))
      .text("assetMode", "single")
      .text("autoMargin", "off")
      .text("grant", "")
      .text("cTime", time_text(p.created))
      .text("uTime", time_text(p.updated))
      .done();
}

std::string v2_closed_row(const exchange& e, const position& p) {
  const instrument& i = e.instruments()[p.symbol];
  return object()
      .text("positionId", std::to_string(p.id))
      .text("marginCoin", "USDT")
      .text("symbol", i.symbol)
      .text("holdSide", hold_text(p.direction))
      .text("openAvgPrice", average_text(i, p.open_cost, p.opened_lots))
      .text("closeAvgPrice", average_text(i, p.close_cost, p.closed_lots))
      .text("marginMode", "crossed")
      .text("openTotalPos", size_text(i, p.opened_lots))
      .text("closeTotalPos", size_text(i, p.closed_lots))
      .text("pnl", money(p.realised))
      .text("netProfit", money(p.realised - p.fees() - p.funding))
      .text("totalFunding", money(-p.funding))
      .text("openFee", money(-p.open_fees))
      .text("closeFee", money(-p.close_fees))
      .text("posMode", mode_text(e.mode()))
      .text("ctime", time_text(p.created))
      .text("utime", time_text(p.updated))
      .done();
}

std::string v2_plan_row(const exchange& e, const plan_order& p) {
  const instrument& i = e.instruments()[p.symbol];
  static constexpr const char* kinds[] = {"normal_plan", "profit_plan", "loss_plan", "pos_profit", "pos_loss"};
  const bool profit = p.takes_profit(), loss = p.closes_position() && !profit;
  const auto trigger = price_text(i, p.trigger_tick);
  return object()
      .text("planType", kinds[static_cast<int>(p.kind)])
      .text("symbol", i.symbol)
      .text("size", p.lots == 0 ? "" : size_text(i, p.lots))
      .text("orderId", std::to_string(p.id))
      .text("clientOid", p.client_id)
      .text("executeOrderId", p.order_id == 0 ? "" : std::to_string(p.order_id))
      .text("price", limit_text(i, p.execute_tick))
      .text("executePrice", limit_text(i, p.execute_tick))
      .text("callbackRatio", "")
      .text("triggerPrice", trigger)
      .text("triggerType", trigger_text(p.by))
      .text("planStatus", plan_status_text(p.status))
      .text("side", v2_side(p))
      .text("posSide", position_side_text(p))
      .text("marginCoin", "USDT")
      .text("marginMode", "crossed")
      .text("enterPointSource", "api")
      .text("tradeSide", v2_trade_side(p, false))
      .text("posMode", mode_text(p.mode))
      .text("orderType", p.execute_tick == 0 ? "market" : "limit")
      .text("orderSource", p.closes_position() ? (profit ? "profit_market" : "loss_market") : "plan_market")
      .text("stopSurplusTriggerPrice", profit ? trigger : "")
      .text("stopLossTriggerPrice", loss ? trigger : "")
      .text("cTime", time_text(p.created))
      .text("uTime", time_text(p.updated))
      .done();
}

std::string v2_account_row(const exchange& e, std::size_t symbol) {
  const account& a = e.the_account();
  const auto marks = e.marks();
  const auto equity = money(a.equity(marks)), free = money(e.available()), pnl = money(a.unrealised(marks));
  const auto leverage = std::to_string(a.leverage(symbol));
  return object()
      .text("marginCoin", "USDT")
      .text("locked", money(e.order_margin()))
      .text("available", free)
      .text("crossedMaxAvailable", free)
      .text("isolatedMaxAvailable", free)
      .text("maxTransferOut", free)
      .text("accountEquity", equity)
      .text("usdtEquity", equity)
      .text("btcEquity", "0")
      .text("crossedRiskRate", margin_ratio(e))
      .text("crossedMarginLeverage", leverage)
      .text("isolatedLongLever", leverage)
      .text("isolatedShortLever", leverage)
      .text("marginMode", "crossed")
      .text("posMode", mode_text(e.mode()))
      .text("unrealizedPL", pnl)
      .text("coupon", "0")
      .text("crossedUnrealizedPL", pnl)
      .text("isolatedUnrealizedPL", "0")
      .text("assetMode", "single")
      .done();
}

const refusal* read_page(const call& c, page& out) {
  const auto number = [&](std::string_view name, auto& value) {
    const auto text = c.p.get(name);
    if (text.empty()) return true;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    return ec == std::errc() && end == text.data() + text.size();
  };
  if (c.p.has("symbol")) {
    std::size_t symbol = 0;
    if (const auto* no = read_symbol(c.ex(), c.p, symbol)) return no;
    out.symbol = symbol;
  }
  if (!number("limit", out.limit) || !number("idLessThan", out.before) || !number("cursor", out.before) ||
      !number("startTime", out.from) || !number("endTime", out.to) || out.limit < 1)
    return &refusals::bad_parameter;
  out.limit = std::min<std::size_t>(out.limit, 100);
  return nullptr;
}

}  // namespace trapline::paper_venue::api
