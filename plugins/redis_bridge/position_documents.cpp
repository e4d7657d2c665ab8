#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "document_parts.hpp"
#include "trapline/sdk/names.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {

std::string_view state_word(const document_context& c, list_state s) {
  if (c.stopped) return "STOPPED";
  return s == list_state::complete ? "ALIGNED" : s == list_state::suspect ? "RECONCILING" : "UNKNOWN";
}

std::optional<price_view> price_of(const document_context& c, const position_view& x) {
  std::optional<price_view> best;
  const auto offer = [&](sdk::decimal value, std::int64_t received) {
    if (c.now - received <= c.max_price_age && (!best || received > best->received)) best = {value, received};
  };
  const auto* q = c.known.quote(x.instrument);
  if (q && q->mark) offer(*q->mark, q->mark_received);
  if (x.p.present & TRAPLINE_POSITION_HAS_MARK) offer({x.p.mark_price, x.p.price_exp}, x.received);
  if (!best && q && q->last) offer(*q->last, q->last_received);
  return best;
}

std::optional<sdk::decimal> mark_of(const document_context& c, const position_view& x) {
  const auto price = price_of(c, x);
  return price ? std::optional(price->value) : std::nullopt;
}

namespace {

using wide = __int128;

sdk::decimal reduce(wide mantissa, int exp) {
  constexpr wide limit = std::numeric_limits<std::int64_t>::max();
  while (mantissa != 0 && exp < 0 && (mantissa % 10 == 0 || mantissa > limit || mantissa < -limit)) {
    mantissa /= 10;  // digits below the 18th are cut; no venue has as many
    ++exp;
  }
  return {static_cast<std::int64_t>(std::clamp(mantissa, -limit, limit)),
          static_cast<std::int8_t>(mantissa == 0 ? 0 : exp)};
}

}  // namespace

std::string unified_symbol(std::string_view symbol) {
  constexpr std::string_view quote = "USDT";
  if (symbol.size() <= quote.size() || !symbol.ends_with(quote)) return std::string(symbol);
  const auto base = symbol.substr(0, symbol.size() - quote.size());
  return sdk::cat(base, "/", quote, ":", quote);
}

std::optional<sdk::decimal> pnl_of(const position_view& x, sdk::decimal mark) {
  const int exp = std::min<int>(mark.exp, x.p.price_exp);
  const auto m = sdk::rescale(mark, exp);
  const auto entry = sdk::rescale(x.p.entry_price, x.p.price_exp, exp);
  if (!m || !entry) return std::nullopt;
  const wide difference = static_cast<wide>(*m) - *entry;
  const wide sign = x.p.side == TRAPLINE_POSITION_SHORT ? -1 : 1;
  return reduce(difference * x.p.size * sign, exp + x.p.size_exp);
}

double margin_of(const position_view& x) {
  if ((x.p.present & TRAPLINE_POSITION_HAS_MARGIN) && x.p.margin > 0) return sdk::to_double(x.p.margin, x.p.money_exp);
  const double leverage = sdk::to_double(x.p.leverage, x.p.leverage_exp);
  return leverage > 0 ? entry_of(x) * sdk::to_double(x.p.size, x.p.size_exp) / leverage : 0;
}

std::string position_id(const document_context& c, const position_view& x) {
  const auto id = sdk::view(x.p.position_id);
  return id.empty() ? sdk::cat(c.env.symbol(x.instrument), "-", sdk::position_side_name(x.p.side)) : std::string(id);
}

namespace {

using nlohmann::json;

// Fields that dashboards write into current_position and that the bridge carries over.
constexpr std::array<std::string_view, 9> ui_fields = {"stop_loss",         "take_profit",     "stop_loss_id",
                                                       "take_profit_id",    "take_profits",    "trailing_activated",
                                                       "trailing_distance", "risk_multiplier", "expected_leverage"};

double rounded(double v) { return std::round(v * 10000) / 10000; }

// What is carried over from the present key: the dashboards' fields, and which position they speak of.
struct kept_part {
  std::string symbol, side;
  json ui = json::object();
};

// Anybody may write the key, and what is carried over is written out by recursion: hence the limits.
kept_part kept_of(std::string_view existing) {
  constexpr std::size_t max_size = 64u << 10;
  constexpr int max_depth = 8;
  kept_part kept;
  if (existing.empty() || existing.size() > max_size) return kept;
  bool too_deep = false;
  const auto old = json::parse(
      existing,
      [&](int depth, json::parse_event_t, const json&) {
        too_deep |= depth > max_depth;
        return !too_deep;
      },
      false);
  if (too_deep || !old.is_object()) return kept;
  const auto has = old.find("has_position");  // null: may be the same position, as after a restart of the bridge
  if (has == old.end() || !(has->is_null() || *has == true)) return kept;
  const auto text = [&](const char* key) {
    return old.contains(key) && old[key].is_string() ? old[key].get<std::string>() : std::string();
  };
  kept.symbol = text("symbol");
  kept.side = text("position_side");
  for (char& ch : kept.side)
    if (ch >= 'A' && ch <= 'Z') ch = static_cast<char>(ch - 'A' + 'a');
  for (const auto f : ui_fields)
    if (const auto it = old.find(f); it != old.end()) kept.ui[std::string(f)] = *it;
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
  const bool unknown = !x && state != list_state::complete;  // must not look flat
  const auto amount = [&](std::string_view key, std::optional<sdk::decimal> v) {
    w.key(key);
    v ? w.decimal(v->mantissa, v->exp) : unknown || x ? w.null() : w.raw("0.0");
  };
  if (!x) {  // an open position has these two among its plain fields
    for (const auto name : seed_flat_fields) amount(name, std::nullopt);
  }
  amount(field_position_size.seed, x ? std::optional(sdk::decimal{x->p.size, x->p.size_exp}) : std::nullopt);
  amount(field_pnl.seed, pnl);
  w.key(field_side.seed);
  unknown ? w.string("UNKNOWN") : w.string(seed_word(side_words, x ? sdk::position_side_name(x->p.side) : "none"));
  w.key(field_position_state.seed).string(state_word(c, state));
}

void position_end(json_writer& w, const document_context& c, std::int64_t ts) {
  w.key("source").string("trapline");
  w.key("boot_id").string(c.boot_id);
  w.key("timestamp").string(iso_time(ts));
  say_if_stopped(w, c);
  w.end_object();
}

// `price`: NaN if there is none; a distance to it is null then.
void stop_json(json_writer& w, const json& ui, double price) {
  const auto distance = [&](double level) { return level > 0 ? rounded(std::abs(price - level) / price * 100) : 0.0; };
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
  const auto kept = kept_of(existing);
  if (list.state == list_state::unknown || !x) {
    const bool flat = list.state == list_state::complete;
    flat ? w.boolean(false) : w.null();
    w.key(field_position_state.plain).string(state_word(c, list.state));
    if (!flat && !kept.side.empty()) {  // the position may still be there: its stop must not be forgotten
      w.key("symbol").string(kept.symbol);
      w.key(field_side.plain).string(kept.side);
      for (const auto& [name, value] : kept.ui.items()) w.key(name).raw(value.dump());
    }
    seed_position(w, c, nullptr, std::nullopt);
    position_end(w, c, list.updated != 0 ? list.updated : c.now);
    return w.take();
  }
  const auto symbol = unified_symbol(c.env.symbol(x->instrument));
  const auto side = sdk::position_side_name(x->p.side);
  const auto price = price_of(c, *x);
  const auto mark = price ? std::optional(price->value) : std::nullopt;
  const auto pnl = mark ? pnl_of(*x, *mark) : std::nullopt;
  const double margin = margin_of(*x);
  const double leverage = sdk::to_double(x->p.leverage, x->p.leverage_exp);
  const bool same = kept.side == side && (kept.symbol == symbol || kept.symbol.empty());
  const auto ui = same ? kept.ui : json::object();

  w.boolean(true);
  w.key(field_position_state.plain).string(state_word(c, list.state));
  w.key("symbol").string(symbol);
  w.key("inst_id").string(c.env.symbol(x->instrument));
  w.key("id").string(position_id(c, *x));
  w.key(field_side.plain).string(side);
  w.key("direction").string(side);
  w.key("entry_price").decimal(x->p.entry_price, x->p.price_exp);
  number_or_null(w, "current_price", mark);
  w.key("price_timestamp");
  price ? w.string(iso_time(price->received)) : w.null();
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
  stop_json(w, ui, mark ? sdk::to_double(*mark) : unknown_number);
  // What the venue itself will do, beside what a dashboard has noted.
  const auto stops = stops_of(c, *x), targets = targets_of(c, *x);
  const auto first = [&](std::string_view key, const std::vector<target>& of) {
    number_or_null(w, key, of.empty() ? std::nullopt : std::optional(of.front().price));
  };
  first("venue_stop_loss", stops);
  first("venue_take_profit", targets);
  const double expected = number_in(ui, "expected_leverage");
  w.key("leverage_mismatch").boolean(expected > 0 && expected != leverage);
  w.key("entry_time");
  x->p.created_ts > 0 ? w.string(iso_time(x->p.created_ts)) : w.null();
  seed_position(w, c, x, pnl);
  position_end(w, c, list.updated);
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
