#include <algorithm>
#include <cmath>

#include "document_parts.hpp"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {

namespace {

class target_maker {
 public:
  target_maker(const document_context& c, const position_view& x)
      : entry_(entry_of(x)), sign_(x.p.side == TRAPLINE_POSITION_LONG ? 1 : -1), side_(x.p.side) {
    const auto mark = mark_of(c, x);
    if (mark) now_ = sdk::to_double(*mark);
  }
  bool possible(sdk::decimal price) const { return entry_ > 0 && price.mantissa > 0; }
  target make(std::string_view kind, std::string_view id, sdk::decimal price, std::optional<sdk::decimal> size) const {
    const double level = sdk::to_double(price), gain = (level - entry_) * sign_;
    return {kind,
            id,
            side_,
            price,
            size,
            gain / entry_,
            std::abs(level - now_) / now_,
            gain > 0 ? std::clamp((now_ - entry_) / (level - entry_), 0.0, 1.0) : unknown_number};
  }

 private:
  double entry_, sign_, now_ = unknown_number;
  std::uint8_t side_;
};

// Plan orders of these kinds that close the position.
std::vector<target> plans_of(const document_context& c, const position_view& x, std::uint8_t part, std::uint8_t whole) {
  const target_maker maker(c, x);
  const auto closing = x.p.side == TRAPLINE_POSITION_LONG ? TRAPLINE_SIDE_SELL : TRAPLINE_SIDE_BUY;
  std::vector<target> out;
  for (const auto& y : c.known.plans().items) {
    const auto& p = y.p;
    const sdk::decimal price{p.trigger_price, p.price_exp};
    const bool same_side = p.position_side == x.p.side || (p.position_side == TRAPLINE_POSITION_NONE &&
                                                           (p.side == closing || p.side == TRAPLINE_SIDE_UNKNOWN));
    if (y.instrument != x.instrument || (p.kind != part && p.kind != whole) || !same_side || !maker.possible(price))
      continue;
    out.push_back(maker.make(sdk::plan_kind_name(p.kind), sdk::view(p.plan_id), price,
                             p.size > 0 ? std::optional(sdk::decimal{p.size, p.size_exp}) : std::nullopt));
  }
  return out;
}

}  // namespace

std::vector<target> targets_of(const document_context& c, const position_view& x) {
  auto targets = plans_of(c, x, TRAPLINE_PLAN_TAKE_PROFIT, TRAPLINE_PLAN_POSITION_TAKE_PROFIT);
  const target_maker maker(c, x);
  const auto closing = x.p.side == TRAPLINE_POSITION_LONG ? TRAPLINE_SIDE_SELL : TRAPLINE_SIDE_BUY;
  for (const auto& y : c.known.orders().items) {
    const auto& o = y.o;
    const sdk::decimal price{o.price, o.price_exp};
    const bool closes = o.side == closing && (o.reduce_only != 0 || o.position_side == x.p.side);
    if (y.instrument != x.instrument || !closes || !maker.possible(price)) continue;
    targets.push_back(maker.make("limit", sdk::view(o.order_id), price, sdk::decimal{o.size, o.size_exp}));
    if (!(targets.back().percent > 0)) targets.pop_back();  // a way out, not a target
  }
  std::stable_sort(targets.begin(), targets.end(), [](const auto& a, const auto& b) { return a.percent < b.percent; });
  return targets;
}

std::vector<target> stops_of(const document_context& c, const position_view& x) {
  auto stops = plans_of(c, x, TRAPLINE_PLAN_STOP_LOSS, TRAPLINE_PLAN_POSITION_STOP_LOSS);
  std::stable_sort(stops.begin(), stops.end(), [](const auto& a, const auto& b) { return a.percent > b.percent; });
  return stops;
}

std::string targets_document(const document_context& c) {
  const auto* x = c.known.main_position();
  const auto targets = x ? targets_of(c, *x) : std::vector<target>();
  // In hedge mode the instrument may have a position on either side.
  const auto of_side = [&](std::uint8_t which) {
    const auto& all = c.known.positions().items;
    const auto it = std::find_if(all.begin(), all.end(), [&](const position_view& y) {
      return x && y.instrument == x->instrument && y.p.side == which;
    });
    return it == all.end() ? nullptr : &*it;
  };
  const auto common = [&](json_writer& w, const target& t) {
    w.key("price").decimal(t.price.mantissa, t.price.exp);
    w.key("percent").real(t.percent);
    w.key("distance").real(t.distance);
    w.key("completion_percent").real(t.completion);
  };
  const auto list = [&](json_writer& w, const std::vector<target>& of) {
    w.array();
    for (const auto& t : of) {
      w.object();
      common(w, t);
      number_or_null(w, "size", t.size);
      w.key("kind").string(t.kind);
      w.key("position_side").string(sdk::position_side_name(t.side));
      w.key("order_id").string(t.id);
      w.end_object();
    }
    w.end_array();
  };
  const auto side = [&](json_writer& w, std::uint8_t which) {
    const auto* y = of_side(which);
    list(w, y ? targets_of(c, *y) : std::vector<target>());
  };
  std::vector<target> stops;
  for (const auto which : {TRAPLINE_POSITION_LONG, TRAPLINE_POSITION_SHORT})
    if (const auto* y = of_side(static_cast<std::uint8_t>(which)))
      for (auto& s : stops_of(c, *y)) stops.push_back(s);
  json_writer w;
  w.object();
  // None is a fact only if flat, or if all open orders and plan orders are known.
  const bool known_none =
      c.known.positions().state == list_state::complete &&
      (!x || (c.known.orders().state == list_state::complete && c.known.plans().state == list_state::complete));
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
  list(w.key("stops"), stops);
  w.key("state").string(state_word(c, c.known.orders().state));
  w.key("plan_state").string(state_word(c, c.known.plans().state));
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

std::string plan_orders_document(const document_context& c) {
  const auto& list = c.known.plans();
  json_writer w;
  w.object().key("state").string(state_word(c, list.state));
  w.key("orders").array();
  for (const auto& x : list.items) {
    const auto& p = x.p;
    const auto known = [&](std::string_view key, std::int64_t v, int exp) {
      number_or_null(w, key, v > 0 ? std::optional(sdk::decimal{v, static_cast<std::int8_t>(exp)}) : std::nullopt);
    };
    w.object();
    w.key("plan_id").string(sdk::view(p.plan_id));
    w.key("client_order_id").string(sdk::view(p.client_order_id));
    w.key("symbol").string(c.env.symbol(x.instrument));
    w.key("kind").string(sdk::plan_kind_name(p.kind));
    w.key("status").string(sdk::plan_status_name(p.status));
    w.key("side").string(sdk::side_name(p.side));
    w.key("position_side").string(sdk::position_side_name(p.position_side));
    w.key("order_type").string(sdk::order_type_name(p.order_type));
    w.key("trigger_by").string(sdk::trigger_by_name(p.trigger_by));
    known("trigger_price", p.trigger_price, p.price_exp);
    known("price", p.price, p.price_exp);
    known("size", p.size, p.size_exp);
    w.key("created");
    p.created_ts > 0 ? w.string(iso_time(p.created_ts)) : w.null();
    w.end_object();
  }
  w.end_array();
  w.key("timestamp").string(iso_time(list.updated != 0 ? list.updated : c.now));
  say_if_stopped(w, c);
  w.end_object();
  return w.take();
}

std::string fill_document(const document_context& c, const trapline_event& e, const trapline_fill& f) {
  json_writer w;
  w.object();
  w.key("type").string("fill");
  w.key("trade_id").string(sdk::view(f.trade_id));
  w.key("order_id").string(sdk::view(f.order_id));
  w.key("client_order_id").string(sdk::view(f.client_order_id));
  w.key("symbol").string(unified_symbol(c.env.symbol(e.instrument)));
  w.key("side").string(sdk::side_name(f.side));
  w.key("position_side").string(sdk::position_side_name(f.position_side));
  w.key("liquidity").string(sdk::liquidity_name(f.liquidity));
  w.key("price").decimal(f.price, f.price_exp);
  w.key("size").decimal(f.size, f.size_exp);
  w.key("fee").decimal(f.fee, f.money_exp);
  w.key("fee_coin").string(sdk::view(f.fee_coin));
  w.key("realised_pnl").decimal(f.realised_pnl, f.money_exp);
  w.key("timestamp").string(iso_time(e.ts_event != 0 ? e.ts_event : e.ts_recv));
  return w.take();  // the spool adds its number and closes the object
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
