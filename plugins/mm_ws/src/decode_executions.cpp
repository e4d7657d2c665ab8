// Fills and plan orders.
#include "decode_private.hpp"
#include "private_rows.hpp"

namespace trapline::mm_ws {
namespace {

// v2 names no position side. A push tells the direction of the trade; REST tells, in hedge mode, the side of the
// position.
void set_direction(const dialect& d, bool from_rest, const row_text& t, trapline_fill& f) {
  const auto trade_side = t[field::trade_side];
  f.side = order_direction(t[field::side], {}, trade_side, false);
  if (!is_hedge(t)) return;
  const bool opens = trade_side.find("open") != trade_side.npos, closes = trade_side.find("close") != trade_side.npos;
  const bool side_is_position = from_rest && d.hedge_side_is_position;
  f.position_side = position_side_of(t[field::position_side]);
  if (f.position_side == TRAPLINE_POSITION_NONE && opens != closes && f.side != TRAPLINE_SIDE_UNKNOWN) {
    const bool buy = f.side == TRAPLINE_SIDE_BUY;
    f.position_side = (side_is_position ? buy : buy == opens) ? TRAPLINE_POSITION_LONG : TRAPLINE_POSITION_SHORT;
  }
  if (!side_is_position) return;
  f.side = opens == closes || f.position_side == TRAPLINE_POSITION_NONE ? TRAPLINE_SIDE_UNKNOWN
           : (f.position_side == TRAPLINE_POSITION_LONG) == opens       ? TRAPLINE_SIDE_BUY
                                                                        : TRAPLINE_SIDE_SELL;
}

bool take_fill(const dialect& d, bool from_rest, const row_text& t, bool several_fees, fill_row& row) {
  auto& f = row.payload;
  row.symbol = t[field::symbol];
  row.inexact = several_fees;
  set_direction(d, from_rest, t, f);
  f.liquidity = liquidity_of(t[field::liquidity]);
  amounts price, size, money;
  const bool priced = price.add(t[field::price], f.price), sized = size.add(t[field::size], f.size);
  money.add(t[field::fee], f.fee);
  money.add(t[field::realised_pnl], f.realised_pnl);
  const bool good = sdk::assign(f.trade_id, t[field::last_trade_id]) && sdk::assign(f.order_id, t[field::id]) &&
                    sdk::assign(f.client_order_id, t[field::client_id]) &&
                    sdk::assign(f.fee_coin, t[field::fee_coin]) && take_time(row.updated_ts, t[field::created]) &&
                    price.finish(f.price_exp, row.inexact) && size.finish(f.size_exp, row.inexact) &&
                    money.finish(f.money_exp, row.inexact);
  if (d.fee_paid_is_positive) f.fee = -f.fee;
  return good && priced && sized && f.price > 0 && f.size > 0 && f.trade_id[0] != 0 && f.order_id[0] != 0 &&
         !row.symbol.empty();
}

struct plan_name {
  std::string_view text;  // pushes first, then REST
  std::uint8_t kind;
};
constexpr plan_name plan_names[] = {{"pl", TRAPLINE_PLAN_TRIGGER},
                                    {"tp", TRAPLINE_PLAN_TAKE_PROFIT},
                                    {"sl", TRAPLINE_PLAN_STOP_LOSS},
                                    {"ptp", TRAPLINE_PLAN_POSITION_TAKE_PROFIT},
                                    {"psl", TRAPLINE_PLAN_POSITION_STOP_LOSS},
                                    {"track", TRAPLINE_PLAN_TRAILING},
                                    {"mtpsl", TRAPLINE_PLAN_TRAILING},
                                    {"normal_plan", TRAPLINE_PLAN_TRIGGER},
                                    {"profit_plan", TRAPLINE_PLAN_TAKE_PROFIT},
                                    {"loss_plan", TRAPLINE_PLAN_STOP_LOSS},
                                    {"pos_profit", TRAPLINE_PLAN_POSITION_TAKE_PROFIT},
                                    {"pos_loss", TRAPLINE_PLAN_POSITION_STOP_LOSS},
                                    {"track_plan", TRAPLINE_PLAN_TRAILING},
                                    {"moving_plan", TRAPLINE_PLAN_TRAILING}};

std::uint8_t plan_kind_of(std::string_view text) {
  for (const auto& n : plan_names)
    if (n.text == text) return n.kind;
  return TRAPLINE_PLAN_UNKNOWN;
}

std::uint8_t plan_status_of(std::string_view text) {
  return text == "live" || text == "pending" || text == "not_trigger" ? TRAPLINE_PLAN_STATUS_LIVE
         : text == "executing" || text == "executed" || text == "success" || text == "triggered"
             ? TRAPLINE_PLAN_STATUS_TRIGGERED
         : text == "fail_execute" || text == "failed" ? TRAPLINE_PLAN_STATUS_FAILED
         : text == "cancelled" || text == "canceled"  ? TRAPLINE_PLAN_STATUS_CANCELED
                                                      : TRAPLINE_PLAN_STATUS_UNKNOWN;
}

std::uint8_t trigger_by_of(std::string_view text) {
  return text == "fill_price" || text == "market" || text == "last" ? TRAPLINE_TRIGGER_BY_LAST
         : text == "mark_price" || text == "mark"                   ? TRAPLINE_TRIGGER_BY_MARK
                                                                    : TRAPLINE_TRIGGER_BY_UNKNOWN;
}

// What one leg of a row has of its own.
struct plan_leg {
  std::uint8_t kind;
  field trigger, by, type, limit;
};

bool take_leg(const dialect& d, const row_text& t, const plan_leg& leg, plan_row& row) {
  auto& p = row.payload;
  row.symbol = t[field::symbol];
  p.kind = leg.kind;
  p.status = plan_status_of(t[field::status]);
  const bool hedge = is_hedge(t);
  p.side =
      order_direction(t[field::side], t[field::position_side], t[field::trade_side], hedge && d.hedge_side_is_position);
  p.position_side = hedge ? position_side_of(t[field::position_side]) : std::uint8_t{TRAPLINE_POSITION_NONE};
  p.trigger_by = trigger_by_of(t[leg.by]);
  p.order_type = order_type_of(t[leg.type]);
  amounts price, size;
  price.add(t[leg.trigger], p.trigger_price);
  price.add(t[leg.limit], p.price);
  size.add(t[field::size], p.size);
  return sdk::assign(p.plan_id, t[field::id]) && sdk::assign(p.client_order_id, t[field::client_id]) &&
         take_time(p.created_ts, t[field::created]) && take_time(row.updated_ts, t[field::updated]) &&
         price.finish(p.price_exp, row.inexact) && size.finish(p.size_exp, row.inexact) && !row.symbol.empty() &&
         p.plan_id[0] != 0 && p.trigger_price >= 0 && p.size >= 0;
}

}  // namespace

bool decode_fills(const dialect& d, bool from_rest, ondemand::value data, std::vector<fill_row>& out,
                  std::size_t* others) {
  return each_row(data, d.fill, [&](const row_text& t, bool several_fees) {
    return is_of_another(d, t, others) || take_fill(d, from_rest, t, several_fees, out.emplace_back());
  });
}

bool decode_plans(const dialect& d, ondemand::value data, std::vector<plan_row>& out, std::size_t* others) {
  return each_row(data, d.plan, [&](row_text t, bool) {
    if (is_of_another(d, t, others)) return true;
    if (t[field::plan_kind] != "tpsl") {
      // v2 names the trigger of a TP/SL in a field of its own where the common one is empty.
      auto trigger = field::trigger_price;
      if (t[trigger].empty()) trigger = t[field::take_profit].empty() ? field::stop_loss : field::take_profit;
      return take_leg(
          d, t, {plan_kind_of(t[field::plan_kind]), trigger, field::trigger_type, field::order_type, field::price},
          out.emplace_back());
    }
    // v3: both legs in one row. Without a size it is about the whole position.
    const bool whole = t[field::size].empty() || t[field::size] == "0";
    const plan_leg legs[] = {
        {whole ? std::uint8_t{TRAPLINE_PLAN_POSITION_TAKE_PROFIT} : std::uint8_t{TRAPLINE_PLAN_TAKE_PROFIT},
         field::take_profit, field::take_profit_by, field::take_profit_type, field::take_profit_limit},
        {whole ? std::uint8_t{TRAPLINE_PLAN_POSITION_STOP_LOSS} : std::uint8_t{TRAPLINE_PLAN_STOP_LOSS},
         field::stop_loss, field::stop_loss_by, field::stop_loss_type, field::stop_loss_limit}};
    std::size_t taken = 0;
    for (const auto& leg : legs) {
      if (t[leg.trigger].empty() || t[leg.trigger] == "0") continue;
      ++taken;
      if (!take_leg(d, t, leg, out.emplace_back())) return false;
    }
    return taken > 0;
  });
}

}  // namespace trapline::mm_ws
