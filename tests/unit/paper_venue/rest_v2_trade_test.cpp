// Trading on a classic account: REST and orders over the WebSocket of v2, with the pushes that follow.
#include "rest_fixture.hpp"

namespace {

using namespace trapline::paper_venue;
using nlohmann::json;

class v2_trade_test : public rest_test {
 protected:
  v2_trade_test() { open_venue(), run(1); }
  json order(const std::string& side_word, const std::string& size, const std::string& limit_price = "") const {
    json o = {{"symbol", "BTCUSDT"},
              {"productType", "USDT-FUTURES"},
              {"marginMode", "crossed"},
              {"marginCoin", "USDT"},
              {"size", size},
              {"side", side_word},
              {"orderType", limit_price.empty() ? "market" : "limit"}};
    if (!limit_price.empty()) o["price"] = limit_price;
    return o;
  }
  json place(const json& o) { return post("/api/v2/mix/order/place-order", o); }
  json positions() { return get("/api/v2/mix/position/all-position?productType=USDT-FUTURES&marginCoin=USDT")["data"]; }
};

TEST_F(v2_trade_test, an_order_lives_from_place_to_fill_and_shows_in_every_list) {
  EXPECT_EQ(positions(), json::array());
  auto resting = order("buy", "0.01", price(best(side::buy) - 10));
  resting["clientOid"] = "r-1";
  const auto placed = place(resting);
  EXPECT_EQ(placed["code"], "00000");
  EXPECT_EQ(placed["data"]["clientOid"], "r-1");
  const std::string id = placed["data"]["orderId"];
  const auto open = get("/api/v2/mix/order/orders-pending?productType=USDT-FUTURES")["data"];
  ASSERT_EQ(open["entrustedList"].size(), 1u);
  EXPECT_EQ(open["entrustedList"][0]["status"], "live");
  EXPECT_EQ(open["endId"], id);
  const auto detail = get("/api/v2/mix/order/detail?symbol=BTCUSDT&productType=USDT-FUTURES&orderId=" + id)["data"];
  EXPECT_EQ(detail["state"], "live");
  EXPECT_EQ(detail["priceAvg"], "");
  EXPECT_EQ(place(resting)["code"], "40786");
  EXPECT_EQ(post("/api/v2/mix/order/cancel-order", {{"symbol", "BTCUSDT"}, {"orderId", id}})["data"]["clientOid"],
            "r-1");
  EXPECT_EQ(post("/api/v2/mix/order/cancel-order", {{"symbol", "BTCUSDT"}, {"orderId", id}})["code"], "22001");
  EXPECT_EQ(post("/api/v2/mix/order/cancel-order", {{"symbol", "BTCUSDT"}, {"orderId", "5"}})["code"], "40768");
  EXPECT_EQ(get("/api/v2/mix/order/orders-pending?productType=USDT-FUTURES")["data"]["entrustedList"], json::array());

  EXPECT_EQ(place(order("buy", "0.05"))["code"], "00000");
  const auto held = positions();
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(held[0]["holdSide"], "long");
  EXPECT_EQ(held[0]["total"], "0.0500");
  EXPECT_EQ(held[0]["posMode"], "one_way_mode");
  EXPECT_TRUE(held[0]["leverage"].is_string());
  const auto fills = get("/api/v2/mix/order/fills?productType=USDT-FUTURES")["data"]["fillList"];
  ASSERT_GE(fills.size(), 1u);
  EXPECT_EQ(fills[0]["tradeScope"], "taker");
  EXPECT_LT(std::stod(fills[0]["feeDetail"][0]["totalFee"].get<std::string>()), 0);
  auto shut = order("sell", "0.05");
  shut["reduceOnly"] = "YES";
  EXPECT_EQ(place(shut)["code"], "00000");
  EXPECT_EQ(positions(), json::array());
  const auto past = get("/api/v2/mix/position/history-position?productType=USDT-FUTURES")["data"]["list"];
  ASSERT_EQ(past.size(), 1u);
  EXPECT_EQ(past[0]["openTotalPos"], "0.0500");
  const auto money = get("/api/v2/mix/account/accounts?productType=USDT-FUTURES")["data"][0];
  EXPECT_NEAR(std::stod(money["accountEquity"].get<std::string>()),
              10'000 + std::stod(past[0]["netProfit"].get<std::string>()), 1e-6);
}

TEST_F(v2_trade_test, orders_that_break_a_rule_are_refused_with_bitgets_codes) {
  EXPECT_EQ(place(order("buy", "0.01", "64000.05"))["code"], "45115");
  EXPECT_EQ(place(order("buy", "0.00001"))["code"], "45035");
  EXPECT_EQ(place(order("buy", "5000"))["code"], "45112");
  EXPECT_EQ(place(order("buy", "50"))["code"], "40762");
  EXPECT_EQ(place(order("hold", "0.01"))["code"], "40017");
  EXPECT_EQ(place(order("buy", "0.01", "1000"))["code"], "00000") << "far below the market is allowed";
  EXPECT_EQ(place(order("buy", "0.0001", "1000"))["code"], "45110");
  EXPECT_EQ(place(order("buy", "0.01", "90000"))["code"], "40815");
  auto hedged = order("buy", "0.01");
  hedged["tradeSide"] = "open";
  EXPECT_EQ(place(hedged)["code"], "40774");
  auto reducing = order("sell", "0.01");
  reducing["reduceOnly"] = "YES";
  EXPECT_EQ(place(reducing)["code"], "22002");
  auto isolated = order("buy", "0.01");
  isolated["marginMode"] = "isolated";
  EXPECT_EQ(place(isolated)["code"], "40020");
  EXPECT_EQ(status_, 400);
}

TEST_F(v2_trade_test, hedge_mode_reads_side_as_the_side_of_the_position) {
  EXPECT_EQ(post("/api/v2/mix/account/set-position-mode",
                 {{"productType", "USDT-FUTURES"}, {"posMode", "hedge_mode"}})["code"],
            "00000");
  EXPECT_EQ(place(order("buy", "0.01"))["code"], "40774");
  auto open_long = order("BUY", "0.02");
  open_long["tradeSide"] = "Open";
  EXPECT_EQ(place(open_long)["code"], "00000");
  auto close_long = order("buy", "0.01");
  close_long["tradeSide"] = "Close";
  const auto placed = place(close_long);
  EXPECT_EQ(placed["code"], "00000");
  EXPECT_EQ(positions()[0]["total"], "0.0100");
  const auto detail =
      get("/api/v2/mix/order/detail?symbol=BTCUSDT&orderId=" + placed["data"]["orderId"].get<std::string>());
  EXPECT_EQ(detail["data"]["side"], "buy");
  EXPECT_EQ(detail["data"]["posSide"], "long");
  EXPECT_EQ(detail["data"]["tradeSide"], "close");
  auto close_short = order("sell", "0.01");
  close_short["tradeSide"] = "close";
  EXPECT_EQ(place(close_short)["code"], "22002");
  EXPECT_EQ(post("/api/v2/mix/account/set-position-mode", {{"posMode", "one_way_mode"}})["code"], "40920");
}

TEST_F(v2_trade_test, modifying_wants_both_numbers_and_a_new_client_id_and_makes_a_new_order) {
  auto o = order("buy", "0.01", price(best(side::buy) - 20));
  o["clientOid"] = "first";
  place(o);
  const auto modify = [&](json m) {
    m["symbol"] = "BTCUSDT";
    m["clientOid"] = "first";
    return post("/api/v2/mix/order/modify-order", m);
  };
  const auto p = price(best(side::buy) - 30);
  EXPECT_EQ(modify({{"newSize", "0.02"}, {"newClientOid", "second"}})["code"], "40925");
  EXPECT_EQ(modify({{"newSize", "0.02"}, {"newPrice", p}})["code"], "22003");
  EXPECT_EQ(modify({{"newSize", "0.02"}, {"newPrice", p}, {"newClientOid", "first"}})["code"], "40786");
  EXPECT_EQ(modify({{"newSize", "0.02"}, {"newPrice", p}, {"newClientOid", "second"}})["code"], "00000");
  const auto state = [&](const char* id) {
    return get(std::string("/api/v2/mix/order/detail?symbol=BTCUSDT&clientOid=") + id)["data"]["state"];
  };
  EXPECT_EQ(state("first"), "canceled");
  EXPECT_EQ(state("second"), "live");
}

TEST_F(v2_trade_test, batches_report_each_row) {
  const auto p = price(best(side::buy) - 20);
  const json rows = {{{"side", "buy"}, {"orderType", "limit"}, {"price", p}, {"size", "0.01"}, {"clientOid", "b1"}},
                     {{"side", "buy"}, {"orderType", "limit"}, {"price", p}, {"size", "900"}, {"clientOid", "b2"}},
                     {{"side", "sell"}, {"orderType", "limit"}, {"price", p}, {"size", "nan"}, {"clientOid", "b\"3"}}};
  const auto a = post("/api/v2/mix/order/batch-place-order", {{"symbol", "BTCUSDT"},
                                                              {"productType", "USDT-FUTURES"},
                                                              {"marginMode", "crossed"},
                                                              {"marginCoin", "USDT"},
                                                              {"orderList", rows}})["data"];
  EXPECT_EQ(a["successList"].size(), 1u);
  ASSERT_EQ(a["failureList"].size(), 2u);
  EXPECT_EQ(a["failureList"][0]["errorCode"], "40762");
  EXPECT_EQ(a["failureList"][1]["clientOid"], "b3");
  const auto c = post("/api/v2/mix/order/batch-cancel-orders",
                      {{"symbol", "BTCUSDT"}, {"orderIdList", {{{"clientOid", "b1"}}, {{"clientOid", "b2"}}}}})["data"];
  EXPECT_EQ(c["successList"].size(), 1u);
  EXPECT_EQ(c["failureList"].size(), 1u);
  EXPECT_EQ(post("/api/v2/mix/order/cancel-all-orders", {{"productType", "USDT-FUTURES"}})["code"], "22001");
}

TEST_F(v2_trade_test, plan_orders_are_placed_listed_moved_and_canceled) {
  const auto tpsl = [&](const char* type, double trigger) {
    return post("/api/v2/mix/order/place-tpsl-order", {{"symbol", "BTCUSDT"},
                                                       {"productType", "USDT-FUTURES"},
                                                       {"marginCoin", "USDT"},
                                                       {"planType", type},
                                                       {"triggerPrice", price(trigger)},
                                                       {"triggerType", "mark_price"},
                                                       {"holdSide", "buy"},
                                                       {"size", "0.01"}});
  };
  EXPECT_EQ(tpsl("loss_plan", 60'000)["code"], "43043");
  place(order("buy", "0.02"));
  EXPECT_EQ(tpsl("loss_plan", 70'000)["code"], "40834");
  const auto placed = tpsl("loss_plan", 60'000);
  ASSERT_EQ(placed["code"], "00000");
  EXPECT_EQ(tpsl("pos_profit", 70'000)["code"], "00000");
  EXPECT_EQ(tpsl("moving_plan", 70'000)["code"], "40020");
  const std::string id = placed["data"]["orderId"];
  auto list = get("/api/v2/mix/order/orders-plan-pending?productType=USDT-FUTURES&planType=profit_loss")["data"];
  EXPECT_EQ(list["entrustedList"].size(), 2u);
  EXPECT_EQ(positions()[0]["takeProfit"], "70000.0");
  EXPECT_EQ(post("/api/v2/mix/order/modify-tpsl-order",
                 {{"symbol", "BTCUSDT"}, {"orderId", id}, {"triggerPrice", "61000"}, {"size", "0.02"}})["code"],
            "00000");
  const auto canceled =
      post("/api/v2/mix/order/cancel-plan-order",
           {{"symbol", "BTCUSDT"}, {"productType", "USDT-FUTURES"}, {"orderIdList", {{{"orderId", id}}}}});
  EXPECT_EQ(canceled["data"]["successList"].size(), 1u);
  post("/api/v2/mix/order/cancel-plan-order", {{"productType", "USDT-FUTURES"}, {"planType", "profit_loss"}});
  list = get("/api/v2/mix/order/orders-plan-pending?productType=USDT-FUTURES&planType=profit_loss")["data"];
  EXPECT_EQ(list["entrustedList"], json::array());
}

TEST_F(v2_trade_test, flash_close_ends_a_position_and_leverage_is_kept) {
  EXPECT_EQ(post("/api/v2/mix/order/close-positions", {{"productType", "USDT-FUTURES"}})["code"], "22002");
  EXPECT_EQ(
      post("/api/v2/mix/account/set-leverage", {{"symbol", "BTCUSDT"}, {"leverage", "50"}})["data"]["longLeverage"],
      "50");
  EXPECT_EQ(post("/api/v2/mix/account/set-leverage", {{"symbol", "BTCUSDT"}, {"leverage", "500"}})["code"], "40797");
  place(order("sell", "0.02"));
  EXPECT_EQ(positions()[0]["leverage"], "50");
  EXPECT_EQ(post("/api/v2/mix/order/close-positions",
                 {{"symbol", "BTCUSDT"}, {"productType", "USDT-FUTURES"}})["data"]["successList"]
                .size(),
            1u);
  EXPECT_EQ(positions(), json::array());
}

TEST_F(v2_trade_test, a_rest_order_is_pushed_to_the_private_channels_live_then_filled_then_the_position) {
  auto& l = connect("/v2/ws/private");
  say(l, login());
  for (const char* channel : {"orders", "fill", "positions", "positions-history", "orders-algo"})
    say(l, subscribe(channel, R"("instId":"default")"));
  say(l, subscribe("account", R"("coin":"default")"));
  l.texts.clear();
  place(order("buy", "0.01"));
  std::vector<std::string> told;
  for (const auto& m : l.take()) {
    auto what = m["arg"]["channel"].get<std::string>();
    if (what == "orders") what += ":" + m["data"][0]["status"].get<std::string>();
    if (what == "positions") what += ":" + std::to_string(m["data"].size());
    told.push_back(what);
  }
  EXPECT_EQ(told, (std::vector<std::string>{"orders:live", "positions:0", "fill", "orders:filled", "positions:1",
                                            "account"}));
  place(order("sell", "0.01"));
  bool history = false;
  for (const auto& m : l.take()) history = history || m["arg"]["channel"] == "positions-history";
  EXPECT_TRUE(history);
}

TEST_F(v2_trade_test, orders_over_the_v2_websocket_are_answered_by_id) {
  auto& l = connect("/v2/ws/private");
  const json request = {{"op", "trade"},
                        {"args",
                         {{{"channel", "place-order"},
                           {"id", "req-1"},
                           {"instType", "USDT-FUTURES"},
                           {"instId", "BTCUSDT"},
                           {"params",
                            {{"orderType", "limit"},
                             {"side", "buy"},
                             {"size", "0.01"},
                             {"price", price(best(side::buy) - 20)},
                             {"marginCoin", "USDT"},
                             {"force", "gtc"},
                             {"marginMode", "crossed"},
                             {"clientOid", "ws-1"}}}}}}};
  say(l, request.dump());
  EXPECT_EQ(only(l)["code"], 30004);
  say(l, login());
  l.texts.clear();
  say(l, request.dump());
  auto a = only(l);
  EXPECT_EQ(a["event"], "trade");
  EXPECT_EQ(a["code"], 0);
  EXPECT_EQ(a["arg"][0]["id"], "req-1");
  EXPECT_EQ(a["arg"][0]["params"]["clientOid"], "ws-1");
  say(l, request.dump());
  a = only(l);
  EXPECT_EQ(a["event"], "error");
  EXPECT_EQ(a["code"], 40786);
  say(l, R"({"op":"trade","args":[{"channel":"cancel-order","id":"c","instType":"USDT-FUTURES","instId":"BTCUSDT",)"
         R"("params":{"clientOid":"ws-1"}}]})");
  EXPECT_EQ(only(l)["code"], 0);
}

}  // namespace
