#include "channels.hpp"

#include <algorithm>
#include <utility>

namespace trapline::paper_venue {
namespace {

// Those from 6H on begin with the day of UTC+8, unless their name says otherwise (bitget.md, section 9.3).
constexpr candle_interval intervals[] = {
    {"1m", 1, 0, true, true},        {"3m", 3, 0, false, true},      {"5m", 5, 0, true, true},
    {"15m", 15, 0, true, true},      {"30m", 30, 0, true, true},     {"1H", 60, 0, true, true},
    {"2H", 120, 0, false, false},    {"4H", 240, 0, true, true},     {"6H", 360, 240, true, true},
    {"12H", 720, 240, true, true},   {"1D", 1440, 960, true, true},  {"6Hutc", 360, 0, true, false},
    {"12Hutc", 720, 0, true, false}, {"1Dutc", 1440, 0, true, false}};

struct named {
  std::string_view name;
  channel what;
  std::size_t levels = 0;
};
constexpr named v2_public[] = {{"trade", channel::trade},       {"books", channel::books},
                               {"books1", channel::books, 1},   {"books5", channel::books, 5},
                               {"books15", channel::books, 15}, {"ticker", channel::ticker}};
constexpr named v3_public[] = {{"publicTrade", channel::trade}, {"books", channel::books},
                               {"books1", channel::books, 1},   {"books5", channel::books, 5},
                               {"books50", channel::books, 50}, {"ticker", channel::ticker}};
constexpr named v2_private[] = {{"positions", channel::positions}, {"orders", channel::orders},
                                {"account", channel::account},     {"fill", channel::fill},
                                {"orders-algo", channel::plans},   {"positions-history", channel::history},
                                {"equity", channel::equity},       {"adl-noti", channel::quiet}};
constexpr named v3_private[] = {{"position", channel::positions},   {"order", channel::orders},
                                {"account", channel::account},      {"fill", channel::fill},
                                {"strategy-order", channel::plans}, {"adl-notification", channel::quiet}};

template <std::size_t N>
const named* find(const named (&table)[N], std::string_view name) {
  const auto it = std::find_if(std::begin(table), std::end(table), [&](auto& n) { return n.name == name; });
  return it == std::end(table) ? nullptr : it;
}

std::optional<std::size_t> symbol_of(const std::vector<std::string>& symbols, std::string_view id) {
  const auto it = std::find(symbols.begin(), symbols.end(), id);
  if (it == symbols.end()) return std::nullopt;
  return static_cast<std::size_t>(it - symbols.begin());
}

std::optional<topic> resolve_v3(const std::vector<std::string>& symbols, const topic_arg& arg) {
  topic t;
  if (arg.inst_type == "uta") {
    const named* n = find(v3_private, arg.channel);
    if (!n) return std::nullopt;
    t.what = n->what;
    return t;
  }
  if (arg.inst_type != "usdt-futures") return std::nullopt;
  if (arg.channel == "liquidation") {
    t.what = channel::quiet;
    return t;
  }
  t.symbol = symbol_of(symbols, arg.inst_id);
  if (!t.symbol) return std::nullopt;
  if (arg.channel == "kline") {
    t.what = channel::candle;
    t.interval = find_interval(arg.interval);
    return t.interval && t.interval->v3_channel ? std::optional(t) : std::nullopt;
  }
  const named* n = find(v3_public, arg.channel);
  if (!n) return std::nullopt;
  t.what = n->what;
  t.levels = n->levels;
  return t;
}

}  // namespace

const candle_interval* find_interval(std::string_view name) {
  const auto it = std::find_if(std::begin(intervals), std::end(intervals), [&](auto& i) { return i.name == name; });
  return it == std::end(intervals) ? nullptr : it;
}

bool names_private_channel(std::string_view channel_name) {
  return find(v2_private, channel_name) != nullptr || channel_name == "ordersAlgo";
}

std::optional<topic> resolve(const std::vector<std::string>& symbols, const topic_arg& arg) {
  if (arg.speaks == dialect::v3) return resolve_v3(symbols, arg);
  const bool v1 = arg.speaks == dialect::v1;
  topic t;
  std::string_view channel_name = arg.channel;
  if (v1 && channel_name == "ordersAlgo") channel_name = "orders-algo";
  if (const named* n = find(v2_private, channel_name)) {
    t.what = n->what;
    if (arg.inst_type != (v1 ? "umcbl" : "usdt-futures")) return std::nullopt;
    if (v1 && t.what != channel::positions && t.what != channel::orders && t.what != channel::account)
      return std::nullopt;
    if (arg.inst_id == "default" || t.what == channel::account || t.what == channel::equity) return t;
    std::string_view id = arg.inst_id;
    if (v1 && id.size() > 6 && id.substr(id.size() - 6) == "_UMCBL") id.remove_suffix(6);
    t.symbol = symbol_of(symbols, id);
    // v2 knows positions of all symbols only; of orders, clients ask for one symbol and are served.
    if (!t.symbol || (!v1 && t.what == channel::positions)) return std::nullopt;
    return t;
  }
  if (arg.inst_type != (v1 ? "mc" : "usdt-futures")) return std::nullopt;
  t.symbol = symbol_of(symbols, arg.inst_id);
  if (!t.symbol) return std::nullopt;
  if (channel_name.substr(0, 6) == "candle") {
    t.what = channel::candle;
    t.interval = find_interval(channel_name.substr(6));
    return t.interval && t.interval->v2_channel ? std::optional(t) : std::nullopt;
  }
  const named* n = find(v2_public, channel_name);
  if (!n || (v1 && n->levels != 0)) return std::nullopt;
  t.what = n->what;
  t.levels = n->levels;
  return t;
}

}  // namespace trapline::paper_venue
