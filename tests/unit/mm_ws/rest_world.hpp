// A venue with REST in memory: the account of one user, which pushes may or may not tell.
#pragma once

#include "trapline/sdk/text.hpp"
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

// An account at that venue, and a feed that reads it.
struct account_world : testing::Test {
  world w;
  std::unique_ptr<rest_venue> venue;
  std::unique_ptr<feed> f;

  void use(const char* api) { venue = std::make_unique<rest_venue>(w, api); }
  void start(const char* api, std::int64_t duration = 5 * second) {
    if (!venue) use(api);
    f = std::make_unique<feed>(rest_options(api), "feed", w, 1);
    f->start();
    w.run(*f, duration);
  }
  void push(std::string text, std::size_t connection = SIZE_MAX) {
    w.push(std::move(text), connection);
    w.run(*f);
  }
  // The next answer of `path` is overtaken: `text` is pushed after the venue made the answer and before it arrives.
  // Only what is published from then on is kept.
  void push_before_answer(const char* path, std::string text) {
    venue->before = [this, path, text = std::move(text), once = false](const world::asked& a) mutable {
      if (a.path != path || std::exchange(once, true)) return;
      w.time += ms;
      w.events.clear();
      padded_ = text + std::string(net::simdjson_padding, '\0');
      w.connections.back()->handler.on_text({padded_.data(), text.size()});
    };
  }
  static std::string v2(const char* channel, const std::string& rows, const char* key = "instId",
                        std::int64_t ts = 1760000002010) {
    return R"({"action":"snapshot","arg":{"instType":"USDT-FUTURES","channel":")" + std::string(channel) + "\",\"" +
           key + R"(":"default"},"data":[)" + rows + R"(],"ts":)" + std::to_string(ts) + "}";
  }
  static std::string v3(const char* topic, const std::string& rows) {
    return R"({"action":"snapshot","arg":{"instType":"UTA","topic":")" + std::string(topic) + R"("},"data":[)" + rows +
           R"(],"ts":1760000002010})";
  }
  // Of v3, as pushed, or as REST lists it.
  static std::string v3_position(const char* symbol, const char* size, std::int64_t updated, bool by_rest = false,
                                 const char* coin = "USDT") {
    const bool ended = std::string_view(size) == "0";
    return R"({"symbol":")" + std::string(symbol) + R"(","marginCoin":")" + coin +
           R"(","marginMode":"crossed","holdMode":"hedge_mode","posSide":"long","positionStatus":")" +
           (ended     ? "ended"
            : by_rest ? "normal"
                      : "opening") +
           R"(",")" + (by_rest ? "total" : "size") + R"(":")" + size + R"(","available":")" + size +
           R"(","avgPrice":"64000.5","leverage":"20","updatedTime":")" + std::to_string(updated) + "\"}";
  }
  // The latest complete list of positions, as "BTCUSDT 0.1".
  std::vector<std::string> positions() const {
    std::vector<std::string> out, list;
    for (const auto* e : w.of(TRAPLINE_EVENT_POSITION)) {
      const auto& p = e->as<trapline_position>();
      if (p.side != TRAPLINE_POSITION_NONE)
        list.push_back(w.instruments[e->head.instrument - 1] + " " + sdk::format(p.size, p.size_exp));
      if (e->head.flags & TRAPLINE_FLAG_LAST_IN_BATCH) out = std::exchange(list, {});
    }
    return out;
  }
  // The latest complete list of plan orders, as ids with `?` behind those that are UNKNOWN.
  std::vector<std::string> plans() const {
    std::vector<std::string> out, list;
    for (const auto* e : w.of(TRAPLINE_EVENT_PLAN_ORDER)) {
      if (!(e->head.flags & TRAPLINE_FLAG_SNAPSHOT)) continue;
      const auto& p = e->as<trapline_plan_order>();
      if (p.plan_id[0] != 0)
        list.push_back(std::string(sdk::view(p.plan_id)) + (p.status == TRAPLINE_PLAN_STATUS_LIVE ? "" : "?"));
      if (e->head.flags & TRAPLINE_FLAG_LAST_IN_BATCH) out = std::exchange(list, {});
    }
    return out;
  }

 private:
  std::string padded_;
};

}  // namespace trapline::mm_ws::test
