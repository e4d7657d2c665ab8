// A venue with REST in memory: the account of one user, which pushes may or may not tell.
#pragma once

#include "world.hpp"

namespace trapline::mm_ws::test {

struct rest_venue {
  explicit rest_venue(world& world, std::string api = "v2") : w(world), api_(std::move(api)) {
    be_friendly(w);
    w.rest = [this](const world::asked& a) { return answer(a); };
  }

  std::int64_t clock_error = 0;  // the venue's clock minus ours, ns
  // What the lists hold, as JSON rows.
  std::vector<std::string> positions, orders, fills, plans, accounts, candles;
  std::map<std::string, std::string> details;       // by order id
  std::map<std::string, net::http_answer> instead;  // by path: a fixed answer
  std::function<void(const world::asked&)> before;  // runs before each answer

  static std::string list(const std::vector<std::string>& rows) {
    std::string out = "[";
    for (const auto& r : rows) out += (out.size() > 1 ? "," : "") + r;
    return out + "]";
  }
  static std::string parameter(const std::string& query, const std::string& name) {
    const auto at = ("&" + query).find("&" + name + "=");
    if (at == std::string::npos) return {};
    const auto from = at + name.size() + 1;
    return query.substr(from, query.find('&', from) - from);
  }

  std::optional<net::http_answer> answer(const world::asked& a) {
    if (before) before(a);
    if (const auto i = instead.find(a.path); i != instead.end()) return i->second;
    if (a.path == "/api/v2/public/time")
      return json_answer("{\"serverTime\":\"" + std::to_string((w.now() + clock_error) / ms) + "\"}");
    if (a.path == "/api/v2/mix/market/contracts")
      return json_answer(
          R"([{"symbol":"BTCUSDT","priceEndStep":"5","pricePlace":"1","sizeMultiplier":"0.0001"},{"symbol":"XUSDT","priceEndStep":"1","pricePlace":"2","sizeMultiplier":"1"}])");
    if (a.path == "/api/v2/mix/market/candles") {
      const auto n = std::min<std::size_t>(std::stoul(parameter(a.query, "limit")), candles.size());
      return json_answer(list({candles.end() - static_cast<std::ptrdiff_t>(n), candles.end()}));
    }
    if (a.path == "/api/v3/market/instruments")
      return json_answer(R"([{"symbol":"BTCUSDT","priceMultiplier":"0.5","quantityMultiplier":"0.0001"}])");
    if (a.path == "/api/v3/account/settings")
      return api_ == "v3" ? json_answer(R"({"holdMode":"one_way_mode"})") : error_answer(40084, "Classic Account mode");
    const bool v3 = a.path.rfind("/api/v3/", 0) == 0;
    if (v3 != (api_ == "v3")) return error_answer(v3 ? 40084 : 40085, "wrong account mode");
    if (a.path == "/api/v2/mix/position/all-position") return json_answer(list(positions));
    if (a.path == "/api/v3/position/current-position") return json_answer("{\"list\":" + list(positions) + "}");
    if (a.path == "/api/v2/mix/order/orders-pending")
      return json_answer(orders.empty() ? R"({"entrustedList":null,"endId":null})"
                                        : "{\"entrustedList\":" + list(orders) + ",\"endId\":\"1\"}");
    if (a.path == "/api/v3/trade/unfilled-orders")
      return json_answer("{\"list\":" + list(orders) + ",\"cursor\":\"1\"}");
    if (a.path == "/api/v2/mix/order/fills") return pages(a, "fillList", "endId", "idLessThan");
    if (a.path == "/api/v3/trade/fills") return pages(a, "list", "cursor", "cursor");
    if (a.path == "/api/v2/mix/order/orders-plan-pending")
      return json_answer("{\"entrustedList\":" +
                         (parameter(a.query, "planType") == "profit_loss" ? list(plans) : std::string("null")) + "}");
    // Seen as the list itself and with the list in a member.
    if (a.path == "/api/v3/trade/unfilled-strategy-orders")
      return json_answer(plans.empty() ? R"({"list":[]})" : list(plans));
    if (a.path == "/api/v2/mix/account/accounts") return json_answer(list(accounts));
    if (a.path == "/api/v2/mix/account/account") return json_answer(R"({"posMode":"one_way_mode"})");
    if (a.path == "/api/v3/account/assets") return json_answer("{\"assets\":" + list(accounts) + "}");
    if (a.path == "/api/v2/mix/order/detail" || a.path == "/api/v3/trade/order-info") {
      const auto d = details.find(parameter(a.query, "orderId"));
      return d == details.end() ? error_answer(40768, "Order does not exist") : json_answer(d->second);
    }
    return error_answer(40404, "Request URL NOT FOUND", 404);
  }

  // Newest first, a hundred a page; the cursor is the number of the next row.
  net::http_answer pages(const world::asked& a, const char* rows, const char* cursor, const char* cursor_as) const {
    const auto after = parameter(a.query, cursor_as);
    const std::size_t from = after.empty() ? 0 : std::stoul(after);
    const auto to = std::min(from + 100, fills.size());
    const std::vector<std::string> page(fills.begin() + static_cast<std::ptrdiff_t>(from),
                                        fills.begin() + static_cast<std::ptrdiff_t>(to));
    return json_answer(std::string("{\"") + rows + "\":" + list(page) + ",\"" + cursor + "\":\"" + std::to_string(to) +
                       "\"}");
  }

  world& w;

 private:
  std::string api_;
};

inline options rest_options(std::string api = "v2") {
  auto o = default_options();
  o.api = std::move(api);
  o.channels = {};
  o.private_channels = {"positions", "orders", "fills", "plan_orders", "account"};
  o.endpoint_rest = "https://localhost:1";
  if (o.api == "v3") o.endpoint_private = "wss://localhost:1/v3/ws/private";
  return o;
}

}  // namespace trapline::mm_ws::test
