// What was pushed after a question is newer than its answer, also when it said that something ended.
#include "rest_world.hpp"

namespace trapline::mm_ws::test {
namespace {

using words = std::vector<std::string>;
using late_answer = account_world;

const char* const plan_push =
    R"({"instId":"BTCUSDT","orderId":"s1","planType":"psl","triggerPrice":"60000","triggerType":"mark_price","status":"executed","side":"sell","posSide":"long","posMode":"hedge_mode","tradeSide":"close","uTime":"1760000003000"})";
const char* const plan_listed =
    R"({"symbol":"BTCUSDT","orderId":"s1","planType":"pos_loss","triggerPrice":"60000","triggerType":"mark_price","planStatus":"live","side":"sell","posSide":"long","posMode":"hedge_mode","tradeSide":"close","uTime":"1760000002000"})";

TEST_F(late_answer, a_position_that_ended_since_the_question_stays_closed) {
  use("v3");
  venue->positions = {v3_position("BTCUSDT", "0.01", 1760000002000, true)};
  start("v3");
  push(v3("position", v3_position("BTCUSDT", "0.01", 1760000002000)));
  ASSERT_EQ(positions(), (words{"BTCUSDT 0.01"}));
  push_before_answer("/api/v3/position/current-position", v3("position", v3_position("BTCUSDT", "0", 1760000003000)));
  w.run(*f, 50 * second);
  EXPECT_EQ(positions(), words{});
  for (const auto* e : w.of(TRAPLINE_EVENT_POSITION)) EXPECT_EQ(e->as<trapline_position>().size, 0);
}

TEST_F(late_answer, a_position_that_was_opened_anew_is_known_to_the_next_question) {
  start("v3");
  push(v3("position", v3_position("BTCUSDT", "0.01", 1760000002000)));
  push(v3("position", v3_position("BTCUSDT", "0", 1760000003000)));
  // Overtaken on its way.
  push(v3("position", v3_position("BTCUSDT", "0.01", 1760000002500)));
  EXPECT_EQ(positions(), words{});
  push(v3("position", v3_position("BTCUSDT", "0.03", 1760000004000)));
  EXPECT_EQ(positions(), (words{"BTCUSDT 0.03"}));
  push(v3("position", v3_position("BTCUSDT", "0", 1760000005000)));
  venue->positions = {v3_position("BTCUSDT", "0.05", 1760000006000, true)};
  w.run(*f, 50 * second);
  EXPECT_EQ(positions(), (words{"BTCUSDT 0.05"}));
}

TEST_F(late_answer, a_plan_order_that_was_executed_since_the_question_does_not_wait_again) {
  use("v2");
  venue->plans = {plan_listed};
  start("v2");
  ASSERT_EQ(plans(), (words{"s1"}));
  push_before_answer("/api/v2/mix/order/orders-plan-pending", v2("orders-algo", plan_push));
  w.run(*f, 50 * second);
  EXPECT_EQ(plans(), words{});
  w.events.clear();
  // Overtaken on its way.
  auto older = std::string(plan_push);
  older.replace(older.find("executed"), 8, "live").replace(older.find("3000\"}"), 4, "2500");
  push(v2("orders-algo", older));
  EXPECT_EQ(w.of(TRAPLINE_EVENT_PLAN_ORDER).size(), 0u);
}

TEST_F(late_answer, a_plan_order_of_a_unified_account_that_was_cancelled_since_the_question_does_not_wait_again) {
  use("v3");
  const std::string row =
      R"({"category":"usdt-futures","symbol":"BTCUSDT","orderId":"p1","qty":"","side":"sell","posSide":"long","type":"tpsl","status":"pending","stopLoss":"60000","updatedTime":"1760000002000"})";
  venue->plans = {row};
  start("v3");
  ASSERT_EQ(plans(), (words{"p1"}));
  auto ended = row;
  ended.replace(ended.find("pending"), 7, "cancelled").replace(ended.find("2000\"}"), 4, "3000");
  push_before_answer("/api/v3/trade/unfilled-strategy-orders", v3("strategy-order", ended));
  w.run(*f, 50 * second);
  EXPECT_EQ(plans(), words{});
}

TEST_F(late_answer, a_balance_that_was_pushed_since_the_question_stays) {
  use("v2");
  venue->accounts = {R"({"marginCoin":"USDT","available":"1000","locked":"0","accountEquity":"1000"})"};
  start("v2");
  push_before_answer("/api/v2/mix/account/accounts",
                     v2("account", R"({"marginCoin":"USDT","available":"10","frozen":"0","equity":"500"})", "coin"));
  w.run(*f, 60 * second);
  const auto coins = w.of(TRAPLINE_EVENT_ACCOUNT);
  ASSERT_FALSE(coins.empty());
  for (const auto* e : coins) EXPECT_EQ(e->as<trapline_account>().equity, 500);
  // The next question is newer.
  w.run(*f, 60 * second);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_ACCOUNT).back()->as<trapline_account>().equity, 1000);
}

// While one connection replaces another both push, and neither waits for the other.
TEST_F(late_answer, an_older_list_of_the_second_connection_does_not_replace_a_newer_one_of_the_first) {
  use("v2");
  const auto position = [](bool open, std::int64_t ts) {
    return v2(
        "positions",
        open
            ? R"({"instId":"BTCUSDT","holdSide":"long","total":"0.1","available":"0.1","openPriceAvg":"64000","marginCoin":"USDT","marginMode":"crossed","posMode":"one_way_mode","uTime":"1760000002000"})"
            : "",
        "instId", ts);
  };
  const auto account = [](const char* equity, std::int64_t ts) {
    return v2("account", sdk::cat(R"({"marginCoin":"USDT","available":"1","frozen":"0","equity":")", equity, "\"}"),
              "coin", ts);
  };
  // The second connection comes up, but is not LIVE yet.
  w.venue = [&, friendly = w.venue](std::size_t c, const std::string& text) {
    if (c == 0 || args_of(text, "subscribe").empty()) return friendly(c, text);
    for (const auto& a : args_of(text, "subscribe"))
      if (a.find("account") == a.npos) w.push(R"({"event":"subscribe","arg":)" + a + "}", c);
  };
  auto o = rest_options();
  o.rotate_after = 3600 * second;
  f = std::make_unique<feed>(o, "feed", w, 1);
  f->start();
  w.run(*f, 3605 * second);
  ASSERT_EQ(w.connects.size(), 2u);
  push(position(true, 1760000002010), 0);
  push(position(false, 1760000002060), 0);
  push(account("7", 1760000002060), 0);
  w.events.clear();
  push(position(true, 1760000002010), 1);
  push(account("8", 1760000002010), 1);
  for (const auto* e : w.of(TRAPLINE_EVENT_POSITION)) EXPECT_EQ(e->as<trapline_position>().size, 0);
  for (const auto* e : w.of(TRAPLINE_EVENT_ACCOUNT)) EXPECT_EQ(e->as<trapline_account>().equity, 7);
  EXPECT_EQ(w.count("feed_lists_late_total"), 2u);
  push(position(true, 1760000002070), 1);
  EXPECT_EQ(positions(), (words{"BTCUSDT 0.1"}));
}

}  // namespace
}  // namespace trapline::mm_ws::test
