#include "request.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "trapline/sdk/decimal.hpp"

namespace trapline::paper_venue::api {

const refusal* read_decimal(std::string_view text, int exp, const refusal& steps, std::int64_t& out) {
  out = 0;
  if (text.empty()) return nullptr;
  const auto d = sdk::parse_decimal(text);
  if (!d || d->mantissa < 0) return &refusals::bad_parameter;
  const auto scaled = sdk::rescale(d->mantissa, d->exp, exp);
  if (!scaled) return &steps;
  out = *scaled;
  return nullptr;
}

const refusal* read_symbol(const exchange& e, const params& p, std::size_t& out) {
  std::string name(p.has("symbol") ? p.get("symbol") : p.get("instId"));
  if (name.empty()) return &refusals::missing_parameter;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const auto& all = e.instruments();
  const auto it = std::find_if(all.begin(), all.end(), [&](auto& i) { return i.symbol == name; });
  if (it == all.end()) return &refusals::no_such_symbol;
  out = static_cast<std::size_t>(it - all.begin());
  return nullptr;
}

order_ref read_ref(const params& p) {
  order_ref r;
  const auto id = p.get("orderId");
  std::from_chars(id.data(), id.data() + id.size(), r.id);
  // An id that is none names no order, whatever else is given.
  if (!id.empty() && r.id == 0) r.id = UINT64_MAX;
  r.client_id = std::string(p.get("clientOid"));
  return r;
}

namespace {

const refusal* read_side(const params& p, side& out) {
  const auto word = p.word("side");
  if (word != "buy" && word != "sell") return word.empty() ? &refusals::missing_parameter : &refusals::bad_parameter;
  out = word == "buy" ? side::buy : side::sell;
  return nullptr;
}

const refusal* read_force(const std::string& word, time_in_force& out) {
  if (word.empty() || word == "gtc" || word == "normal") out = time_in_force::gtc;
  else if (word == "ioc") out = time_in_force::ioc;
  else if (word == "fok") out = time_in_force::fok;
  else if (word == "post_only") out = time_in_force::post_only;
  else return &refusals::bad_parameter;
  return nullptr;
}

const refusal* read_price(const instrument& i, std::string_view text, std::int64_t& out) {
  return read_decimal(text, i.price_exp, refusals::price_step, out);
}
const refusal* read_size(const instrument& i, std::string_view text, std::int64_t& out) {
  if (text.empty()) return &refusals::missing_parameter;
  return read_decimal(text, i.size_exp, refusals::size_step, out);
}

// What v2 and v3 have in common.
const refusal* read_order(const exchange& e, const params& p, std::string_view size, std::string_view force,
                          order_request& r) {
  if (const auto* no = read_symbol(e, p, r.symbol)) return no;
  const instrument& i = e.instruments()[r.symbol];
  if (p.has("marginMode") && p.word("marginMode") != "crossed") return &refusals::unsupported;
  if (p.has("marginCoin") && p.word("marginCoin") != "usdt") return &refusals::bad_parameter;
  if (p.has("stpMode") && p.word("stpMode") != "none") return &refusals::unsupported;
  if (const auto* no = read_side(p, r.direction)) return no;
  const auto type = p.word("orderType");
  if (type != "limit" && type != "market") return &refusals::bad_parameter;
  r.market = type == "market";
  if (const auto* no = read_size(i, p.get(size), r.lots)) return no;
  if (!r.market) {
    if (!p.has("price")) return &refusals::missing_parameter;
    if (const auto* no = read_price(i, p.get("price"), r.tick)) return no;
    if (const auto* no = read_force(p.word(force), r.force)) return no;
  }
  r.client_id = std::string(p.get("clientOid"));
  r.reduce_only = e.mode() == position_mode::one_way && p.word("reduceOnly") == "yes";
  return nullptr;
}

}  // namespace

const refusal* place_v2(exchange& e, std::int64_t now, const params& p, order_ref& placed) {
  order_request r;
  if (const auto* no = read_order(e, p, "size", "force", r)) return no;
  const auto trade_side = p.word("tradeSide");
  if ((e.mode() == position_mode::hedge) == trade_side.empty()) return &refusals::wrong_mode;
  if (trade_side == "close") {
    // v2 names the side of the position: `buy` closes a long one.
    r.closing = true;
    r.direction = opposite(r.direction);
  } else if (!trade_side.empty() && trade_side != "open") {
    return &refusals::bad_parameter;
  }
  const instrument& i = e.instruments()[r.symbol];
  if (const auto* no = read_price(i, p.get("presetStopSurplusPrice"), r.take_profit)) return no;
  if (const auto* no = read_price(i, p.get("presetStopLossPrice"), r.stop_loss)) return no;
  return e.place(r, now, placed);
}

const refusal* cancel_v2(exchange& e, std::int64_t now, const params& p, order_ref& canceled) {
  if (!p.has("orderId") && !p.has("clientOid")) return &refusals::missing_parameter;
  return e.cancel(read_ref(p), now, canceled);
}

const refusal* modify_v2(exchange& e, std::int64_t now, const params& p, order_ref& modified) {
  const auto which = read_ref(p);
  const order* o = e.find(which);
  if (!o) return &refusals::no_such_order;
  if (p.has("newSize") != p.has("newPrice")) return &refusals::price_and_size;
  if (!p.has("newSize")) return &refusals::unsupported;  // of the presets alone
  if (!p.has("newClientOid")) return &refusals::new_client_id_missing;
  const instrument& i = e.instruments()[o->symbol];
  std::int64_t tick = 0, lots = 0;
  if (const auto* no = read_price(i, p.get("newPrice"), tick)) return no;
  if (const auto* no = read_size(i, p.get("newSize"), lots)) return no;
  const auto old = o->id;
  if (const auto* no = e.replace(which, tick, lots, std::string(p.get("newClientOid")), now, modified)) return no;
  modified.id = old;  // the new order's is to be found by its newClientOid
  return nullptr;
}

const refusal* place_v3(exchange& e, std::int64_t now, const params& p, order_ref& placed) {
  order_request r;
  if (const auto* no = read_order(e, p, "qty", "timeInForce", r)) return no;
  const auto position = p.word("posSide");
  if (e.mode() == position_mode::hedge) {
    if (position != "long" && position != "short") return &refusals::wrong_mode;
    r.closing = (r.direction == side::buy) != (position == "long");
  } else if (!position.empty() && position != "net") {
    return &refusals::wrong_mode;
  }
  const instrument& i = e.instruments()[r.symbol];
  if (const auto* no = read_price(i, p.get("takeProfit"), r.take_profit)) return no;
  if (const auto* no = read_price(i, p.get("stopLoss"), r.stop_loss)) return no;
  if (r.client_id.size() > 32) return &refusals::bad_parameter;
  r.reuse_client_id = true;
  return e.place(r, now, placed);
}

const refusal* cancel_v3(exchange& e, std::int64_t now, const params& p, order_ref& canceled) {
  return cancel_v2(e, now, p, canceled);
}

const refusal* modify_v3(exchange& e, std::int64_t now, const params& p, order_ref& modified) {
  const auto which = read_ref(p);
  const order* o = e.find(which);
  if (!o) return &refusals::no_such_order;
  const instrument& i = e.instruments()[o->symbol];
  std::int64_t tick = o->tick, lots = o->lots;
  if (!p.has("qty") && !p.has("price")) return &refusals::missing_parameter;
  if (p.has("price"))
    if (const auto* no = read_price(i, p.get("price"), tick)) return no;
  if (p.has("qty"))
    if (const auto* no = read_size(i, p.get("qty"), lots)) return no;
  modified = {o->id, o->client_id};
  const auto* no = e.amend(which, tick, lots, now);
  if (no && p.word("autoCancel") == "yes") {
    order_ref canceled;
    e.cancel(which, now, canceled);
  }
  return no;
}

int v3_code(int code) {
  switch (code) {
    case refusals::exceeds_balance.code:
      return 25202;
    case refusals::exceeds_position_limit.code:
      return 25203;
    case refusals::no_such_order.code:
      return 25204;
    case refusals::price_too_high.code:
      return 25205;
    case refusals::price_too_low.code:
      return 25206;
    case refusals::below_notional.code:
      return 25207;
    case refusals::above_maximum.code:
      return 25208;
    case refusals::too_many_orders.code:
      return 25211;
    case refusals::duplicate_client_id.code:
      return 25212;
    case refusals::no_position.code:
      return 25227;
    case refusals::wrong_mode.code:
      return 25236;
    case refusals::price_step.code:
      return 25244;
    default:
      return code;
  }
}

}  // namespace trapline::paper_venue::api
