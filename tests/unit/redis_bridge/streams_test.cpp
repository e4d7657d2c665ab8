// Event streams in a real Redis, without disturbance.
#include "rig.hpp"

namespace trapline::redis_bridge {
namespace {

using namespace test;

class streams : public rig {};

TEST_F(streams, each_family_has_its_stream_with_hash_tag) {
  connect();
  core->on_event(trade(1));
  trapline_book b{};
  b.venue_seq = 10;
  b.bid_count = b.ask_count = 1;
  b.price_exp = -1;
  b.size_exp = -1;
  const trapline_level levels[2] = {{587'101, 25}, {587'102, 10}};
  core->on_event(event(TRAPLINE_EVENT_BOOK_SNAPSHOT, topic_book, b, 0, event::default_ts, 1, levels, sizeof levels));
  trapline_ticker t{};
  t.present = TRAPLINE_TICKER_LAST | TRAPLINE_TICKER_FUNDING_RATE;
  t.price_exp = -1;
  t.last = 587'102;
  t.funding_rate = 1;
  t.funding_exp = -4;
  core->on_event(event(TRAPLINE_EVENT_TICKER, topic_ticker, t));
  trapline_candle c{};
  c.interval_ns = 60 * second;
  c.open = c.high = c.low = c.close = 5;
  c.closed = 1;
  core->on_event(event(TRAPLINE_EVENT_CANDLE, topic_candle, c));
  core->on_event(signal());
  core->on_event(matrix(0.5));
  core->on_event(position(sample_position()));
  trapline_order o{};
  o.status = TRAPLINE_ORDER_LIVE;
  sdk::assign(o.order_id, "o1");
  core->on_event(event(TRAPLINE_EVENT_ORDER, topic_order, o, complete));
  trapline_account a{};
  sdk::assign(a.margin_coin, "USDT");
  a.available = 10'005;
  a.money_exp = -1;
  a.present = TRAPLINE_ACCOUNT_HAS_AVAILABLE;
  core->on_event(event(TRAPLINE_EVENT_ACCOUNT, topic_account, a, complete));
  core->on_event(fill("f1"));
  core->on_event(plan("p1", TRAPLINE_PLAN_STOP_LOSS, 85'000));
  core->on_event(feed_status(TRAPLINE_FEED_LIVE));
  ASSERT_TRUE(settled());

  const std::string symbol = "trapline:v1:{bitget:usdtm:BTCUSDT}:", account = "trapline:v1:{bitget:usdtm}:";
  const auto only = [&](const std::string& key) {
    const auto all = server->stream(key);
    EXPECT_EQ(all.size(), 1u) << key;
    return all.empty() ? std::map<std::string, std::string>{} : all.front();
  };
  auto e = only(symbol + "trades");
  EXPECT_EQ(e["type"], "trade");
  EXPECT_EQ(e["seq"], "1");
  EXPECT_EQ(e["boot_id"], "boot-a");
  EXPECT_EQ(e["ts"], "1723161256000000001");
  EXPECT_EQ(e["price"], "58700.1");
  EXPECT_EQ(e["size"], "0.014");
  EXPECT_EQ(e["side"], "buy");
  EXPECT_EQ(e["id"], "1");
  EXPECT_EQ(e["symbol"], "BTCUSDT");
  e = only(symbol + "books");
  EXPECT_EQ(e["type"], "book_snapshot");
  EXPECT_EQ(e["bids"], R"([["58710.1","2.5"]])");
  EXPECT_EQ(e["asks"], R"([["58710.2","1.0"]])");
  EXPECT_EQ(e["venue_seq"], "10");
  e = only(symbol + "tickers");
  EXPECT_EQ(e["last"], "58710.2");
  EXPECT_EQ(e["funding_rate"], "0.0001");
  EXPECT_FALSE(e.contains("mark")) << "what the venue did not send is absent";
  EXPECT_EQ(only(symbol + "candles")["closed"], "true");
  e = only(symbol + "signals");
  EXPECT_EQ(nlohmann::json::parse(e["json"])["id"], "stop_hunt_low:BTCUSDT:7");
  EXPECT_EQ(nlohmann::json::parse(only(symbol + "matrix")["rows"]).size(), 2u);
  e = only(account + "positions");
  EXPECT_EQ(e["entry_price"], "84198.666");
  EXPECT_EQ(e["side"], "short");
  EXPECT_EQ(e["list"], "last");
  EXPECT_EQ(only(account + "orders")["order_id"], "o1");
  EXPECT_EQ(only(account + "account")["available"], "1000.5");
  e = only(account + "fills");
  EXPECT_EQ(e["trade_id"], "f1");
  EXPECT_EQ(e["price"], "83000");
  EXPECT_EQ(e["fee"], "-0.1029");
  EXPECT_EQ(e["liquidity"], "maker");
  e = only(account + "plan_orders");
  EXPECT_EQ(e["kind"], "stop_loss");
  EXPECT_EQ(e["trigger_price"], "85000");
  EXPECT_EQ(e["list"], "change");
  EXPECT_EQ(only("trapline:v1:{feed}:status")["state"], "LIVE");
}

TEST_F(streams, every_trade_is_there_once_and_in_order) {
  config.maxlen_market = 1'000'000;
  connect();
  trades(1, 20'000);
  ASSERT_TRUE(settled());
  const auto r = read_trades(server->stream(trades_key));
  EXPECT_EQ(r.trade_ids, range(1, 20'000));
  EXPECT_TRUE(r.dense);
  EXPECT_EQ(r.gaps, 0);
}

TEST_F(streams, symbols_are_numbered_apart) {
  connect();
  core->on_event(trade(1));
  core->on_event(trade(2, topic_trade_eth, 2));
  ASSERT_TRUE(settled());
  EXPECT_EQ(server->stream("trapline:v1:{bitget:usdtm:ETHUSDT}:trades").at(0).at("seq"), "1");
}

TEST_F(streams, streams_are_trimmed_to_about_their_length) {
  config.maxlen_market = 500;
  connect();
  trades(1, 5'000);
  ASSERT_TRUE(settled());
  EXPECT_LT(std::stoi(server->ask({"XLEN", trades_key})), 700);
}

TEST_F(streams, a_lapped_lane_is_told_in_every_stream) {
  connect();
  core->on_event(trade(1));
  core->on_event(feed_status(TRAPLINE_FEED_LIVE));
  core->on_event(gap(TRAPLINE_GAP_BUS, 42, topic_sys));
  core->on_event(trade(2));
  ASSERT_TRUE(settled());
  const auto all = server->stream(trades_key);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[1].at("type"), "gap");
  EXPECT_EQ(all[1].at("lost"), "42");
  EXPECT_EQ(all[1].at("channel"), "bus");
  EXPECT_EQ(all[2].at("id"), "2");
  EXPECT_EQ(server->stream("trapline:v1:{feed}:status").back().at("type"), "gap");
}

TEST_F(streams, an_invalid_book_is_told_in_the_book_stream_only) {
  connect();
  core->on_event(trade(1));
  core->on_event(gap(TRAPLINE_GAP_BOOK, 0, topic_book, 1));
  ASSERT_TRUE(settled());
  EXPECT_EQ(server->stream("trapline:v1:{bitget:usdtm:BTCUSDT}:books").at(0).at("channel"), "book");
  EXPECT_EQ(server->stream(trades_key).size(), 1u);
}

TEST_F(streams, history_replayed_at_subscription_is_marked) {
  connect();
  auto t = trade(1);
  t.head().flags |= TRAPLINE_FLAG_HISTORY;
  core->on_event(t);
  ASSERT_TRUE(settled());
  EXPECT_EQ(server->stream(trades_key).at(0).at("history"), "true");
}

TEST_F(streams, fills_stand_in_a_list_too_but_those_from_before_the_start_do_not) {
  connect();
  core->on_event(fill("old", TRAPLINE_FLAG_HISTORY));
  core->on_event(fill("f1"));
  core->on_event(fill("f2"));
  ASSERT_TRUE(settled());
  EXPECT_EQ(server->stream("trapline:v1:{bitget:usdtm}:fills").size(), 3u);
  const auto list = server->list("fill_history");
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(nlohmann::json::parse(list[0])["trade_id"], "f2");
  EXPECT_EQ(nlohmann::json::parse(list[0])["realised_pnl"], 7.431);
}

TEST_F(streams, a_lapped_lane_is_told_in_the_list_of_fills_in_its_place) {
  connect();
  core->on_event(fill("f1"));
  core->on_event(gap(TRAPLINE_GAP_BUS, 7, topic_sys));
  core->on_event(fill("f9"));
  ASSERT_TRUE(settled());
  const auto list = server->list("fill_history");
  ASSERT_EQ(list.size(), 3u);
  const auto told = nlohmann::json::parse(list[1]);
  EXPECT_EQ(told["type"], "gap");
  EXPECT_EQ(told["channel"], "bus");
  EXPECT_EQ(told["lost"], 7);
  EXPECT_EQ(told["seq"], 2);
  EXPECT_EQ(told["boot_id"], "boot-a");
  EXPECT_EQ(nlohmann::json::parse(list[0])["seq"], 3);
}

TEST_F(streams, a_window_of_zero_works) {
  config.window = 0;
  connect();
  trades(1, 100);
  ASSERT_TRUE(settled());
  EXPECT_EQ(read_trades(server->stream(trades_key)).trade_ids, range(1, 100));
}

}  // namespace
}  // namespace trapline::redis_bridge
