// Words and numbers that the wire formats and the REST rows share.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "exchange/exchange.hpp"
#include "wire_text.hpp"

namespace trapline::paper_venue::wire {

inline std::string money(std::int64_t m) { return short_decimal(m, money_exp); }

// Eight decimals, as balances stand on the wire.
inline std::string balance_text(std::int64_t m) { return decimal_text(m / 10, money_exp + 1); }

// To six decimals; 0 where there is no whole.
inline std::string ratio_text(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return "0";
  return short_decimal(static_cast<std::int64_t>(static_cast<__int128>(part) * 1'000'000 / whole), -6);
}

// Average price with four decimals more than a tick has, rounded to nearest. `none` for no lots.
inline std::string average_text(const instrument& i, __int128 cost, std::int64_t lots, const char* none = "0") {
  if (lots == 0) return none;
  return short_decimal(static_cast<std::int64_t>((cost * 10'000 + lots / 2) / lots), i.price_exp - 4);
}

inline std::string time_text(std::int64_t ns) { return std::to_string(ms(ns)); }
// Bitget writes no size as "0", whatever the decimals.
inline std::string some_text(const instrument& i, std::int64_t lots) { return lots == 0 ? "0" : size_text(i, lots); }
inline std::string limit_text(const instrument& i, std::int64_t tick) { return tick == 0 ? "0" : price_text(i, tick); }
inline std::string optional_price(const instrument& i, std::int64_t tick) {
  return tick == 0 ? "" : price_text(i, tick);
}

inline std::string side_text(side s) { return s == side::buy ? "buy" : "sell"; }
inline std::string hold_text(side s) { return s == side::buy ? "long" : "short"; }
inline std::string mode_text(position_mode m) { return m == position_mode::hedge ? "hedge_mode" : "one_way_mode"; }

// Works for orders, executions and plan orders.
template <class Order>
std::string position_side_text(const Order& o) {
  if (o.mode == position_mode::one_way) return "net";
  return hold_text(o.closing ? opposite(o.direction) : o.direction);
}

// v2: in hedge mode `side` is the direction of the position, whatever is done to it (bitget.md, section 12).
template <class Order>
std::string v2_side(const Order& o) {
  return side_text(o.closing ? opposite(o.direction) : o.direction);
}

template <class Order>
std::string v2_trade_side(const Order& o, bool liquidation) {
  const std::string prefix = liquidation ? "burst_" : "";
  if (o.mode == position_mode::one_way) return prefix + side_text(o.direction) + "_single";
  if (liquidation) return prefix + "close_" + hold_text(opposite(o.direction));
  return o.closing ? "close" : "open";
}

inline const char* force_text(time_in_force f) {
  static constexpr const char* words[] = {"gtc", "ioc", "fok", "post_only"};
  return words[static_cast<int>(f)];
}

inline const char* cause_text(cancel_cause c) {
  static constexpr const char* words[] = {"",         "normal_cancel",      "post_only_cancel", "unfilled_cancel",
                                          "replaced", "reduce_only_cancel", "burst_cancel"};
  return words[static_cast<int>(c)];
}

inline const char* v2_status(order_status s) {
  static constexpr const char* words[] = {"live", "partially_filled", "filled", "canceled"};
  return words[static_cast<int>(s)];
}

// v3 has not pushed `live` since April 2026: an order begins as `new`.
inline const char* v3_status(order_status s) {
  static constexpr const char* words[] = {"new", "partially_filled", "filled", "cancelled"};
  return words[static_cast<int>(s)];
}

inline const char* plan_status_text(plan_status s) {
  static constexpr const char* words[] = {"live", "executing", "executed", "fail_execute", "cancelled"};
  return words[static_cast<int>(s)];
}

inline const char* trigger_text(trigger_price t) { return t == trigger_price::mark ? "mark_price" : "fill_price"; }

// What the order is worth: traded, else at its limit, else (market) at the last price.
inline std::int64_t order_value(const exchange& e, const order& o) {
  const auto tick = o.tick != 0 ? o.tick : e.market_of(o.symbol).last_tick();
  return notional(e.instruments()[o.symbol], o.cost != 0 ? o.cost : static_cast<__int128>(tick) * o.lots);
}

inline std::int64_t value_of(const exchange& e, const execution& x) {
  return notional(e.instruments()[x.symbol], static_cast<__int128>(x.tick) * x.lots);
}

// Where profit pays the fees so far and the taker fee of closing.
inline std::string break_even(const instrument& i, const position& p) {
  const __int128 twice = 2 * p.cost * taker_fee_per_10k / 10'000;
  return average_text(i, p.direction == side::buy ? p.cost + twice : p.cost - twice, p.lots);
}

// Maintenance margin over equity, of the whole account: crossed margin.
inline std::string margin_ratio(const exchange& e) {
  const auto marks = e.marks();
  return ratio_text(e.the_account().maintenance(marks), e.the_account().equity(marks));
}

inline std::string maintenance_rate() { return short_decimal(maintenance_per_1000, -3); }

inline std::string liquidation_text(const exchange& e, const position& p) {
  return limit_text(e.instruments()[p.symbol], e.the_account().liquidation_tick(p, e.marks()));
}

inline std::string fee_list(const char* coin_key, std::int64_t fee) {
  return "[" + object().text(coin_key, "USDT").text("fee", money(fee)).done() + "]";
}

}  // namespace trapline::paper_venue::wire
