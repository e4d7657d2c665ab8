#include "decode_private.hpp"

#include <algorithm>
#include <initializer_list>

#include "trapline/sdk/text.hpp"

namespace trapline::mm_ws {
namespace {

constexpr auto ok = simdjson::SUCCESS;
constexpr std::size_t max_rows = 1000;

// A number that may be missing (absent, "", null).
struct optional_number {
  sdk::decimal value;
  bool present = false;
};

bool parse(std::string_view text, optional_number& out, bool& inexact) {
  if (text.empty()) return true;
  auto d = to_decimal(text);
  // Money comes with up to 18 decimals. What does not fit is cut off, and said to be.
  const auto point = text.find('.');
  if (!d && point != text.npos && text.size() < 64) {
    char shorter[64];
    for (int decimals = -finest_exp; !d && decimals > 0; --decimals) {
      const auto n = text.copy(shorter, std::min(text.size(), point + 1 + static_cast<std::size_t>(decimals)));
      shorter[n] = 0;
      // The rest must be digits, or it was no number in the first place.
      if (text.substr(n).find_first_not_of("0123456789") != text.npos) return false;
      d = to_decimal({shorter, n});
    }
    inexact = d.has_value();
  }
  if (!d) return false;
  out = {*d, true};
  return true;
}

// One exponent for numbers that share it. False: a mantissa does not fit.
struct target {
  optional_number* number;
  std::int64_t* mantissa;
};
bool align(std::initializer_list<target> targets, std::int8_t& exp) {
  exp = 0;
  for (const auto& t : targets)
    if (t.number->present) exp = std::min(exp, t.number->value.exp);
  for (const auto& t : targets) {
    if (!t.number->present) continue;
    const auto m = sdk::rescale(t.number->value, exp);
    if (!m) return false;
    *t.mantissa = *m;
  }
  return true;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

// Calls row() for each element of the list and f(field, text) for each scalar member that `names` knows, then end().
template <class Row, class F, class End>
bool each_row(ondemand::value data, std::span<const field_name> known, Row&& row, F&& f, End&& end) {
  ondemand::json_type type{};
  if (data.type().get(type) != ok) return false;
  if (type == ondemand::json_type::null) return true;
  ondemand::array rows;
  if (data.get_array().get(rows) != ok) return false;
  field_finder names(known);
  std::size_t n = 0;
  for (auto element : rows) {
    ondemand::object object;
    if (std::move(element).get_object().get(object) != ok || ++n > max_rows) return false;
    row();
    for (auto member : object) {
      ondemand::field m;
      if (std::move(member).get(m) != ok) return false;
      const auto id = names.find(key_text(m.key()));
      std::string_view text;
      if (id != field::none && (!scalar(m.value(), text) || !f(id, text))) return false;
    }
    if (!end()) return false;
  }
  return true;
}

template <std::size_t N>
bool take_text(char (&out)[N], std::string_view text) {
  return sdk::assign(out, text);  // an id that does not fit would name something else
}

bool take_time(std::int64_t& out, std::string_view text) {
  if (text.empty()) return true;
  const auto t = to_time(text);
  out = t.value_or(0);
  return t.has_value();
}

std::uint8_t mode_of(std::string_view text) {
  return text == "hedge_mode"     ? TRAPLINE_MODE_HEDGE
         : text == "one_way_mode" ? TRAPLINE_MODE_ONE_WAY
                                  : TRAPLINE_MODE_UNKNOWN;
}

std::uint8_t position_side_of(std::string_view text) {
  return equal_ignoring_case(text, "long")    ? TRAPLINE_POSITION_LONG
         : equal_ignoring_case(text, "short") ? TRAPLINE_POSITION_SHORT
                                              : TRAPLINE_POSITION_NONE;
}

std::uint8_t order_status_of(std::string_view text) {
  return text == "live" || text == "new"             ? TRAPLINE_ORDER_LIVE
         : text == "partially_filled"                ? TRAPLINE_ORDER_PARTIALLY_FILLED
         : text == "filled"                          ? TRAPLINE_ORDER_FILLED
         : text == "canceled" || text == "cancelled" ? TRAPLINE_ORDER_CANCELED
                                                     : TRAPLINE_ORDER_UNKNOWN;
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
  if (data.type().get(type) != ok || type != ondemand::json_type::array) return false;
  optional_number size, available, entry, mark, liquidation, unrealised, realised, margin, leverage;
  const auto begin = [&] {
    out.emplace_back();
    size = available = entry = mark = liquidation = unrealised = realised = margin = leverage = {};
  };
  const auto take = [&](field f, std::string_view text) {
    auto& row = out.back();
    auto& p = row.payload;
    switch (f) {
      case field::symbol:
        row.symbol = text;
        return true;
      case field::id:
        return take_text(p.position_id, text);
      case field::margin_coin:
        return take_text(p.margin_coin, text);
      case field::margin_mode:
        p.margin_mode = text == "crossed"                       ? TRAPLINE_MARGIN_CROSSED
                        : text == "isolated" || text == "fixed" ? TRAPLINE_MARGIN_ISOLATED
                                                                : TRAPLINE_MARGIN_UNKNOWN;
        return true;
      case field::position_side:
        p.side = position_side_of(text);
        return true;
      case field::position_mode:
        p.position_mode = mode_of(text);
        return true;
      case field::size:
        return parse(text, size, out.back().inexact);
      case field::available:
        return parse(text, available, out.back().inexact);
      case field::entry_price:
        return parse(text, entry, out.back().inexact);
      case field::mark:
        return parse(text, mark, out.back().inexact);
      case field::liquidation_price:
        return parse(text, liquidation, out.back().inexact);
      case field::unrealised_pnl:
        return parse(text, unrealised, out.back().inexact);
      case field::realised_pnl:
        return parse(text, realised, out.back().inexact);
      case field::margin:
        return parse(text, margin, out.back().inexact);
      case field::leverage:
        return parse(text, leverage, out.back().inexact);
      case field::created:
        return take_time(p.created_ts, text);
      case field::updated:
        return take_time(row.updated_ts, text);
      default:
        return true;
    }
  };
  const auto end = [&] {
    auto& row = out.back();
    auto& p = row.payload;
    if (liquidation.present && liquidation.value.mantissa <= 0)
      liquidation.present = false;  // 0 or below: there is none
    p.present = (mark.present ? TRAPLINE_POSITION_HAS_MARK : 0u) |
                (liquidation.present ? TRAPLINE_POSITION_HAS_LIQUIDATION : 0u) |
                (unrealised.present ? TRAPLINE_POSITION_HAS_UNREALISED_PNL : 0u) |
                (realised.present ? TRAPLINE_POSITION_HAS_REALISED_PNL : 0u) |
                (margin.present ? TRAPLINE_POSITION_HAS_MARGIN : 0u);
    return align({{&entry, &p.entry_price}, {&mark, &p.mark_price}, {&liquidation, &p.liquidation_price}},
                 p.price_exp) &&
           align({{&size, &p.size}, {&available, &p.available}}, p.size_exp) &&
           align({{&unrealised, &p.unrealised_pnl}, {&realised, &p.realised_pnl}, {&margin, &p.margin}}, p.money_exp) &&
           align({{&leverage, &p.leverage}}, p.leverage_exp) && !row.symbol.empty() &&
           p.side != TRAPLINE_POSITION_NONE && size.present && p.size >= 0 && (p.size == 0 || p.entry_price > 0);
  };
  return each_row(data, d.position, begin, take, end);
}

bool decode_orders(const dialect& d, ondemand::value data, std::vector<order_row>& out) {
  optional_number price, size, filled, average, last_price, last_size, last_fee;
  std::string_view side, position_side, trade_side, mode;
  const auto begin = [&] {
    out.emplace_back();
    price = size = filled = average = last_price = last_size = last_fee = {};
    side = position_side = trade_side = mode = {};
  };
  const auto take = [&](field f, std::string_view text) {
    auto& row = out.back();
    auto& o = row.payload;
    switch (f) {
      case field::symbol:
        row.symbol = text;
        return true;
      case field::id:
        return take_text(o.order_id, text);
      case field::client_id:
        return take_text(o.client_order_id, text);
      case field::last_trade_id:
        return take_text(o.last_trade_id, text);
      case field::status:
        o.status = order_status_of(text);
        return true;
      case field::side:
        side = text;
        return true;
      case field::position_side:
        position_side = text;
        return true;
      case field::trade_side:
        trade_side = text;
        return true;
      case field::position_mode:
        mode = text;
        return true;
      case field::order_type:
        o.order_type = text == "limit"    ? TRAPLINE_ORDER_TYPE_LIMIT
                       : text == "market" ? TRAPLINE_ORDER_TYPE_MARKET
                                          : TRAPLINE_ORDER_TYPE_UNKNOWN;
        return true;
      case field::reduce_only:
        o.reduce_only = equal_ignoring_case(text, "yes") || text == "true";
        return true;
      case field::price:
        return parse(text, price, out.back().inexact);
      case field::size:
        return parse(text, size, out.back().inexact);
      case field::filled_size:
        return parse(text, filled, out.back().inexact);
      case field::average_price:
        return parse(text, average, out.back().inexact);
      case field::last_price:
        return parse(text, last_price, out.back().inexact);
      case field::last_size:
        return parse(text, last_size, out.back().inexact);
      case field::last_fee:
        return parse(text, last_fee, out.back().inexact);
      case field::created:
        return take_time(o.created_ts, text);
      case field::updated:
        return take_time(row.updated_ts, text);
      default:
        return true;
    }
  };
  const auto end = [&] {
    auto& row = out.back();
    auto& o = row.payload;
    const bool hedge = mode_of(mode) == TRAPLINE_MODE_HEDGE ||
                       (mode.empty() && position_side_of(position_side) != TRAPLINE_POSITION_NONE);
    o.side = order_direction(side, position_side, trade_side, hedge);
    o.position_side = hedge ? position_side_of(position_side) : std::uint8_t{TRAPLINE_POSITION_NONE};
    if (o.status == TRAPLINE_ORDER_NONE) o.status = TRAPLINE_ORDER_UNKNOWN;
    return align({{&price, &o.price}, {&average, &o.average_price}, {&last_price, &o.last_price}}, o.price_exp) &&
           align({{&size, &o.size}, {&filled, &o.filled_size}, {&last_size, &o.last_size}}, o.size_exp) &&
           align({{&last_fee, &o.last_fee}}, o.money_exp) && !row.symbol.empty() && o.order_id[0] != 0;
  };
  return each_row(data, d.order, begin, take, end);
}

bool decode_accounts(const dialect& d, ondemand::value data, std::vector<account_row>& out) {
  optional_number available, frozen, equity, unrealised;
  const auto begin = [&] {
    out.emplace_back();
    available = frozen = equity = unrealised = {};
  };
  const auto take = [&](field f, std::string_view text) {
    auto& a = out.back().payload;
    switch (f) {
      case field::margin_coin:
        return take_text(a.margin_coin, text);
      case field::available:
        return parse(text, available, out.back().inexact);
      case field::frozen:
        return parse(text, frozen, out.back().inexact);
      case field::equity:
        return parse(text, equity, out.back().inexact);
      case field::unrealised_pnl:
        return parse(text, unrealised, out.back().inexact);
      default:
        return true;
    }
  };
  const auto end = [&] {
    auto& a = out.back().payload;
    a.present = (available.present ? TRAPLINE_ACCOUNT_HAS_AVAILABLE : 0u) |
                (frozen.present ? TRAPLINE_ACCOUNT_HAS_FROZEN : 0u) |
                (equity.present ? TRAPLINE_ACCOUNT_HAS_EQUITY : 0u) |
                (unrealised.present ? TRAPLINE_ACCOUNT_HAS_UNREALISED_PNL : 0u);
    return align({{&available, &a.available},
                  {&frozen, &a.frozen},
                  {&equity, &a.equity},
                  {&unrealised, &a.unrealised_pnl}},
                 a.money_exp) &&
           a.margin_coin[0] != 0;
  };
  return each_row(data, d.account, begin, take, end);
}

}  // namespace trapline::mm_ws
