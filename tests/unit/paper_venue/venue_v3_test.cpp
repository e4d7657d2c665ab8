// The public topics of v3, and v2 and v3 on one connection.
#include <map>

#include "venue_fixture.hpp"

namespace {

using namespace trapline::paper_venue;
using nlohmann::json;

std::string topic(const std::string& name, const std::string& more = "") {
  return R"({"op":"subscribe","args":[{"instType":"usdt-futures","topic":")" + name + R"(","symbol":"BTCUSDT")" + more +
         "}]}";
}

TEST_F(venue_test, v3_topics_have_the_names_and_types_of_the_wire) {
  auto& l = connect("/v3/ws/public");
  run(5);
  for (const char* name : {"ticker", "publicTrade", "books", "books5"}) say(l, topic(name));
  say(l, topic("kline", R"(,"interval":"1m")"));
  std::map<std::string, json> first;
  for (const auto& m : l.take())
    if (m.contains("action")) first[m["arg"]["topic"]] = m;
  ASSERT_EQ(first.size(), 5u);
  EXPECT_EQ(first["ticker"]["arg"], (json{{"instType", "usdt-futures"}, {"symbol", "BTCUSDT"}, {"topic", "ticker"}}));
  for (const char* key : {"lastPrice", "bid1Price", "ask1Size", "markPrice", "fundingRate", "openInterest"})
    EXPECT_TRUE(first["ticker"]["data"][0][key].is_string()) << key;
  for (const char* key : {"i", "p", "P", "v", "S", "T"})
    EXPECT_TRUE(first["publicTrade"]["data"][0][key].is_string()) << key;
  EXPECT_EQ(first["kline"]["data"].size(), 1000u);
  EXPECT_TRUE(first["kline"]["data"][0]["turnover"].is_string());
  EXPECT_EQ(first["books5"]["data"][0]["a"].size(), 5u);
  EXPECT_FALSE(first["books"]["data"][0].contains("checksum"));
  auto seq = first["books"]["data"][0]["seq"].get<std::int64_t>();
  run(3);
  int updates = 0;
  for (const auto& m : l.take()) {
    EXPECT_TRUE(m["ts"].is_number());
    if (m["arg"]["topic"] != "books") continue;
    EXPECT_EQ(m["data"][0]["pseq"].get<std::int64_t>(), seq);
    seq = m["data"][0]["seq"];
    ++updates;
  }
  EXPECT_GE(updates, 18);
}

TEST_F(venue_test, v2_and_v3_share_a_connection_each_in_its_own_format) {
  auto& l = connect("/v2/ws/private");
  run(1);
  say(l, topic("ticker"));
  say(l, subscribe("ticker"));
  l.texts.clear();
  run(0.3);
  const auto all = l.take();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_TRUE(all[0]["data"][0].contains("bid1Price"));
  EXPECT_TRUE(all[1]["data"][0].contains("bidPr"));
}

TEST_F(venue_test, v3_refuses_what_there_is_not) {
  auto& l = connect("/v3/ws/public");
  const auto code = [&](const std::string& text) {
    say(l, text);
    return only(l)["code"];
  };
  EXPECT_EQ(code(topic("books15")), 30001);
  EXPECT_EQ(code(topic("kline", R"(,"interval":"7m")")), 30001);
  EXPECT_EQ(code(R"({"op":"subscribe","args":[{"instType":"UTA","topic":"order"}]})"), 30004);
  say(l, R"({"op":"login","args":[{"apiKey":"k","passphrase":"p","timestamp":"1","sign":"s"}]})");
  EXPECT_EQ(only(l)["code"], 30003);
  say(l, R"({"op":"subscribe","args":[{"instType":"usdt-futures","topic":"ticker","instId":"BTCUSDT"}]})");
  EXPECT_EQ(l.take()[0]["event"], "subscribe") << "JKorf names the symbol instId";
}

TEST_F(venue_test, candles_of_every_length_are_served_and_end_on_their_own_time) {
  settings_.ping_timeout = 1'000'000 * second;
  auto& l = connect();
  run(1);
  say(l, subscribe("candle5m"));
  const auto rows = l.take()[1]["data"];
  EXPECT_EQ(rows.size(), 288u + (rows.size() - 288u) % 2) << "a day of them";
  std::int64_t last = std::stoll(rows.back()[0].get<std::string>());
  EXPECT_EQ(last % 300'000, 0);
  run(400);
  int begun = 0;
  for (const auto& m : l.take())
    for (const auto& r : m["data"]) {
      const std::int64_t start_ms = std::stoll(r[0].get<std::string>());
      begun += start_ms > last;
      last = std::max<std::int64_t>(last, start_ms);
    }
  EXPECT_TRUE(begun == 1 || begun == 2);
}

TEST_F(venue_test, limits_of_a_connection_are_kept) {
  settings_.subscriptions_per_hour = 3;
  settings_.lifetime = 600 * second;
  settings_.ping_timeout = 100'000 * second;
  auto& l = connect();
  for (int i = 0; i < 3; ++i) say(l, subscribe("ticker"));
  l.texts.clear();
  say(l, subscribe("trade"));
  EXPECT_EQ(only(l)["code"], 30006);
  EXPECT_EQ(l.close_code, 0);
  say(l, R"({"op":"subscribe","args":[{"instType":"USDT-FUTURES","channel":"ticker","instId":"BTCUSDT","x":")" +
             std::string(4096, 'x') + "\"}]}");
  EXPECT_EQ(only(l)["code"], 30016);
  wall_ += 601 * second;
  run(0.1);
  EXPECT_EQ(l.close_code, 1001) << "too old";
}

}  // namespace
