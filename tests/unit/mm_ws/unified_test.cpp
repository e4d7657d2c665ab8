// The unified account's API (v3): its public and private channels, and how the API is chosen.
#include "rest_world.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::mm_ws::test {
namespace {

struct unified : testing::Test {
  world w;
  rest_venue venue{w, "v3"};
  std::unique_ptr<feed> f;

  void start(options o, std::int64_t duration = 5 * second) {
    f = std::make_unique<feed>(std::move(o), "feed", w, 1);
    f->start();
    w.run(*f, duration);
  }
  void push(std::string text) {
    w.push(std::move(text), w.connections.size() - 1);
    w.run(*f);
  }
  static options public_options(std::vector<std::string> channels) {
    auto o = default_options();
    o.api = "v3";
    o.channels = std::move(channels);
    return o;
  }
  static std::string data(const char* topic, const std::string& rows, const char* action = "snapshot",
                          const char* interval = nullptr) {
    return sdk::cat(R"({"action":")", action, R"(","arg":{"instType":"usdt-futures","symbol":"BTCUSDT","topic":")",
                    topic, "\"", interval ? sdk::cat(R"(,"interval":")", interval, "\"") : std::string(),
                    R"(},"data":[)", rows, R"(],"ts":1760000000589})");
  }
  static std::string account(const char* topic, const std::string& rows) {
    return sdk::cat(R"({"action":"snapshot","arg":{"instType":"UTA","topic":")", topic, R"("},"data":[)", rows,
                    R"(],"ts":1760000002010})");
  }
  static std::string position(const char* side, const char* size, std::int64_t updated,
                              const char* status = "opening") {
    return sdk::cat(
        R"({"symbol":"BTCUSDT","marginCoin":"USDT","marginMode":"crossed","holdMode":"hedge_mode","posSide":")", side,
        R"(","positionStatus":")", status, R"(","size":")", size, R"(","available":")", size,
        R"(","frozen":"0","avgPrice":"64000.5","leverage":"20","unrealisedPnl":"-0.004","liqPrice":"","markPrice":"64000.1","updatedTime":")",
        updated, "\"}");
  }
};

TEST_F(unified, subscribes_by_topic_symbol_and_interval) {
  start(public_options({"trade", "books", "ticker", "candle1H"}), 0);
  w.run(*f, second);
  ASSERT_FALSE(w.sent.empty());
  EXPECT_EQ(
      args_of(w.sent[0].text, "subscribe"),
      (std::vector<std::string>{R"({"instType":"usdt-futures","topic":"publicTrade","symbol":"BTCUSDT"})",
                                R"({"instType":"usdt-futures","topic":"books","symbol":"BTCUSDT"})",
                                R"({"instType":"usdt-futures","topic":"ticker","symbol":"BTCUSDT"})",
                                R"({"instType":"usdt-futures","topic":"kline","symbol":"BTCUSDT","interval":"1H"})"}));
}

TEST_F(unified, private_topics_take_no_symbol) {
  start(rest_options("v3"));
  std::vector<std::string> args;
  for (const auto& s : w.sent)
    for (const auto& a : args_of(s.text, "subscribe")) args.push_back(a);
  EXPECT_EQ(args, (std::vector<std::string>{
                      R"({"instType":"UTA","topic":"position"})", R"({"instType":"UTA","topic":"order"})",
                      R"({"instType":"UTA","topic":"fill"})", R"({"instType":"UTA","topic":"strategy-order"})",
                      R"({"instType":"UTA","topic":"account"})"}));
  EXPECT_EQ(f->private_state(), TRAPLINE_FEED_LIVE);
}

TEST_F(unified, trades_books_tickers_and_candles_of_the_documentation_are_published) {
  start(public_options({"trade", "books", "ticker", "candle1m", "candle1H"}));
  push(data(
      "publicTrade",
      R"({"i":"1360000000000000002","L":"1360000000000000009","p":"64000.5","v":"0.0012","S":"buy","T":"1760000000565"})"));
  ASSERT_EQ(w.of(TRAPLINE_EVENT_TRADE).size(), 1u);
  const auto& t = w.of(TRAPLINE_EVENT_TRADE)[0]->as<trapline_trade>();
  EXPECT_EQ(t.price, 640005);
  EXPECT_EQ(t.aggressor_side, TRAPLINE_SIDE_BUY);
  EXPECT_EQ(sdk::view(t.trade_id), "1360000000000000002");

  push(data(
      "books",
      R"({"a":[["64000.5","8.76"]],"b":[["64000.4","2.71"]],"pseq":0,"seq":100,"maxDepth":"50","ts":"1760000000516"})"));
  push(
      data("books",
           R"({"a":[["64000.5","0"],["64000.9","1"]],"b":[["64000.4","3"]],"pseq":100,"seq":105,"ts":"1760000000666"})",
           "update"));
  ASSERT_EQ(w.of(TRAPLINE_EVENT_BOOK_SNAPSHOT).size(), 1u);
  ASSERT_EQ(w.of(TRAPLINE_EVENT_BOOK_DELTA).size(), 1u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_BOOK_DELTA)[0]->as<trapline_book>().venue_seq, 105u);

  push(data(
      "ticker",
      R"({"lastPrice":"64000.5","bid1Price":"64000.4","bid1Size":"2.71","ask1Price":"64000.5","ask1Size":"8.76","openPrice24h":"63500","highPrice24h":"64800","lowPrice24h":"63100.2","price24hPcnt":"0.00788","volume24h":"36890.12","turnover24h":"2360152429.96","indexPrice":"64012.4","markPrice":"64000.1","fundingRate":"0.0001","nextFundingTime":"1760025600000","openInterest":"92950.2","deliveryTime":"","deliveryStartTime":"","deliveryStatus":""})"));
  ASSERT_EQ(w.of(TRAPLINE_EVENT_TICKER).size(), 1u);
  const auto& k = w.of(TRAPLINE_EVENT_TICKER)[0]->as<trapline_ticker>();
  EXPECT_EQ(k.present, 0x7ffu);
  EXPECT_EQ(k.mark, 640001);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_TICKER)[0]->head.ts_event, 1760000000589 * ms);

  push(data("kline",
            R"({"start":"1760000040000","open":"1","high":"3","low":"1","close":"2","volume":"5","turnover":"9"})",
            "update", "1m"));
  push(data("kline",
            R"({"start":"1759998400000","open":"1","high":"4","low":"1","close":"2","volume":"5","turnover":"9"})",
            "update", "1H"));
  const auto c = w.of(TRAPLINE_EVENT_CANDLE);
  ASSERT_EQ(c.size(), 2u);
  EXPECT_EQ(c[0]->as<trapline_candle>().interval_ns, 60 * second);
  EXPECT_EQ(c[0]->as<trapline_candle>().high, 3);
  EXPECT_EQ(c[1]->as<trapline_candle>().interval_ns, 3600 * second);
  EXPECT_EQ(w.count("feed_malformed_total"), 0u);
}

TEST_F(unified, a_gap_in_the_sequence_makes_the_book_invalid) {
  start(public_options({"books"}));
  push(data("books", R"({"a":[["64000.5","8.76"]],"b":[["64000.4","2.71"]],"pseq":0,"seq":100,"ts":"1760000000516"})"));
  push(data("books", R"({"a":[],"b":[["64000.4","3"]],"pseq":103,"seq":105,"ts":"1760000000666"})", "update"));
  EXPECT_EQ(w.of(TRAPLINE_EVENT_GAP).size(), 1u);
  w.run(*f, second);
  std::size_t asked = 0;
  for (const auto& s : w.sent) asked += args_of(s.text, "subscribe").size();
  EXPECT_EQ(asked, 2u);
}

TEST_F(unified, W14_a_position_missing_from_a_push_stays_and_one_that_ended_goes) {
  start(rest_options("v3"));
  push(account("position", position("long", "0.01", 1760000002000) + "," + position("short", "0.02", 1760000002000)));
  ASSERT_EQ(w.of(TRAPLINE_EVENT_POSITION).back()->as<trapline_position>().side, TRAPLINE_POSITION_SHORT);
  w.events.clear();
  push(account("position", position("long", "0.03", 1760000003000)));
  auto p = w.of(TRAPLINE_EVENT_POSITION);
  ASSERT_EQ(p.size(), 2u);  // the list is published whole
  w.events.clear();
  push(account("position", position("short", "0", 1760000004000, "ended")));
  p = w.of(TRAPLINE_EVENT_POSITION);
  ASSERT_EQ(p.size(), 1u);
  EXPECT_EQ(p[0]->as<trapline_position>().size, 3);
  w.events.clear();
  // Overtaken on its way.
  push(account("position", position("long", "0.01", 1760000002000)));
  ASSERT_EQ(w.of(TRAPLINE_EVENT_POSITION).size(), 1u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_POSITION)[0]->as<trapline_position>().size, 3);
  w.events.clear();
  push(account("position", position("long", "0", 1760000005000, "ended")));
  ASSERT_EQ(w.of(TRAPLINE_EVENT_POSITION).size(), 1u);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_POSITION)[0]->as<trapline_position>().side, TRAPLINE_POSITION_NONE);
}

TEST_F(unified, order_fill_plan_order_and_coins_of_the_documentation_are_published) {
  start(rest_options("v3"));
  w.events.clear();
  push(account(
      "order",
      R"({"category":"usdt-futures","symbol":"BTCUSDT","orderId":"1360000000000000200","clientOid":"my-1","price":"64000","qty":"0.01","amount":"640","holdMode":"hedge_mode","holdSide":"long","delegateType":"normal","tradeSide":"close","orderType":"limit","timeInForce":"gtc","side":"sell","marginMode":"crossed","marginCoin":"USDT","reduceOnly":"no","cumExecQty":"0.004","cumExecValue":"256","avgPrice":"64000","totalProfit":"0","orderStatus":"partially_filled","cancelReason":"","leverage":"20","feeDetail":[{"feeCoin":"USDT","fee":"0.0512"}],"createdTime":"1760000000101","updatedTime":"1760000000115","stpMode":"none"})"));
  const auto& o = w.of(TRAPLINE_EVENT_ORDER).at(0)->as<trapline_order>();
  EXPECT_EQ(o.status, TRAPLINE_ORDER_PARTIALLY_FILLED);
  EXPECT_EQ(o.side, TRAPLINE_SIDE_SELL);  // v3 tells the real direction
  EXPECT_EQ(o.position_side, TRAPLINE_POSITION_LONG);
  EXPECT_EQ(sdk::format(o.filled_size, o.size_exp), "0.004");

  push(account(
      "fill",
      R"({"category":"usdt-futures","symbol":"BTCUSDT","orderId":"1360000000000000200","clientOid":"my-1","execId":"9","execLinkId":"8","side":"sell","holdSide":"long","tradeSide":"close","orderType":"limit","execPrice":"64000","execQty":"0.004","execValue":"256","execPnl":"1.5","tradeScope":"taker","feeDetail":[{"feeCoin":"USDT","fee":"0.569958"}],"execTime":"1760000000115","updatedTime":"1760000000116","isRPI":"no"})"));
  const auto& fill = w.of(TRAPLINE_EVENT_FILL).at(0)->as<trapline_fill>();
  EXPECT_EQ(sdk::view(fill.trade_id), "9");
  EXPECT_EQ(fill.side, TRAPLINE_SIDE_SELL);
  EXPECT_EQ(fill.liquidity, TRAPLINE_LIQUIDITY_TAKER);
  EXPECT_EQ(sdk::format(fill.fee, fill.money_exp), "-0.569958");  // paid
  EXPECT_EQ(sdk::format(fill.realised_pnl, fill.money_exp), "1.500000");
  EXPECT_EQ(sdk::view(fill.fee_coin), "USDT");

  push(account(
      "strategy-order",
      R"({"category":"usdt-futures","symbol":"BTCUSDT","orderId":"p1","clientOid":"x","qty":"0.01","side":"sell","posSide":"long","reduceOnly":"yes","type":"tpsl","status":"pending","triggerType":"takeProfit","tpTriggerBy":"market","slTriggerBy":"mark","takeProfit":"66000","stopLoss":"60000.5","tpOrderType":"limit","slOrderType":"market","tpLimitPrice":"66001","slLimitPrice":"","createdTime":"1760000000115","updatedTime":"1760000000116"})"));
  const auto plans = w.of(TRAPLINE_EVENT_PLAN_ORDER);
  ASSERT_EQ(plans.size(), 2u);
  const auto& tp = plans[0]->as<trapline_plan_order>();
  const auto& sl = plans[1]->as<trapline_plan_order>();
  EXPECT_EQ(tp.kind, TRAPLINE_PLAN_TAKE_PROFIT);
  EXPECT_EQ(tp.trigger_price, 66000);
  EXPECT_EQ(tp.price, 66001);
  EXPECT_EQ(tp.order_type, TRAPLINE_ORDER_TYPE_LIMIT);
  EXPECT_EQ(tp.trigger_by, TRAPLINE_TRIGGER_BY_LAST);
  EXPECT_EQ(sl.kind, TRAPLINE_PLAN_STOP_LOSS);
  EXPECT_EQ(sdk::format(sl.trigger_price, sl.price_exp), "60000.5");
  EXPECT_EQ(sl.side, TRAPLINE_SIDE_SELL);
  EXPECT_EQ(sl.trigger_by, TRAPLINE_TRIGGER_BY_MARK);

  push(account(
      "account",
      R"({"totalEquity":"1012.1","effEquity":"1012.0","mmr":"2.5","imr":"32.0","mgnRatio":"0.0025","positionMgnRatio":"0","unrealisedPnL":"-0.004","coin":[{"coin":"USDT","balance":"1012","available":"980","locked":"0","equity":"1012","usdValue":"1012.1","borrow":"0","debts":"0"},{"coin":"BTC","available":"1","equity":"1"}]})"));
  const auto a = w.of(TRAPLINE_EVENT_ACCOUNT);
  ASSERT_EQ(a.size(), 2u);
  EXPECT_EQ(sdk::view(a[1]->as<trapline_account>().margin_coin), "USDT");
  EXPECT_EQ(a[1]->as<trapline_account>().available, 980);
  EXPECT_EQ(w.count("feed_malformed_total"), 0u);
}

TEST_F(unified, W15_is_reconciled_through_its_own_paths) {
  venue.positions = {
      R"({"symbol":"BTCUSDT","posSide":"long","holdMode":"one_way_mode","total":"0.01","available":"0.01","avgPrice":"64000","liquidationPrice":"","positionStatus":"normal","marginMode":"crossed","marginCoin":"USDT","leverage":"20"})"};
  venue.orders = {
      R"({"symbol":"BTCUSDT","orderId":"5","qty":"1","price":"60000","side":"buy","holdSide":"net","holdMode":"one_way_mode","orderType":"limit","orderStatus":"new","cumExecQty":"0","avgPrice":"","createdTime":"1760000000115","updatedTime":"1760000000116"})"};
  venue.accounts = {R"({"coin":"USDT","available":"980","locked":"0","equity":"1012"})"};
  venue.plans = {
      R"({"symbol":"BTCUSDT","orderId":"p1","qty":"","side":"sell","posSide":"long","type":"tpsl","status":"pending","stopLoss":"60000","slTriggerBy":"mark","slOrderType":"market"})"};
  start(rest_options("v3"));
  EXPECT_EQ(f->private_state(), TRAPLINE_FEED_LIVE);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_POSITION).at(0)->as<trapline_position>().size, 1);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_ORDER).at(0)->as<trapline_order>().status, TRAPLINE_ORDER_LIVE);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_PLAN_ORDER).at(0)->as<trapline_plan_order>().kind, TRAPLINE_PLAN_POSITION_STOP_LOSS);
  EXPECT_EQ(w.of(TRAPLINE_EVENT_ACCOUNT).at(0)->as<trapline_account>().equity, 1012);
}

TEST_F(unified, the_accounts_mode_chooses_the_api) {
  for (const std::string mode : {"v2", "v3"}) {
    world fresh;
    rest_venue v{fresh, mode};
    auto o = rest_options();
    o.api = "auto";
    feed g(o, "feed", fresh, 1);
    g.start();
    fresh.run(g, 5 * second);
    EXPECT_EQ(g.api(), mode);
    EXPECT_EQ(g.private_state(), TRAPLINE_FEED_LIVE);
  }
}

TEST_F(unified, while_the_mode_cannot_be_asked_for_nothing_connects_and_that_is_told) {
  auto o = rest_options();
  o.api = "auto";
  venue.instead["/api/v3/account/settings"] = error_answer(45001, "maintenance", 503);
  start(o, 60 * second);
  EXPECT_TRUE(w.connects.empty());
  const auto s = w.of(TRAPLINE_EVENT_FEED_STATUS);
  EXPECT_GE(s.size(), 12u);
  EXPECT_EQ(s.back()->as<trapline_feed_status>().state, TRAPLINE_FEED_CONNECTING);
  EXPECT_NE(std::string(s.back()->as<trapline_feed_status>().text).find("45001"), std::string::npos);
  EXPECT_EQ(w.healths.back().first, std::uint32_t{TRAPLINE_HEALTH_DEGRADED});
  venue.instead.clear();
  w.run(*f, 70 * second);
  EXPECT_EQ(f->private_state(), TRAPLINE_FEED_LIVE);
}

TEST_F(unified, a_unified_key_on_the_classic_api_is_told_what_to_change) {
  start(rest_options("v2"), 60 * second);
  EXPECT_NE(f->private_state(), TRAPLINE_FEED_LIVE);
  EXPECT_NE(w.healths.back().second.find("api: v3"), std::string::npos) << w.healths.back().second;
}

TEST_F(unified, W21_a_key_of_the_other_environment_is_told_what_to_change) {
  for (const char* path : {"/api/v3/position/current-position"})
    venue.instead[path] = error_answer(40099, "exchange environment is incorrect");
  start(rest_options("v3"), 60 * second);
  EXPECT_NE(f->private_state(), TRAPLINE_FEED_LIVE);
  EXPECT_EQ(w.healths.back().first, std::uint32_t{TRAPLINE_HEALTH_FAILED});
  EXPECT_NE(w.healths.back().second.find("environment: demo"), std::string::npos);
}

}  // namespace
}  // namespace trapline::mm_ws::test
