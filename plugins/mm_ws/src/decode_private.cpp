#include "decode_private.hpp"

#include "private_rows.hpp"

namespace trapline::mm_ws {
namespace {

std::uint8_t order_status_of(std::string_view text) {
  return text == "live" || text == "new"             ? TRAPLINE_ORDER_LIVE
         : text == "partially_filled"                ? TRAPLINE_ORDER_PARTIALLY_FILLED
         : text == "filled"                          ? TRAPLINE_ORDER_FILLED
         : text == "canceled" || text == "cancelled" ? TRAPLINE_ORDER_CANCELED
                                                     : TRAPLINE_ORDER_UNKNOWN;
}

bool take_position(const row_text& t, position_row& row) {
  auto& p = row.payload;
  row.symbol = t[field::symbol];
  row.ended = t[field::status] == "ended";
  p.side = position_side_of(t[field::position_side]);
  p.position_mode = mode_of(t[field::position_mode]);
  const auto margin_mode = t[field::margin_mode];
  p.margin_mode = margin_mode == "crossed"                              ? TRAPLINE_MARGIN_CROSSED
                  : margin_mode == "isolated" || margin_mode == "fixed" ? TRAPLINE_MARGIN_ISOLATED
                                                                        : TRAPLINE_MARGIN_UNKNOWN;
  amounts price, size, money, leverage;
  const auto mark = [&](bool there, std::uint32_t bit) { p.present |= there ? bit : 0; };
  price.add(t[field::entry_price], p.entry_price);
  mark(price.add(t[field::mark], p.mark_price), TRAPLINE_POSITION_HAS_MARK);
  mark(price.add(t[field::liquidation_price], p.liquidation_price), TRAPLINE_POSITION_HAS_LIQUIDATION);
  const bool sized = size.add(t[field::size], p.size);
  size.add(t[field::available], p.available);
  mark(money.add(t[field::unrealised_pnl], p.unrealised_pnl), TRAPLINE_POSITION_HAS_UNREALISED_PNL);
  mark(money.add(t[field::realised_pnl], p.realised_pnl), TRAPLINE_POSITION_HAS_REALISED_PNL);
  mark(money.add(t[field::margin], p.margin), TRAPLINE_POSITION_HAS_MARGIN);
  leverage.add(t[field::leverage], p.leverage);
  // An id that does not fit would name something else.
  const bool good = sdk::assign(p.position_id, t[field::id]) && sdk::assign(p.margin_coin, t[field::margin_coin]) &&
                    take_time(p.created_ts, t[field::created]) && take_time(row.updated_ts, t[field::updated]) &&
                    price.finish(p.price_exp, row.inexact) && size.finish(p.size_exp, row.inexact) &&
                    money.finish(p.money_exp, row.inexact) && leverage.finish(p.leverage_exp, row.inexact);
  if (p.liquidation_price <= 0) {  // 0 or below: there is none
    p.liquidation_price = 0;
    p.present &= ~TRAPLINE_POSITION_HAS_LIQUIDATION;
  }
  row.ended |= sized && p.size == 0;
  return good && !row.symbol.empty() && p.side != TRAPLINE_POSITION_NONE && sized && p.size >= 0 &&
         (row.ended || p.entry_price > 0);
}

bool take_order(const dialect& d, const row_text& t, order_row& row) {
  auto& o = row.payload;
  row.symbol = t[field::symbol];
  o.status = order_status_of(t[field::status]);
  o.order_type = order_type_of(t[field::order_type]);
  o.reduce_only = equal_ignoring_case(t[field::reduce_only], "yes") || t[field::reduce_only] == "true";
  const bool hedge = is_hedge(t);
  o.side =
      order_direction(t[field::side], t[field::position_side], t[field::trade_side], hedge && d.hedge_side_is_position);
  o.position_side = hedge ? position_side_of(t[field::position_side]) : std::uint8_t{TRAPLINE_POSITION_NONE};
  amounts price, size, money;
  price.add(t[field::price], o.price);
  price.add(t[field::average_price], o.average_price);
  price.add(t[field::last_price], o.last_price);
  size.add(t[field::size], o.size);
  size.add(t[field::filled_size], o.filled_size);
  size.add(t[field::last_size], o.last_size);
  money.add(t[field::last_fee], o.last_fee);
  return sdk::assign(o.order_id, t[field::id]) && sdk::assign(o.client_order_id, t[field::client_id]) &&
         sdk::assign(o.last_trade_id, t[field::last_trade_id]) && take_time(o.created_ts, t[field::created]) &&
         take_time(row.updated_ts, t[field::updated]) && price.finish(o.price_exp, row.inexact) &&
         size.finish(o.size_exp, row.inexact) && money.finish(o.money_exp, row.inexact) && !row.symbol.empty() &&
         o.order_id[0] != 0;
}

// The latest execution of an order, of which its row tells all that matters.
void take_execution(const row_text& t, const order_row& order, fill_row& row) {
  const auto& o = order.payload;
  auto& f = row.payload;
  row.symbol = order.symbol;
  row.inexact = order.inexact;
  row.updated_ts = to_time(t[field::ts]).value_or(order.updated_ts);
  sdk::assign(f.trade_id, sdk::view(o.last_trade_id));
  sdk::assign(f.order_id, sdk::view(o.order_id));
  sdk::assign(f.client_order_id, sdk::view(o.client_order_id));
  sdk::assign(f.fee_coin, t[field::fee_coin]);
  f.side = o.side;
  f.position_side = o.position_side;
  f.liquidity = liquidity_of(t[field::liquidity]);
  f.price = o.last_price;
  f.size = o.last_size;
  f.price_exp = o.price_exp;
  f.size_exp = o.size_exp;
  amounts money;
  money.add(t[field::last_fee], f.fee);
  money.add(t[field::realised_pnl], f.realised_pnl);
  if (!money.finish(f.money_exp, row.inexact)) f.fee = f.realised_pnl = f.money_exp = 0;
}

bool take_account(const row_text& t, account_row& row) {
  auto& a = row.payload;
  amounts money;
  const auto mark = [&](bool there, std::uint32_t bit) { a.present |= there ? bit : 0; };
  mark(money.add(t[field::available], a.available), TRAPLINE_ACCOUNT_HAS_AVAILABLE);
  mark(money.add(t[field::frozen], a.frozen), TRAPLINE_ACCOUNT_HAS_FROZEN);
  mark(money.add(t[field::equity], a.equity), TRAPLINE_ACCOUNT_HAS_EQUITY);
  mark(money.add(t[field::unrealised_pnl], a.unrealised_pnl), TRAPLINE_ACCOUNT_HAS_UNREALISED_PNL);
  return sdk::assign(a.margin_coin, t[field::margin_coin]) && money.finish(a.money_exp, row.inexact) &&
         a.margin_coin[0] != 0;
}

}  // namespace

std::uint8_t order_direction(std::string_view side, std::string_view position_side, std::string_view trade_side,
                             bool hedge) {
  const auto has = [&](std::string_view what) { return trade_side.find(what) != trade_side.npos; };
  if (!hedge) {
    if (equal_ignoring_case(side, "buy")) return TRAPLINE_SIDE_BUY;
    if (equal_ignoring_case(side, "sell")) return TRAPLINE_SIDE_SELL;
    return has("buy") ? TRAPLINE_SIDE_BUY : has("sell") ? TRAPLINE_SIDE_SELL : TRAPLINE_SIDE_UNKNOWN;
  }
  const bool closes = has("close"), opens = has("open");
  auto of = position_side_of(position_side);
  if (of == TRAPLINE_POSITION_NONE && has("long")) of = TRAPLINE_POSITION_LONG;
  if (of == TRAPLINE_POSITION_NONE && has("short")) of = TRAPLINE_POSITION_SHORT;
  if (closes == opens || of == TRAPLINE_POSITION_NONE) return TRAPLINE_SIDE_UNKNOWN;
  return (of == TRAPLINE_POSITION_LONG) == opens ? TRAPLINE_SIDE_BUY : TRAPLINE_SIDE_SELL;
}

bool decode_positions(const dialect& d, ondemand::value data, std::vector<position_row>& out) {
  ondemand::json_type type{};
  if (data.type().get(type) != simdjson::SUCCESS || type != ondemand::json_type::array) return false;
  return each_row(data, d.position, [&](const row_text& t, bool) { return take_position(t, out.emplace_back()); });
}

bool decode_orders(const dialect& d, bool from_rest, ondemand::value data, std::vector<order_row>& out,
                   std::vector<fill_row>* fills, std::size_t* others) {
  return each_row(data, from_rest ? d.rest_order : d.order, [&](const row_text& t, bool) {
    if (is_of_another(d, t, others)) return true;
    auto& row = out.emplace_back();
    if (!take_order(d, t, row)) return false;
    if (!fills || row.payload.last_trade_id[0] == 0 || row.payload.last_size <= 0) return true;
    // An execution at no price would be published once and never corrected.
    if (row.payload.last_price <= 0) return false;
    take_execution(t, row, fills->emplace_back());
    return true;
  });
}

bool decode_coins(const dialect& d, ondemand::value data, std::vector<account_row>& out) {
  return each_row(data, d.account, [&](const row_text& t, bool) { return take_account(t, out.emplace_back()); });
}

bool decode_accounts(const dialect& d, ondemand::value data, std::vector<account_row>& out) {
  if (!d.position_rows) return decode_coins(d, data, out);
  // v3: a list of accounts, each with a list of its coins.
  ondemand::json_type type{};
  if (data.type().get(type) != simdjson::SUCCESS) return false;
  if (type == ondemand::json_type::null) return true;
  ondemand::array accounts;
  if (data.get_array().get(accounts) != simdjson::SUCCESS) return false;
  for (auto element : accounts) {
    ondemand::object o;
    if (std::move(element).get_object().get(o) != simdjson::SUCCESS) return false;
    ondemand::value coins;
    if (o["coin"].get(coins) != simdjson::SUCCESS || !decode_coins(d, coins, out)) return false;
  }
  return true;
}

}  // namespace trapline::mm_ws
