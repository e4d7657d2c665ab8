#include "wire.hpp"
#include "wire_text.hpp"

namespace trapline::paper_venue::wire {
namespace {

std::string money(std::int64_t m) { return short_decimal(m, money_exp); }

// Eight decimals, as balances stand on the wire.
std::string balance_text(std::int64_t m) { return decimal_text(m / 10, money_exp + 1); }

std::string count_text(std::int64_t part, std::int64_t whole) {  // ratio to six decimals
  return whole == 0 ? "0"
                    : short_decimal(static_cast<std::int64_t>(static_cast<__int128>(part) * 1'000'000 / whole), -6);
}

// Average price with four decimals more than a tick has, rounded to nearest.
std::string average_text(const instrument& i, __int128 cost, std::int64_t lots) {
  if (lots == 0) return "0";
  return short_decimal(static_cast<std::int64_t>((cost * 10'000 + lots / 2) / lots), i.price_exp - 4);
}

std::string v1_symbol(const instrument& i) { return i.symbol + "_UMCBL"; }

std::string side_text(side s) { return s == side::buy ? "buy" : "sell"; }

const char* status_text(dialect d, order_status s) {
  static constexpr const char* v2[] = {"live", "partially_filled", "filled", "canceled"};
  static constexpr const char* v1[] = {"new", "partial-fill", "full-fill", "cancelled"};
  return (d == dialect::v2 ? v2 : v1)[static_cast<int>(s)];
}

std::string fee_list(const char* coin_key, std::int64_t fees) {
  return "[" + object().text(coin_key, "USDT").text("fee", money(-fees)).done() + "]";
}

std::int64_t order_value(const instrument& i, const order& o) {
  return o.cost != 0 ? notional(i, o.cost) : notional(i, static_cast<__int128>(o.tick) * o.lots);
}

std::string v1_order(const instrument& i, const order& o) {
  object r;
  r.text("accFillSz", size_text(i, o.filled));
  if (o.last) r.text("avgPx", average_text(i, o.cost, o.filled));
  r.number("cTime", ms(o.created)).text("clOrdId", o.client_id);
  if (o.last)
    r.text("execType", o.last->maker ? "M" : "T")
        .text("fillFee", money(-o.last->fee))
        .text("fillFeeCcy", "USDT")
        .text("fillNotionalUsd", money(notional(i, static_cast<__int128>(o.last->tick) * o.last->lots)))
        .text("fillPx", price_text(i, o.last->tick))
        .text("fillSz", size_text(i, o.last->lots))
        .text("fillTime", std::to_string(ms(o.last->ts)));
  r.text("force", "normal")
      .text("instId", v1_symbol(i))
      .text("lever", std::to_string(leverage))
      .text("notionalUsd", money(order_value(i, o)))
      .text("ordId", std::to_string(o.id))
      .text("ordType", o.market ? "market" : "limit")
      .raw("orderFee", fee_list("feeCcy", o.fees))
      .text("pnl", money(o.profit))
      .text("posSide", "net")
      .text("px", o.market ? "0" : price_text(i, o.tick))
      .text("side", side_text(o.direction))
      .text("status", status_text(dialect::v1, o.status))
      .text("sz", size_text(i, o.lots))
      .text("tdMode", "cross")
      .text("tgtCcy", "USDT");
  if (o.last) r.text("tradeId", std::to_string(o.last->trade_id));
  return r.number("uTime", ms(o.updated)).done();
}

std::string v1_position(const instrument& i, const account& a, const position& p,
                        const std::vector<std::int64_t>& marks) {
  const auto pnl = a.unrealised(p, marks[p.symbol]);
  return object()
      .text("posId", std::to_string(p.id))
      .text("instId", v1_symbol(i))
      .text("instName", i.symbol)
      .text("marginCoin", "USDT")
      .text("margin", money(a.margin(p)))
      .text("marginMode", "crossed")
      .text("holdSide", p.direction == side::buy ? "long" : "short")
      .text("holdMode", "single_hold")
      .text("total", size_text(i, p.lots))
      .text("available", size_text(i, p.lots))
      .text("locked", "0")
      .text("averageOpenPrice", average_text(i, p.cost, p.lots))
      .number("leverage", leverage)
      .text("achievedProfits", money(p.realised))
      .text("upl", money(pnl))
      .text("uplRate", count_text(pnl, a.margin(p)))
      .text("liqPx", price_text(i, a.liquidation_tick(p, marks)))
      .text("keepMarginRate", short_decimal(maintenance_per_1000, -3))
      .text("marginRate", count_text(a.margin_used() / 1000 * maintenance_per_1000 * leverage, a.equity(marks)))
      .text("cTime", std::to_string(ms(p.created)))
      .text("uTime", std::to_string(ms(p.updated)))
      .done();
}

std::string v2_position(const instrument& i, const account& a, const position& p,
                        const std::vector<std::int64_t>& marks) {
  const auto pnl = a.unrealised(p, marks[p.symbol]);
  const bool is_long = p.direction == side::buy;
  // Where profit pays the fees so far and the taker fee of closing.
  const __int128 cost = p.cost + (is_long ? 2 : -2) * p.cost * taker_fee_per_10k / 10'000;
  return object()
      .text("posId", std::to_string(p.id))
      .text("instId", i.symbol)
      .text("marginCoin", "USDT")
      .text("marginSize", money(a.margin(p)))
      .text("marginMode", "crossed")
      .text("holdSide", is_long ? "long" : "short")
      .text("posMode", "one_way_mode")
      .text("total", size_text(i, p.lots))
      .text("available", size_text(i, p.lots))
      .text("frozen", "0")
      .text("openPriceAvg", average_text(i, p.cost, p.lots))
      .number("leverage", leverage)
      .text("achievedProfits", money(p.realised))
      .text("unrealizedPL", money(pnl))
      .text("unrealizedPLR", count_text(pnl, a.margin(p)))
      .text("liquidationPrice", price_text(i, a.liquidation_tick(p, marks)))
      .text("keepMarginRate", short_decimal(maintenance_per_1000, -3))
      .text("marginRate", count_text(a.margin_used() / 1000 * maintenance_per_1000 * leverage, a.equity(marks)))
      .text("breakEvenPrice", average_text(i, cost, p.lots))
      .text("totalFee", "")
      .text("deductedFee", money(p.fees))
      .text("markPrice", price_text(i, marks[p.symbol]))
      .text("assetMode", "single")
      .text("autoMargin", "off")
      .text("cTime", std::to_string(ms(p.created)))
      .text("uTime", std::to_string(ms(p.updated)))
      .done();
}

std::string v2_order(const instrument& i, const order& o) {
  object r;
  r.text("accBaseVolume", size_text(i, o.filled))
      .text("cTime", std::to_string(ms(o.created)))
      .text("cancelReason", o.status == order_status::canceled ? "normal_cancel" : "")
      .text("clientOid", o.client_id)
      .text("enterPointSource", "API")
      .raw("feeDetail", fee_list("feeCoin", o.fees))
      .text("force", "gtc")
      .text("instId", i.symbol)
      .text("leverage", std::to_string(leverage))
      .text("marginCoin", "USDT")
      .text("marginMode", "crossed")
      .text("notionalUsd", money(order_value(i, o)))
      .text("orderId", std::to_string(o.id))
      .text("orderType", o.market ? "market" : "limit")
      .text("posMode", "one_way_mode")
      .text("posSide", "net")
      .text("presetStopLossExecutePrice", "")
      .text("presetStopLossType", "")
      .text("presetStopSurplusExecutePrice", "")
      .text("presetStopSurplusType", "")
      .text("price", o.market ? "0" : price_text(i, o.tick))
      .text("reduceOnly", o.reduce_only ? "yes" : "no")
      .text("side", side_text(o.direction))
      .text("size", size_text(i, o.lots))
      .text("status", status_text(dialect::v2, o.status))
      .text("stpMode", "none")
      .text("totalProfits", money(o.profit))
      .text("tradeSide", o.direction == side::buy ? "buy_single" : "sell_single")
      .text("uTime", std::to_string(ms(o.updated)));
  if (o.last)
    r.text("baseVolume", size_text(i, o.last->lots))
        .text("fillPrice", price_text(i, o.last->tick))
        .text("fillFee", money(-o.last->fee))
        .text("fillFeeCoin", "USDT")
        .text("fillNotionalUsd", money(notional(i, static_cast<__int128>(o.last->tick) * o.last->lots)))
        .text("fillTime", std::to_string(ms(o.last->ts)))
        .text("tradeId", std::to_string(o.last->trade_id))
        .text("tradeScope", o.last->maker ? "M" : "T")
        .text("priceAvg", average_text(i, o.cost, o.filled))
        .text("pnl", money(o.profit));
  return r.done();
}

}  // namespace

std::string order_row(dialect d, const instrument& i, const order& o) {
  return d == dialect::v1 ? v1_order(i, o) : v2_order(i, o);
}

std::string position_rows(dialect d, const std::vector<instrument>& all, const account& a,
                          const std::vector<std::int64_t>& marks, std::optional<std::size_t> only) {
  std::string out;
  for (const auto& p : a.positions()) {
    if (only && p.symbol != *only) continue;
    if (!out.empty()) out += ',';
    out += d == dialect::v1 ? v1_position(all[p.symbol], a, p, marks) : v2_position(all[p.symbol], a, p, marks);
  }
  return out;
}

std::string account_row(dialect d, const account& a, const std::vector<std::int64_t>& marks) {
  const auto equity = a.equity(marks), free = std::max<std::int64_t>(0, equity - a.margin_used());
  object r;
  r.text("marginCoin", "USDT");
  r.text(d == dialect::v1 ? "locked" : "frozen", balance_text(0))
      .text("available", balance_text(free))
      .text("maxOpenPosAvailable", balance_text(free))
      .text("maxTransferOut", balance_text(free))
      .text("equity", balance_text(equity))
      .text("usdtEquity", decimal_text(equity, money_exp));
  if (d == dialect::v1) return r.done();
  return r.text("crossedRiskRate", count_text(a.margin_used() / 1000 * maintenance_per_1000 * leverage, equity))
      .text("unrealizedPL", money(equity - a.balance()))
      .text("unionTotalMargin", "0")
      .text("unionAvailable", "0")
      .text("unionMm", "0")
      .text("assetsMode", "single")
      .done();
}

}  // namespace trapline::paper_venue::wire
