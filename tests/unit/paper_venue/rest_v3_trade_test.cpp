// Trading on a unified account: REST and orders over the WebSocket of v3, with the pushes that follow.
#include "rest_fixture.hpp"

namespace {

using namespace trapline::paper_venue;
using nlohmann::json;

class v3_trade_test : public rest_test {
 protected:
  v3_trade_test() {
    settings_.unified = true;
    open_venue();
    run(1);
  }
  json order(const std::string& side_word, const std::string& qty, const std::string& limit_price = "") const {
    json o = {{"category", "USDT-FUTURES"},
              {"symbol", "BTCUSDT"},
              {"qty", qty},
              {"side", side_word},
              {"orderType", limit_price.empty() ? "market" : "limit"}};
    if (!limit_price.empty()) o["price"] = limit_price;
    return o;
  }
  json place(const json& o) { return post("/api/v3/trade/place-order", o); }
};

TEST_F(v3_trade_test, an_order_lives_from_place_to_fill_and_shows_in_every_list) {
  auto resting = order("buy", "0.01", price(best(side::buy) - 20));
  resting["clientOid"] = "u-1";
  const auto placed = place(resting);
  ASSERT_EQ(placed["code"], "00000");
  const std::string id = placed["data"]["orderId"];
  EXPECT_EQ(get("/api/v3/trade/unfilled-orders?category=USDT-FUTURES")["data"]["list"].size(), 1u);
  EXPECT_EQ(get("/api/v3/trade/order-info?orderId=" + id)["data"]["orderStatus"], "new");
  EXPECT_EQ(post("/api/v3/trade/modify-order", {{"orderId", id}, {"qty", "0.02"}})["data"]["orderId"], id);
  EXPECT_EQ(get("/api/v3/trade/order-info?orderId=" + id)["data"]["qty"], "0.0200");
  EXPECT_EQ(place(resting)["code"], "25212");
  EXPECT_EQ(post("/api/v3/trade/cancel-order", {{"clientOid", "u-1"}})["code"], "00000");
  EXPECT_EQ(place(resting)["code"], "00000") << "v3 lets an id be used again";
  EXPECT_EQ(
      post("/api/v3/trade/cancel-symbol-order", {{"category", "USDT-FUTURES"}, {"symbol", "BTCUSDT"}})["data"]["list"]
          .size(),
      1u);
  EXPECT_EQ(place(order("sell", "0.03"))["code"], "00000");
  const auto held = get("/api/v3/position/current-position?category=USDT-FUTURES")["data"]["list"];
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(held[0]["posSide"], "short");
  EXPECT_EQ(held[0]["total"], "0.0300");
  EXPECT_EQ(held[0]["positionStatus"], "normal");
  EXPECT_GT(std::stod(get("/api/v3/trade/fills?category=USDT-FUTURES")["data"]["list"][0]["feeDetail"][0]["fee"]
                          .get<std::string>()),
            0);
  EXPECT_EQ(post("/api/v3/trade/close-positions", {{"category", "USDT-FUTURES"}})["data"]["list"][0]["code"], "00000");
  EXPECT_EQ(get("/api/v3/position/current-position?category=USDT-FUTURES")["data"]["list"], json::array());
  EXPECT_EQ(get("/api/v3/position/history-position?category=USDT-FUTURES")["data"]["list"].size(), 1u);
  EXPECT_EQ(get("/api/v3/account/assets")["data"]["assets"][0]["coin"], "USDT");
  EXPECT_EQ(place(order("buy", "50"))["code"], "25202");
}

TEST_F(v3_trade_test, hedge_mode_reads_side_as_the_direction_of_the_trade) {
  EXPECT_EQ(post("/api/v3/account/set-hold-mode", {{"holdMode", "hedge_mode"}})["code"], "00000");
  EXPECT_EQ(get("/api/v3/account/settings")["data"]["holdMode"], "hedge_mode");
  EXPECT_EQ(place(order("buy", "0.01"))["code"], "25236");
  auto o = order("buy", "0.02");
  o["posSide"] = "long";
  EXPECT_EQ(place(o)["code"], "00000");
  o = order("sell", "0.01");
  o["posSide"] = "long";
  EXPECT_EQ(place(o)["code"], "00000");
  EXPECT_EQ(get("/api/v3/position/current-position?category=USDT-FUTURES")["data"]["list"][0]["total"], "0.0100");
  o["side"] = "buy";
  o["posSide"] = "short";
  EXPECT_EQ(place(o)["code"], "25227");
}

TEST_F(v3_trade_test, the_countdown_cancels_all_orders_when_it_is_not_renewed) {
  place(order("buy", "0.01", price(best(side::buy) - 20)));
  EXPECT_EQ(post("/api/v3/trade/countdown-cancel-all", {{"countdown", "5"}})["code"], "00000");
  run(3);
  EXPECT_EQ(post("/api/v3/trade/countdown-cancel-all", {{"countdown", "5"}})["code"], "00000");
  run(3);
  EXPECT_EQ(get("/api/v3/trade/unfilled-orders")["data"]["list"].size(), 1u);
  run(3);
  EXPECT_EQ(get("/api/v3/trade/unfilled-orders")["data"]["list"].size(), 0u);
  EXPECT_EQ(post("/api/v3/trade/countdown-cancel-all", {{"countdown", "soon"}})["code"], "40017");
}

TEST_F(v3_trade_test, a_strategy_order_sets_both_legs_or_none) {
  place(order("buy", "0.02"));
  const json legs = {
      {"category", "USDT-FUTURES"}, {"symbol", "BTCUSDT"}, {"takeProfit", "70000"}, {"stopLoss", "60000"}};
  auto wrong = legs;
  wrong["stopLoss"] = "71000";
  EXPECT_EQ(post("/api/v3/trade/place-strategy-order", wrong)["code"], "40834");
  EXPECT_EQ(get("/api/v3/trade/unfilled-strategy-orders")["data"]["list"].size(), 0u);
  const auto placed = post("/api/v3/trade/place-strategy-order", legs);
  ASSERT_EQ(placed["code"], "00000");
  EXPECT_EQ(get("/api/v3/trade/unfilled-strategy-orders")["data"]["list"].size(), 2u);
  EXPECT_EQ(post("/api/v3/trade/cancel-strategy-order", {{"orderId", placed["data"]["orderId"]}})["code"], "00000");
  EXPECT_EQ(get("/api/v3/trade/unfilled-strategy-orders")["data"]["list"].size(), 1u);
}

TEST_F(v3_trade_test, a_batch_may_be_a_bare_array_and_every_row_has_its_code) {
  const auto p = price(best(side::buy) - 20);
  const auto a =
      post("/api/v3/trade/place-batch", json::array({order("buy", "0.01", p), order("buy", "900", p)}))["data"];
  ASSERT_EQ(a.size(), 2u);
  EXPECT_EQ(a[0]["code"], "00000");
  EXPECT_EQ(a[1]["code"], "25202");
}

TEST_F(v3_trade_test, the_private_socket_trades_and_pushes_in_v3) {
  auto& l = connect("/v3/ws/private");
  say(l, login());
  for (const char* topic : {"order", "fill", "position", "account", "strategy-order"})
    say(l, std::string(R"({"op":"subscribe","args":[{"instType":"UTA","topic":")") + topic + "\"}]}");
  const auto acks = l.take();
  EXPECT_EQ(acks[1]["event"], "subscribe");
  EXPECT_EQ(acks[1]["arg"], (json{{"instType", "UTA"}, {"topic", "order"}}));
  say(l, R"({"op":"trade","id":"17","category":"usdt-futures","topic":"place-order",)"
         R"("args":[{"symbol":"BTCUSDT","orderType":"market","qty":"0.01","side":"buy","clientOid":"w1"}]})");
  std::vector<std::string> told;
  json answer;
  for (const auto& m : l.take()) {
    if (m.contains("event")) {
      answer = m;
      continue;
    }
    auto what = m["arg"]["topic"].get<std::string>();
    if (what == "order") what += ":" + m["data"][0]["orderStatus"].get<std::string>();
    if (what == "position") what += ":" + m["data"][0]["size"].get<std::string>();
    told.push_back(what);
  }
  EXPECT_EQ(told, (std::vector<std::string>{"order:new", "fill", "order:filled", "position:0.0100", "account"}));
  EXPECT_EQ(answer["code"], "0");
  EXPECT_EQ(answer["id"], "17");
  EXPECT_TRUE(answer["ts"].is_string());
  EXPECT_EQ(answer["args"][0]["clientOid"], "w1");
  say(l, R"({"op":"trade","id":"18","category":"usdt-futures","topic":"place-order",)"
         R"("args":[{"symbol":"BTCUSDT","orderType":"market","qty":"0.01","side":"sell","reduceOnly":"yes"}]})");
  bool ended = false;
  for (const auto& m : l.take())
    if (m.contains("arg") && m["arg"]["topic"] == "position") ended = m["data"][0]["positionStatus"] == "ended";
  EXPECT_TRUE(ended);
  say(l, R"({"op":"trade","id":"19","topic":"place-order","args":[{"symbol":"BTCUSDT","orderType":"market",)"
         R"("qty":"50","side":"sell"}]})");
  const auto refused = only(l);
  EXPECT_EQ(refused["event"], "error");
  EXPECT_EQ(refused["code"], "25202");
  EXPECT_EQ(refused["id"], "19");
  run(6);
  int positions = 0, accounts = 0;
  for (const auto& m : l.take()) {
    positions += m["arg"]["topic"] == "position";
    accounts += m["arg"]["topic"] == "account";
  }
  EXPECT_GE(positions, 1) << "positions and account come every five seconds";
  EXPECT_GE(accounts, 1);
}

}  // namespace
