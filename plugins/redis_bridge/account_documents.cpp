#include <algorithm>
#include <cmath>

#include "document_parts.hpp"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {

std::vector<target> targets_of(const document_context& c, const position_view& x) {
  std::vector<target> targets;
  const bool is_long = x.p.side == TRAPLINE_POSITION_LONG;
  const auto mark = mark_of(c, x);
  const double entry = entry_of(x), price = mark ? sdk::to_double(*mark) : unknown_number, sign = is_long ? 1 : -1;
  for (const auto& o : c.known.orders().items) {
    const bool closes = o.o.side == (is_long ? TRAPLINE_SIDE_SELL : TRAPLINE_SIDE_BUY) &&
                        (o.o.reduce_only != 0 || o.o.position_side == x.p.side);
    const double level = sdk::to_double(o.o.price, o.o.price_exp);
    if (o.instrument != x.instrument || !closes || level <= 0 || entry <= 0 || (level - entry) * sign <= 0) continue;
    targets.push_back({&o, std::abs(level - entry) / entry, std::abs(level - price) / price,
                       std::clamp((price - entry) / (level - entry), 0.0, 1.0)});
  }
  std::sort(targets.begin(), targets.end(), [](const auto& a, const auto& b) { return a.percent < b.percent; });
  return targets;
}

std::string targets_document(const document_context& c) {
  const auto* x = c.known.main_position();
  const auto targets = x ? targets_of(c, *x) : std::vector<target>();
  const auto common = [&](json_writer& w, const target& t) {
    w.key("price").decimal(t.order->o.price, t.order->o.price_exp);
    w.key("percent").real(t.percent);
    w.key("distance").real(t.distance);
    w.key("completion_percent").real(t.completion);
  };
  const auto side = [&](json_writer& w, std::uint8_t which) {
    w.array();
    if (x && x->p.side == which)
      for (const auto& t : targets) {
        w.object();
        common(w, t);
        w.key("size").decimal(t.order->o.size, t.order->o.size_exp);
        w.key("order_id").string(sdk::view(t.order->o.order_id));
        w.end_object();
      }
    w.end_array();
  };
  json_writer w;
  w.object();
  // None is a fact only if flat, or if all open orders are known.
  const bool known_none =
      c.known.positions().state == list_state::complete && (!x || c.known.orders().state == list_state::complete);
  w.key("has_targets");
  targets.empty() && !known_none ? w.null() : w.boolean(!targets.empty());
  w.key("next_target");
  if (targets.empty()) {
    w.null();
  } else {
    w.object();
    common(w, targets.front());
    w.key("eta_minutes").null();  // nobody can know it
    w.key("fib_level").null();
    w.end_object();
  }
  side(w.key("long"), TRAPLINE_POSITION_LONG);
  side(w.key("short"), TRAPLINE_POSITION_SHORT);
  w.key("state").string(state_word(c, c.known.orders().state));
  w.key("source").string("trapline");
  w.key("timestamp").string(iso_time(c.now));
  say_if_stopped(w, c);
  w.end_object();
  return w.take();
}

std::string orders_document(const document_context& c) {
  const auto& list = c.known.orders();
  json_writer w;
  w.object().key("state").string(state_word(c, list.state));
  w.key("orders").array();
  for (const auto& x : list.items) {
    const auto& o = x.o;
    w.object();
    w.key("order_id").string(sdk::view(o.order_id));
    w.key("client_order_id").string(sdk::view(o.client_order_id));
    w.key("symbol").string(c.env.symbol(x.instrument));
    w.key("status").string(sdk::order_status_name(o.status));
    w.key("side").string(sdk::side_name(o.side));
    w.key("position_side").string(sdk::position_side_name(o.position_side));
    w.key("order_type").string(sdk::order_type_name(o.order_type));
    w.key("reduce_only").boolean(o.reduce_only != 0);
    w.key("price").decimal(o.price, o.price_exp);
    w.key("size").decimal(o.size, o.size_exp);
    w.key("filled_size").decimal(o.filled_size, o.size_exp);
    w.key("average_price").decimal(o.average_price, o.price_exp);
    w.key("created").string(iso_time(o.created_ts));
    w.end_object();
  }
  w.end_array();
  w.key("timestamp").string(iso_time(list.updated != 0 ? list.updated : c.now));
  say_if_stopped(w, c);
  w.end_object();
  return w.take();
}

// The shape of ccxt's fetch_balance(), which the existing readers know.
std::string balance_document(const document_context& c) {
  const auto& list = c.known.accounts();
  json_writer w;
  w.object();
  for (const auto& x : list.items) {
    const auto& a = x.a;
    const auto member = [&](const char* key, std::int64_t v, std::uint32_t bit) {
      number_or_null(w, key, (a.present & bit) ? std::optional(sdk::decimal{v, a.money_exp}) : std::nullopt);
    };
    w.key(sdk::view(a.margin_coin)).object();
    member("free", a.available, TRAPLINE_ACCOUNT_HAS_AVAILABLE);
    member("used", a.frozen, TRAPLINE_ACCOUNT_HAS_FROZEN);
    member("total", a.equity, TRAPLINE_ACCOUNT_HAS_EQUITY);
    member("unrealised_pnl", a.unrealised_pnl, TRAPLINE_ACCOUNT_HAS_UNREALISED_PNL);
    w.end_object();
  }
  w.key("state").string(state_word(c, list.state));
  w.key("timestamp").string(iso_time(list.updated != 0 ? list.updated : c.now));
  say_if_stopped(w, c);
  w.end_object();
  return w.take();
}

}  // namespace trapline::redis_bridge
