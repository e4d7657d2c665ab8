#include "wire_private.hpp"
#include "wire_words.hpp"

namespace trapline::paper_venue::wire {
namespace {

std::string v1_symbol(const instrument& i) { return i.symbol + "_UMCBL"; }

const char* v1_status(order_status s) {
  static constexpr const char* words[] = {"new", "partial-fill", "full-fill", "cancelled"};
  return words[static_cast<int>(s)];
}

}  // namespace

std::string v1_order(const exchange& e, const order& o) {
  const instrument& i = e.instruments()[o.symbol];
  object r;
  r.text("accFillSz", some_text(i, o.filled));
  if (o.last) r.text("avgPx", average_text(i, o.cost, o.filled));
  r.number("cTime", ms(o.created)).text("clOrdId", o.client_id);
  if (o.last)
    r.text("execType", o.last->maker ? "M" : "T")
        .text("fillFee", money(-o.last->fee))
        .text("fillFeeCcy", "USDT")
        .text("fillNotionalUsd", money(notional(i, static_cast<__int128>(o.last->tick) * o.last->lots)))
        .text("fillPx", price_text(i, o.last->tick))
        .text("fillSz", size_text(i, o.last->lots))
        .text("fillTime", time_text(o.last->ts));
  r.text("force", "normal")
      .text("instId", v1_symbol(i))
      .text("lever", std::to_string(o.leverage))
      .text("notionalUsd", money(order_value(e, o)))
      .text("ordId", std::to_string(o.id))
      .text("ordType", o.market ? "market" : "limit")
      .raw("orderFee", fee_list("feeCcy", -o.fees))
      .text("pnl", money(o.profit))
      .text("posSide", position_side_text(o))
      .text("px", limit_text(i, o.tick))
      .text("side", side_text(o.direction))
      .text("status", v1_status(o.status))
      .text("sz", size_text(i, o.lots))
      .text("tdMode", "cross")
      .text("tgtCcy", "USDT");
  if (o.last) r.text("tradeId", std::to_string(o.last->trade_id));
  return r.number("uTime", ms(o.updated)).done();
}

std::string v1_position(const exchange& e, const position& p) {
  const instrument& i = e.instruments()[p.symbol];
  const account& a = e.the_account();
  const auto pnl = a.unrealised(p, e.marks()[p.symbol]);
  const auto frozen = e.frozen(p);
  return object()
      .text("posId", std::to_string(p.id))
      .text("instId", v1_symbol(i))
      .text("instName", i.symbol)
      .text("marginCoin", "USDT")
      .text("margin", money(a.margin(p)))
      .text("marginMode", "crossed")
      .text("holdSide", hold_text(p.direction))
      .text("holdMode", e.mode() == position_mode::hedge ? "double_hold" : "single_hold")
      .text("total", size_text(i, p.lots))
      .text("available", some_text(i, p.lots - frozen))
      .text("locked", some_text(i, frozen))
      .text("averageOpenPrice", average_text(i, p.cost, p.lots))
      .number("leverage", a.leverage(p.symbol))
      .text("achievedProfits", money(p.realised))
      .text("upl", money(pnl))
      .text("uplRate", ratio_text(pnl, a.margin(p)))
      .text("liqPx", liquidation_text(e, p))
      .text("keepMarginRate", maintenance_rate())
      .text("marginRate", margin_ratio(e))
      .text("cTime", time_text(p.created))
      .text("uTime", time_text(p.updated))
      .done();
}

std::string v1_account(const exchange& e) {
  const auto equity = e.the_account().equity(e.marks()), free = e.available();
  return object()
      .text("marginCoin", "USDT")
      .text("locked", balance_text(e.order_margin()))
      .text("available", balance_text(free))
      .text("maxOpenPosAvailable", balance_text(free))
      .text("maxTransferOut", balance_text(free))
      .text("equity", balance_text(equity))
      .text("usdtEquity", decimal_text(equity, money_exp))
      .done();
}

}  // namespace trapline::paper_venue::wire
