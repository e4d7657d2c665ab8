#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "documents.hpp"
#include "json_writer.hpp"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

using nlohmann::json;
using wide = __int128;

// Fields that dashboards write into current_position and that the bridge carries over.
constexpr std::array<std::string_view, 9> ui_fields = {"stop_loss",         "take_profit",     "stop_loss_id",
                                                       "take_profit_id",    "take_profits",    "trailing_activated",
                                                       "trailing_distance", "risk_multiplier", "expected_leverage"};

// "BTCUSDT" as ccxt writes it, "BTC/USDT:USDT": what the existing readers hand on to it.
std::string unified_symbol(std::string_view symbol) {
  constexpr std::string_view quote = "USDT";
  if (symbol.size() <= quote.size() || !symbol.ends_with(quote)) return std::string(symbol);
  const auto base = symbol.substr(0, symbol.size() - quote.size());
  return sdk::cat(base, "/", quote, ":", quote);
}

std::string_view state_word(list_state s) {
  return s == list_state::complete ? "ALIGNED" : s == list_state::suspect ? "RECONCILING" : "UNKNOWN";
}

sdk::decimal reduce(wide mantissa, int exp) {
  constexpr wide limit = std::numeric_limits<std::int64_t>::max();
  while (mantissa != 0 && exp < 0 && (mantissa % 10 == 0 || mantissa > limit || mantissa < -limit)) {
    mantissa /= 10;  // digits below the 18th are cut; no venue has as many
    ++exp;
  }
  return {static_cast<std::int64_t>(std::clamp(mantissa, -limit, limit)),
          static_cast<std::int8_t>(mantissa == 0 ? 0 : exp)};
}

std::optional<sdk::decimal> mark_of(const document_context& c, const position_view& x) {
  const auto* q = c.known.quote(x.instrument);
  if (q && q->mark) return q->mark;  // public ticker: newer than the venue's event-driven position message
  if (x.p.present & TRAPLINE_POSITION_HAS_MARK) return sdk::decimal{x.p.mark_price, x.p.price_exp};
  if (q && q->last) return q->last;
  return std::nullopt;
}

// Linear contracts: (mark - entry) * size * sign, in margin coin. Exact.
std::optional<sdk::decimal> pnl_of(const position_view& x, sdk::decimal mark) {
  const int exp = std::min<int>(mark.exp, x.p.price_exp);
  const auto m = sdk::rescale(mark, exp);
  const auto entry = sdk::rescale(x.p.entry_price, x.p.price_exp, exp);
  if (!m || !entry) return std::nullopt;
  const wide difference = static_cast<wide>(*m) - *entry;
  const wide sign = x.p.side == TRAPLINE_POSITION_SHORT ? -1 : 1;
  return reduce(difference * x.p.size * sign, exp + x.p.size_exp);
}

double entry_of(const position_view& x) { return sdk::to_double(x.p.entry_price, x.p.price_exp); }

// The margin that the percentage refers to: the venue's, else entry value / leverage. 0 = unknown.
double margin_of(const position_view& x) {
  if ((x.p.present & TRAPLINE_POSITION_HAS_MARGIN) && x.p.margin > 0) return sdk::to_double(x.p.margin, x.p.money_exp);
  const double leverage = sdk::to_double(x.p.leverage, x.p.leverage_exp);
  return leverage > 0 ? entry_of(x) * sdk::to_double(x.p.size, x.p.size_exp) / leverage : 0;
}

double rounded(double v) { return std::round(v * 10000) / 10000; }

void number_or_null(json_writer& w, std::string_view key, std::optional<sdk::decimal> v) {
  w.key(key);
  v ? w.decimal(v->mantissa, v->exp) : w.null();
}

// The UI's fields out of the present key, if it speaks of the same position; else empty.
json ui_part(std::string_view existing, std::string_view symbol, std::string_view side) {
  json kept = json::object();
  if (existing.empty() || existing.size() > (1u << 20)) return kept;
  const auto old = json::parse(existing, nullptr, false);
  if (!old.is_object() || !old.contains("has_position") || old["has_position"] != true) return kept;
  const auto text = [&](const char* key) {
    return old.contains(key) && old[key].is_string() ? old[key].get<std::string>() : std::string();
  };
  auto old_side = text("position_side");
  for (char& ch : old_side)
    if (ch >= 'A' && ch <= 'Z') ch = static_cast<char>(ch - 'A' + 'a');
  if (old_side != side || (text("symbol") != symbol && !text("symbol").empty())) return kept;
  for (const auto f : ui_fields)
    if (const auto it = old.find(f); it != old.end()) kept[std::string(f)] = *it;
  return kept;
}

double number_in(const json& part, const char* key) {
  const auto it = part.find(key);
  return it != part.end() && it->is_number() ? it->get<double>() : 0.0;
}

// Fields of the seed's PositionConsciousness.
void seed_position(json_writer& w, const document_context& c, const position_view* x, std::optional<sdk::decimal> pnl) {
  if (c.words != vocabulary::seed) return;
  const auto state = c.known.positions().state;
  const bool unknown = state == list_state::unknown;  // must not look flat
  const auto amount = [&](std::string_view key, std::optional<sdk::decimal> v) {
    w.key(key);
    v ? w.decimal(v->mantissa, v->exp) : unknown || x ? w.null() : w.raw("0.0");
  };
  amount(field_position_size.seed, x ? std::optional(sdk::decimal{x->p.size, x->p.size_exp}) : std::nullopt);
  amount(field_pnl.seed, pnl);
  w.key(field_side.seed);
  unknown ? w.string("UNKNOWN") : w.string(seed_word(side_words, x ? sdk::position_side_name(x->p.side) : "none"));
  w.key(field_position_state.seed).string(state_word(state));
}

void position_end(json_writer& w, const document_context& c, std::int64_t ts) {
  w.key("source").string("trapline");
  w.key("boot_id").string(c.boot_id);
  w.key("timestamp").string(iso_time(ts));
  w.end_object();
}

void stop_json(json_writer& w, const json& ui, double price) {
  const auto distance = [&](double level) {
    return level > 0 && price > 0 ? rounded(std::abs(price - level) / price * 100) : 0.0;
  };
  w.key("stop_loss").raw(ui.contains("stop_loss") ? ui["stop_loss"].dump() : "0");
  w.key("take_profit").raw(ui.contains("take_profit") ? ui["take_profit"].dump() : "0");
  w.key("stop_loss_distance").real(distance(number_in(ui, "stop_loss")));
  w.key("take_profit_distance").real(distance(number_in(ui, "take_profit")));
  w.key("take_profits").raw(ui.contains("take_profits") ? ui["take_profits"].dump() : "[]");
  w.key("trailing_activated").raw(ui.contains("trailing_activated") ? ui["trailing_activated"].dump() : "false");
  for (const auto* f : {"stop_loss_id", "take_profit_id", "trailing_distance", "risk_multiplier", "expected_leverage"})
    if (ui.contains(f)) w.key(f).raw(ui[f].dump());
}

}  // namespace

std::string position_document(const document_context& c, std::string_view existing) {
  const auto& list = c.known.positions();
  const auto* x = c.known.main_position();
  json_writer w;
  w.object();
  w.key("has_position");
  if (list.state == list_state::unknown || !x) {
    list.state == list_state::unknown ? w.null() : w.boolean(false);
    w.key(field_position_state.plain).string(state_word(list.state));
    seed_position(w, c, nullptr, std::nullopt);
    position_end(w, c, list.updated != 0 ? list.updated : c.now);
    return w.take();
  }
  const auto symbol = unified_symbol(c.env.symbol(x->instrument));
  const auto side = sdk::position_side_name(x->p.side);
  const auto mark = mark_of(c, *x);
  const auto pnl = mark ? pnl_of(*x, *mark) : std::nullopt;
  const double margin = margin_of(*x);
  const double leverage = sdk::to_double(x->p.leverage, x->p.leverage_exp);
  const auto ui = ui_part(existing, symbol, side);
  const auto id = sdk::view(x->p.position_id);

  w.boolean(true);
  w.key(field_position_state.plain).string(state_word(list.state));
  w.key("symbol").string(symbol);
  w.key("inst_id").string(c.env.symbol(x->instrument));
  w.key("id").string(id.empty() ? sdk::cat(c.env.symbol(x->instrument), "-", side) : std::string(id));
  w.key(field_side.plain).string(side);
  w.key("direction").string(side);
  w.key("entry_price").decimal(x->p.entry_price, x->p.price_exp);
  number_or_null(w, "current_price", mark);
  w.key(field_position_size.plain).decimal(x->p.size, x->p.size_exp);
  w.key("leverage").decimal(x->p.leverage, x->p.leverage_exp);
  number_or_null(w, field_pnl.plain, pnl);
  w.key("pnl_percent");
  pnl&& margin > 0 ? w.real(rounded(sdk::to_double(*pnl) / margin * 100)) : w.null();
  if (x->p.present & TRAPLINE_POSITION_HAS_UNREALISED_PNL)
    w.key("venue_unrealised_pnl").decimal(x->p.unrealised_pnl, x->p.money_exp);
  if (x->p.present & TRAPLINE_POSITION_HAS_REALISED_PNL)
    w.key("realised_pnl").decimal(x->p.realised_pnl, x->p.money_exp);
  if (x->p.present & TRAPLINE_POSITION_HAS_MARGIN) w.key("margin").decimal(x->p.margin, x->p.money_exp);
  if (x->p.present & TRAPLINE_POSITION_HAS_LIQUIDATION)
    w.key("liquidation_price").decimal(x->p.liquidation_price, x->p.price_exp);
  w.key("margin_mode").string(sdk::margin_mode_name(x->p.margin_mode));
  w.key("position_mode").string(sdk::position_mode_name(x->p.position_mode));
  w.key("positions_count").integer(static_cast<std::int64_t>(list.items.size()));
  stop_json(w, ui, mark ? sdk::to_double(*mark) : 0);
  const double expected = number_in(ui, "expected_leverage");
  w.key("leverage_mismatch").boolean(expected > 0 && expected != leverage);
  w.key("entry_time");
  x->p.created_ts > 0 ? w.string(iso_time(x->p.created_ts)) : w.null();
  seed_position(w, c, x, pnl);
  position_end(w, c, list.updated);
  return w.take();
}

std::string targets_document(const document_context& c) {
  const auto* x = c.known.main_position();
  struct target {
    const order_view* order;
    double percent, distance, completion;
  };
  std::vector<target> targets;
  if (x) {
    const bool is_long = x->p.side == TRAPLINE_POSITION_LONG;
    const auto mark = mark_of(c, *x);
    const double entry = entry_of(*x), price = mark ? sdk::to_double(*mark) : 0, sign = is_long ? 1 : -1;
    for (const auto& o : c.known.orders().items) {
      // An order that closes this position at a better price than its entry.
      const bool closes = o.o.side == (is_long ? TRAPLINE_SIDE_SELL : TRAPLINE_SIDE_BUY) &&
                          (o.o.reduce_only != 0 || o.o.position_side == x->p.side);
      const double level = sdk::to_double(o.o.price, o.o.price_exp);
      if (o.instrument != x->instrument || !closes || level <= 0 || entry <= 0 || (level - entry) * sign <= 0) continue;
      const double completion = price > 0 ? std::clamp((price - entry) / (level - entry), 0.0, 1.0) : 0;
      targets.push_back(
          {&o, std::abs(level - entry) / entry, price > 0 ? std::abs(level - price) / price : 0, completion});
    }
    std::sort(targets.begin(), targets.end(), [](const auto& a, const auto& b) { return a.percent < b.percent; });
  }
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
  w.key("has_targets").boolean(!targets.empty());
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
  w.key("state").string(state_word(c.known.orders().state));
  w.key("source").string("trapline");
  w.key("timestamp").string(iso_time(c.now));
  w.end_object();
  return w.take();
}

std::string positions_document(const document_context& c) {
  json_writer w;
  w.array();
  for (const auto& x : c.known.positions().items) {
    const auto mark = mark_of(c, x);
    w.object();
    w.key("symbol").string(unified_symbol(c.env.symbol(x.instrument)));
    w.key("side").string(sdk::position_side_name(x.p.side));
    w.key("contracts").decimal(x.p.size, x.p.size_exp);
    w.key("entryPrice").decimal(x.p.entry_price, x.p.price_exp);
    number_or_null(w, "markPrice", mark);
    number_or_null(w, "unrealizedPnl", mark ? pnl_of(x, *mark) : std::nullopt);
    w.key("leverage").decimal(x.p.leverage, x.p.leverage_exp);
    number_or_null(w, "liquidationPrice",
                   (x.p.present & TRAPLINE_POSITION_HAS_LIQUIDATION)
                       ? std::optional(sdk::decimal{x.p.liquidation_price, x.p.price_exp})
                       : std::nullopt);
    w.key("marginMode").string(sdk::margin_mode_name(x.p.margin_mode));
    w.key("timestamp").integer(x.ts / 1'000'000);
    w.end_object();
  }
  w.end_array();
  return w.take();
}

std::string orders_document(const document_context& c) {
  const auto& list = c.known.orders();
  json_writer w;
  w.object().key("state").string(state_word(list.state));
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
  w.key("state").string(state_word(list.state));
  w.key("timestamp").string(iso_time(list.updated != 0 ? list.updated : c.now));
  w.end_object();
  return w.take();
}

std::string position_change_document(const document_context& c, const position_change& change) {
  const auto& x = change.position;
  json_writer w;
  w.object();
  w.key("type").string("position");
  w.key("change").string(change.what);
  w.key("symbol").string(unified_symbol(c.env.symbol(x.instrument)));
  w.key("position_side").string(sdk::position_side_name(x.p.side));
  w.key("direction").string(sdk::position_side_name(x.p.side));
  w.key("position_size").decimal(x.p.size, x.p.size_exp);
  w.key("entry_price").decimal(x.p.entry_price, x.p.price_exp);
  w.key("leverage").decimal(x.p.leverage, x.p.leverage_exp);
  const auto mark = mark_of(c, x);
  number_or_null(w, "current_price", mark);
  number_or_null(w, "pnl_usd", mark ? pnl_of(x, *mark) : std::nullopt);
  if (x.p.present & TRAPLINE_POSITION_HAS_REALISED_PNL) w.key("realised_pnl").decimal(x.p.realised_pnl, x.p.money_exp);
  w.key("timestamp").string(iso_time(x.ts != 0 ? x.ts : c.now));
  return w.take();  // the spool adds its number and closes the object
}

}  // namespace trapline::redis_bridge
