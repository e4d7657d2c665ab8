#include "rest_lists.hpp"

#include <algorithm>

#include "trapline/abi/account.h"

namespace trapline::mm_ws {
namespace {

bool is_v3(const dialect& d) { return d.name == "v3"; }

constexpr const char* product = "USDT-FUTURES";

std::string query_of(std::vector<std::pair<std::string, std::string>> parameters) {
  std::sort(parameters.begin(), parameters.end());
  std::string out;
  for (const auto& [key, value] : parameters) out += (out.empty() ? "" : "&") + key + "=" + value;
  return out;
}

rest_list v2_list(const char* path, const char* rows, std::uint32_t per_second = 10) {
  rest_list l{path, {{"productType", product}}, rows, "", "", per_second};
  if (*rows == 0) return l;
  l.cursor = "endId";
  l.cursor_as = "idLessThan";
  l.parameters.emplace_back("limit", std::to_string(page_size));
  return l;
}

rest_list v3_list(const char* path, std::uint32_t per_second = 10) {
  return {path, {{"category", product}, {"limit", std::to_string(page_size)}}, "list", "cursor", "cursor", per_second};
}

}  // namespace

rest_request rest_list::page(const std::string& after) const {
  auto p = parameters;
  if (!after.empty()) p.emplace_back(cursor_as, after);
  return {path, query_of(std::move(p)), true, per_second};
}

rest_list positions_list(const dialect& d) {
  if (!is_v3(d)) return v2_list("/api/v2/mix/position/all-position", "", 5);
  return {"/api/v3/position/current-position", {{"category", product}}, "list", "", "", 10};
}
rest_list open_orders_list(const dialect& d) {
  return is_v3(d) ? v3_list("/api/v3/trade/unfilled-orders")
                  : v2_list("/api/v2/mix/order/orders-pending", "entrustedList");
}
rest_list fills_list(const dialect& d) {
  return is_v3(d) ? v3_list("/api/v3/trade/fills") : v2_list("/api/v2/mix/order/fills", "fillList");
}
std::vector<rest_list> plans_lists(const dialect& d) {
  if (is_v3(d))
    return {{"/api/v3/trade/unfilled-strategy-orders", {{"category", product}, {"type", "tpsl"}}, "list", "", "", 10}};
  std::vector<rest_list> out;
  for (const char* kind : {"normal_plan", "track_plan", "profit_loss"}) {
    out.push_back(v2_list("/api/v2/mix/order/orders-plan-pending", "entrustedList"));
    out.back().parameters.emplace_back("planType", kind);
  }
  return out;
}
bool lists_plan_kind(const dialect& d, std::uint8_t kind) {
  return !is_v3(d) || kind == TRAPLINE_PLAN_TAKE_PROFIT || kind == TRAPLINE_PLAN_STOP_LOSS ||
         kind == TRAPLINE_PLAN_POSITION_TAKE_PROFIT || kind == TRAPLINE_PLAN_POSITION_STOP_LOSS;
}
rest_list accounts_list(const dialect& d) {
  if (!is_v3(d)) return v2_list("/api/v2/mix/account/accounts", "");
  return {"/api/v3/account/assets", {}, "assets", "", "", 10};
}

rest_request order_detail(const dialect& d, const std::string& symbol, const std::string& id) {
  if (is_v3(d)) return {"/api/v3/trade/order-info", "orderId=" + id, true, 10};
  return {"/api/v2/mix/order/detail", query_of({{"symbol", symbol}, {"productType", product}, {"orderId", id}}), true,
          10};
}

rest_request contracts_request(const dialect& d) {
  if (is_v3(d)) return {"/api/v3/market/instruments", std::string("category=") + product, false, 20};
  return {"/api/v2/mix/market/contracts", std::string("productType=") + product, false, 20};
}

rest_request candles_request(const dialect& d, const std::string& symbol, std::string_view interval, unsigned limit) {
  const auto n = std::to_string(limit);
  if (is_v3(d))
    return {"/api/v3/market/candles",
            query_of({{"category", product}, {"symbol", symbol}, {"interval", std::string(interval)}, {"limit", n}}),
            false, 20};
  return {
      "/api/v2/mix/market/candles",
      query_of({{"productType", product}, {"symbol", symbol}, {"granularity", std::string(interval)}, {"limit", n}}),
      false, 20};
}

rest_request settings_request() { return {"/api/v3/account/settings", "", true, 10}; }

rest_request position_mode_request(const dialect& d, const std::string& symbol) {
  if (is_v3(d)) return settings_request();
  return {"/api/v2/mix/account/account",
          query_of({{"symbol", symbol}, {"productType", product}, {"marginCoin", "USDT"}}), true, 10};
}

bool open_page(const rest_list& l, ondemand::value data, ondemand::value& rows, bool& is_null, std::string& cursor) {
  cursor.clear();
  is_null = false;
  ondemand::json_type type{};
  if (data.type().get(type) != simdjson::SUCCESS) return false;
  if (type == ondemand::json_type::array) {
    rows = data;
    return true;
  }
  if (*l.rows == 0) return false;
  ondemand::object o;
  if (type != ondemand::json_type::object || data.get_object().get(o) != simdjson::SUCCESS) return false;
  ondemand::value v;
  const auto has_cursor = *l.cursor != 0 ? o[l.cursor].get(v) : simdjson::NO_SUCH_FIELD;
  // After any other error the object must not be touched again.
  if (has_cursor != simdjson::SUCCESS && has_cursor != simdjson::NO_SUCH_FIELD) return false;
  if (has_cursor == simdjson::SUCCESS) {
    std::string_view text;
    if (!scalar(v, text)) return false;
    cursor = text;
    // It goes into a query as it is.
    if (cursor.size() > 60 ||
        cursor.find_first_not_of("0123456789abcdefABCDEFghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ_-.") !=
            std::string::npos)
      return false;
  }
  ondemand::value found;
  const auto error = o[l.rows].get(found);
  if (error == simdjson::NO_SUCH_FIELD) {
    is_null = true;
    return true;
  }
  if (error != simdjson::SUCCESS || found.type().get(type) != simdjson::SUCCESS) return false;
  is_null = type == ondemand::json_type::null;
  if (!is_null && type != ondemand::json_type::array) return false;
  rows = found;
  return true;
}

}  // namespace trapline::mm_ws
