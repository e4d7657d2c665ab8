#include <gtest/gtest.h>

#include "venue_fixture.hpp"

namespace {

using namespace trapline::paper_venue;
using nlohmann::json;

TEST_F(venue_test, ping_is_answered_with_pong_as_plain_text) {
  auto& l = connect();
  say(l, "ping");
  EXPECT_EQ(l.texts, std::vector<std::string>{"pong"});
}

TEST_F(venue_test, acks_of_one_message_come_first_and_echo_their_arguments_exactly) {
  auto& l = connect();
  run(5);
  say(l, R"({"op":"subscribe","args":[{"channel":"trade","instType":"USDT-FUTURES","instId":"BTCUSDT","x":[1]},)"
         R"({"instType":"usdt-futures","channel":"books","instId":"btcusdt"},)"
         R"({"instType":"USDT-FUTURES","channel":"ticker","instId":"BTCUSDT"},)"
         R"({"instType":"USDT-FUTURES","channel":"candle1m","instId":"BTCUSDT"}]})");
  ASSERT_EQ(l.texts.size(), 8u);
  EXPECT_EQ(l.texts[0],
            R"({"event":"subscribe","arg":{"channel":"trade","instType":"USDT-FUTURES","instId":"BTCUSDT","x":[1]}})");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(json::parse(l.texts[i])["event"], "subscribe");
  EXPECT_NE(l.texts[4].find(R"("arg":{"channel":"trade","instType":"USDT-FUTURES","instId":"BTCUSDT","x":[1]})"),
            std::string::npos);
  const auto all = l.take();
  for (int i = 4; i < 8; ++i) {
    EXPECT_EQ(all[i]["action"], "snapshot");
    EXPECT_EQ(all[i]["arg"], all[i - 4]["arg"]);
    EXPECT_TRUE(all[i]["ts"].is_number_integer());
  }
}

TEST_F(venue_test, the_trade_snapshot_is_newest_first_and_updates_follow_without_a_hole) {
  auto& l = connect();
  run(20);
  say(l, subscribe("trade"));
  auto all = l.take();
  ASSERT_EQ(all.size(), 2u);
  const auto& rows = all[1]["data"];
  ASSERT_GT(rows.size(), 20u);
  std::uint64_t newest = std::stoull(rows[0]["tradeId"].get<std::string>());
  for (std::size_t i = 1; i < rows.size(); ++i)
    EXPECT_EQ(std::stoull(rows[i]["tradeId"].get<std::string>()), newest - i);
  for (const auto* key : {"ts", "price", "size", "side", "tradeId"}) EXPECT_TRUE(rows[0][key].is_string()) << key;
  run(20);
  for (const auto& m : l.take()) {
    EXPECT_EQ(m["action"], "update");
    for (auto t = m["data"].rbegin(); t != m["data"].rend(); ++t)
      EXPECT_EQ(std::stoull((*t)["tradeId"].get<std::string>()), ++newest);
  }
}

TEST_F(venue_test, unsubscribe_is_acked_and_ends_the_pushes) {
  auto& l = connect();
  say(l, subscribe("ticker"));
  say(l, subscribe("ticker", R"("instId":"BTCUSDT")", "USDT-FUTURES", "unsubscribe"));
  EXPECT_EQ(json::parse(l.texts.back())["event"], "unsubscribe");
  l.texts.clear();
  run(5);
  EXPECT_TRUE(l.texts.empty());
}

TEST_F(venue_test, the_ticker_has_the_fields_and_types_of_the_wire_every_300_ms) {
  auto& l = connect();
  run(1);
  say(l, subscribe("ticker"));
  l.texts.clear();
  run(3);
  const auto all = l.take();
  EXPECT_EQ(all.size(), 10u);
  const auto& d = all[0]["data"][0];
  for (const auto* key :
       {"instId",        "lastPr",     "bidPr",       "askPr",       "bidSz",           "askSz",         "open24h",
        "high24h",       "low24h",     "change24h",   "fundingRate", "nextFundingTime", "markPrice",     "indexPrice",
        "holdingAmount", "baseVolume", "quoteVolume", "openUtc",     "symbol",          "deliveryPrice", "ts"})
    EXPECT_TRUE(d.contains(key) && d[key].is_string()) << key;
  EXPECT_EQ(d["symbolType"], 1);
  EXPECT_NEAR(std::stod(d["markPrice"].get<std::string>()), std::stod(d["lastPr"].get<std::string>()), 50);
  EXPECT_NEAR(std::stod(d["holdingAmount"].get<std::string>()), 18'000, 500);
  EXPECT_GE(std::stod(d["high24h"].get<std::string>()), std::stod(d["lastPr"].get<std::string>()));
  EXPECT_EQ(std::stoll(d["nextFundingTime"].get<std::string>()) % (8 * 3600 * 1000), 0);
}

TEST_F(venue_test, candles_begin_with_a_thousand_bars_and_a_bar_ends_when_the_next_begins) {
  settings_.ping_timeout = 1000 * second;
  auto& l = connect();
  run(1);
  say(l, subscribe("candle1m"));
  auto rows = l.take()[1]["data"];
  ASSERT_EQ(rows.size(), 1000u);
  EXPECT_EQ(rows[0].size(), 8u);
  std::int64_t last = std::stoll(rows[999][0].get<std::string>());
  EXPECT_EQ(std::stoll(rows[0][0].get<std::string>()), last - 999 * 60'000);
  run(125);
  int new_bars = 0;
  for (const auto& m : l.take()) {
    EXPECT_EQ(m["action"], "update");
    for (const auto& r : m["data"]) {
      const auto begin = std::stoll(r[0].get<std::string>());
      EXPECT_TRUE(begin == last || begin == last + 60'000);
      new_bars += begin > last;
      last = begin;
    }
  }
  EXPECT_GE(new_bars, 2);
}

TEST_F(venue_test, v1_speaks_its_own_format_with_the_instrument_type_in_lower_case) {
  auto& l = connect("/mix/v1/stream");
  run(10);
  const auto id = R"("instId":"BTCUSDT")";
  for (const char* channel : {"books", "trade", "ticker", "candle1m"}) say(l, subscribe(channel, id, "MC"));
  auto all = l.take();
  ASSERT_EQ(all.size(), 8u);
  for (const auto& m : all) {
    EXPECT_EQ(m["arg"]["instType"], "mc");
    EXPECT_FALSE(m.contains("ts"));
  }
  const auto& book = all[1]["data"][0];
  EXPECT_EQ(book.size(), 4u);
  EXPECT_TRUE(book["checksum"].is_number_integer());
  EXPECT_FALSE(book.contains("seq"));
  EXPECT_EQ(all[3]["data"][0].size(), 4u);
  EXPECT_TRUE(all[3]["data"][0].is_array());
  EXPECT_TRUE(all[5]["data"][0]["systemTime"].is_number());
  EXPECT_TRUE(all[5]["data"][0]["bestBid"].is_string());
  EXPECT_EQ(all[7]["data"][0].size(), 6u);
  run(10);
  for (const auto& m : l.take())
    if (m["arg"]["channel"] == "trade") {
      EXPECT_EQ(m["data"].size(), 1u);
    }
}

TEST_F(venue_test, every_symbol_has_a_market_of_its_own) {
  settings_.symbols = {"BTCUSDT", "ETHUSDT"};
  auto& l = connect();
  run(5);
  say(l, subscribe("trade"));
  say(l, subscribe("trade", R"("instId":"ETHUSDT")"));
  const auto all = l.take();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_NE(all[1]["data"], all[3]["data"]);
  EXPECT_EQ(all[3]["arg"]["instId"], "ETHUSDT");
}

}  // namespace
