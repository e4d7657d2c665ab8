// What is peculiar to the private lists of the unified account: one stream for all products, positions one by one.
#include "rest_world.hpp"

namespace trapline::mm_ws::test {
namespace {

using words = std::vector<std::string>;
using unified_account = account_world;

TEST_F(unified_account, orders_fills_and_plan_orders_of_other_products_are_left_out) {
  start("v3");
  w.events.clear();
  for (const char* category : {"SPOT", "margin", "coin-futures", "usdc-futures"}) {
    const auto row = [&](const char* rest) { return sdk::cat(R"({"category":")", category, "\",", rest); };
    const auto order = row(
        R"("symbol":"BTCUSDT","orderId":"1","price":"60000","qty":"0.5","orderType":"limit","side":"buy","cumExecQty":"0","avgPrice":"","orderStatus":"new","createdTime":"1760000000101","updatedTime":"1760000000115"})");
    venue->details["1"] = order;
    push(v3("order", order));
    push(v3(
        "fill",
        row(R"("symbol":"BTCUSDT","orderId":"9","execId":"9","side":"buy","execPrice":"64000","execQty":"0.5","execPnl":"0","tradeScope":"taker","feeDetail":[{"feeCoin":"BTC","fee":"0.0005"}],"execTime":"1760000000115"})")));
    push(v3(
        "strategy-order",
        row(R"("symbol":"BTCUSDT","orderId":"p1","qty":"1","side":"sell","type":"tpsl","status":"pending","stopLoss":"60000","updatedTime":"1760000000116"})")));
  }
  EXPECT_EQ(w.of(TRAPLINE_EVENT_ORDER).size(), 0u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_FILL).size(), 0u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_PLAN_ORDER).size(), 0u);
  EXPECT_EQ(w.count("feed_other_products_total"), 12u);
  EXPECT_EQ(w.count("feed_malformed_total"), 0u);
  w.run(*f, 400 * second);
  EXPECT_EQ(f->private_state(), TRAPLINE_FEED_LIVE);
}

TEST_F(unified_account, rows_of_the_product_are_taken_however_its_name_is_written) {
  start("v3");
  w.events.clear();
  int id = 0;
  for (const char* category : {R"("category":"usdt-futures",)", R"("category":"USDT-FUTURES",)", ""})
    push(v3(
        "fill",
        sdk::cat(
            "{", category, R"("symbol":"BTCUSDT","orderId":"9","execId":")", ++id,
            R"(","side":"buy","execPrice":"64000","execQty":"0.5","tradeScope":"taker","execTime":"1760000000115"})")));
  EXPECT_EQ(w.of(TRAPLINE_EVENT_FILL).size(), 3u);
}

TEST_F(unified_account, positions_of_another_margin_coin_are_left_out) {
  start("v3");
  push(v3("position", v3_position("BTCUSDT", "0.1", 1760000002000) + "," +
                          v3_position("BTCPERP", "0.2", 1760000002000, false, "USDC")));
  EXPECT_EQ(positions(), (words{"BTCUSDT 0.1"}));
  w.run(*f, 5 * second);
  EXPECT_EQ(w.count("feed_other_products_total"), 1u);
}

TEST_F(unified_account, a_first_push_that_comes_late_does_not_close_what_it_leaves_out) {
  start("v3");                                                               // flat, so that nothing is pushed
  venue->positions = {v3_position("BTCUSDT", "0.01", 1760000002000, true)};  // its push is lost
  w.run(*f, 60 * second);
  ASSERT_EQ(positions(), (words{"BTCUSDT 0.01"}));
  push(v3("position", v3_position("ETHUSDT", "1", 1760000009000)));
  EXPECT_EQ(positions(), (words{"BTCUSDT 0.01", "ETHUSDT 1"}));
}

TEST_F(unified_account, without_rest_the_first_push_is_the_whole_list) {
  auto o = rest_options("v3");
  o.rest_enabled = false;
  use("v3");
  f = std::make_unique<feed>(o, "feed", w, 1);
  f->start();
  w.run(*f, 5 * second);
  push(v3("position", v3_position("BTCUSDT", "0.01", 1760000002000)));
  EXPECT_EQ(positions(), (words{"BTCUSDT 0.01"}));
  w.drop();
  w.run(*f, 5 * second);
  push(v3("position", v3_position("ETHUSDT", "1", 1760000009000)));
  EXPECT_EQ(positions(), (words{"ETHUSDT 1"}));
}

TEST_F(unified_account, plan_orders_that_rest_is_not_asked_for_stay_and_are_unknown_after_a_loss) {
  use("v3");
  venue->plans = {
      R"({"symbol":"BTCUSDT","orderId":"p1","qty":"","side":"sell","posSide":"long","type":"tpsl","status":"pending","stopLoss":"60000"})"};
  start("v3");
  const std::string trigger =
      R"({"category":"usdt-futures","symbol":"BTCUSDT","orderId":"t1","qty":"0.01","side":"sell","posSide":"long","type":"trigger","status":"pending","triggerBy":"mark","triggerPrice":"60000","triggerOrderType":"market","createdTime":"1760000000115","updatedTime":"1760000000116"})";
  push(v3("strategy-order", trigger));
  w.run(*f, 60 * second);
  EXPECT_EQ(plans(), (words{"p1", "t1"}));
  EXPECT_EQ(w.count("feed_reconcile_differences_total"), 0u);
  w.drop();
  w.run(*f, 10 * second);
  EXPECT_EQ(plans(), (words{"p1", "t1?"}));
  auto done = trigger;
  push(v3("strategy-order", done.replace(done.find("pending"), 7, "cancelled")));
  w.run(*f, 60 * second);
  EXPECT_EQ(plans(), (words{"p1"}));
  // What REST is asked for and does not list is gone.
  venue->plans.clear();
  w.run(*f, 60 * second);
  EXPECT_EQ(plans(), words{});
}

}  // namespace
}  // namespace trapline::mm_ws::test
