// The public calls, the envelope, signatures, limits.
#include <algorithm>
#include <fstream>

#include "rest_fixture.hpp"

namespace {

using namespace trapline::paper_venue;
namespace net = trapline::net;
using nlohmann::json;

TEST_F(rest_test, the_server_time_is_the_wall_clock_in_both_places) {
  const auto a = get("/api/v2/public/time");
  EXPECT_EQ(a["code"], "00000");
  EXPECT_EQ(a["msg"], "success");
  EXPECT_EQ(a["requestTime"].get<std::int64_t>(), wall_ / 1'000'000);
  EXPECT_EQ(a["data"]["serverTime"], std::to_string(wall_ / 1'000'000));
}

TEST_F(rest_test, contracts_name_the_steps_that_orders_must_keep) {
  const auto a = get("/api/v2/mix/market/contracts?productType=usdt-futures");
  ASSERT_EQ(a["data"].size(), 1u);
  const auto& c = a["data"][0];
  EXPECT_EQ(c["symbol"], "BTCUSDT");
  EXPECT_EQ(c["baseCoin"], "BTC");
  EXPECT_EQ(c["pricePlace"], "1");
  EXPECT_EQ(c["priceEndStep"], "1");
  EXPECT_EQ(c["sizeMultiplier"], "0.0001");
  EXPECT_EQ(c["minTradeNum"], "0.0001");
  EXPECT_EQ(c["minTradeUSDT"], "5");
  EXPECT_EQ(c["takerFeeRate"], "0.0006");
  for (const char* other : {"COIN-FUTURES", "USDC-FUTURES", "SUSDT-FUTURES"})
    EXPECT_EQ(get(std::string("/api/v2/mix/market/contracts?productType=") + other)["data"], json::array());
  const auto i = get("/api/v3/market/instruments?category=USDT-FUTURES")["data"][0];
  EXPECT_EQ(i["priceMultiplier"], "0.1");
  EXPECT_EQ(i["quantityMultiplier"], "0.0001");
  EXPECT_EQ(i["status"], "online");
}

TEST_F(rest_test, tickers_agree_with_the_book) {
  open_venue();
  run(1);
  const auto t = get("/api/v2/mix/market/ticker?symbol=btcusdt&productType=USDT-FUTURES")["data"][0];
  EXPECT_EQ(t["bidPr"], price(best(side::buy)));
  EXPECT_EQ(t["symbol"], "BTCUSDT");
  const auto v3 = get("/api/v3/market/tickers?category=USDT-FUTURES&symbol=BTCUSDT")["data"][0];
  EXPECT_EQ(v3["ask1Price"], price(best(side::sell)));
  EXPECT_EQ(v3["symbol"], "BTCUSDT");
  EXPECT_EQ(get("/api/v2/mix/market/ticker?symbol=NOPE&productType=USDT-FUTURES")["code"], "40034");
  EXPECT_EQ(get("/api/v2/mix/market/ticker?productType=USDT-FUTURES")["code"], "40019");
}

TEST_F(rest_test, candles_have_seven_columns_rise_and_stop_where_they_are_told) {
  open_venue();
  run(130);
  const std::string base = "/api/v2/mix/market/candles?symbol=BTCUSDT&productType=usdt-futures&granularity=";
  const auto rows = get(base + "1m&limit=10")["data"];
  ASSERT_EQ(rows.size(), 10u);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].size(), 7u);
    EXPECT_EQ(std::stoll(rows[i][0].get<std::string>()) - std::stoll(rows[i - 1][0].get<std::string>()), 60'000);
  }
  const auto last = std::stoll(rows[9][0].get<std::string>());
  const auto finished = get("/api/v2/mix/market/history-candles?symbol=BTCUSDT&granularity=1m&limit=5")["data"];
  EXPECT_EQ(std::stoll(finished[4][0].get<std::string>()), last - 60'000);
  const auto older = get(base + "1m&limit=5&endTime=" + std::to_string(last))["data"];
  EXPECT_EQ(std::stoll(older[4][0].get<std::string>()), last - 60'000);
  const auto hours = get(base + "1H&limit=3")["data"];
  ASSERT_EQ(hours.size(), 3u);
  EXPECT_EQ(std::stoll(hours[1][0].get<std::string>()) % 3'600'000, 0);
  EXPECT_EQ(get(base + "1h")["code"], "40017") << "names are case-sensitive";
  EXPECT_EQ(get("/api/v3/market/candles?category=USDT-FUTURES&symbol=BTCUSDT&interval=5m&limit=2")["data"].size(), 2u);
}

TEST_F(rest_test, an_hour_joins_its_minutes) {
  open_venue();
  run(10);
  const auto& minutes = venue_->the_simulation()->market_of(0).minute_bars();
  const auto hour = minutes.joined(60, 0, 2).front();
  std::int64_t lots = 0, high = 0;
  for (const auto& b : minutes.all())
    if (b.start >= hour.start && b.start < hour.start + 3600 * second) {
      lots += b.lots;
      high = std::max(high, b.high);
    }
  EXPECT_EQ(hour.lots, lots);
  EXPECT_EQ(hour.high, high);
}

TEST_F(rest_test, the_depth_is_the_state_that_the_book_channel_tells) {
  open_venue();
  run(1);
  const auto d = get("/api/v2/mix/market/merge-depth?symbol=BTCUSDT&productType=USDT-FUTURES&limit=5")["data"];
  EXPECT_EQ(d["bids"].size(), 5u);
  EXPECT_LT(d["bids"][0][0].get<double>(), d["asks"][0][0].get<double>());
  const auto v3 = get("/api/v3/market/orderbook?category=USDT-FUTURES&symbol=BTCUSDT&limit=7")["data"];
  EXPECT_EQ(v3["a"].size(), 7u);
  EXPECT_TRUE(v3["a"][0][0].is_string());
}

TEST_F(rest_test, an_unknown_address_is_told_so) {
  EXPECT_EQ(get("/api/v2/mix/market/bananas")["code"], "40404");
  EXPECT_EQ(status_, 404);
  EXPECT_EQ(call(make("POST", "/api/v2/public/time"))["code"], "40404");
}

TEST_F(rest_test, each_flaw_of_a_signature_has_its_code) {
  const std::string target = "/api/v2/mix/account/accounts?productType=USDT-FUTURES";
  const auto code = [&](auto change) {
    wall_ += second;
    auto r = make("GET", target);
    change(r);
    const auto a = call(r);
    EXPECT_EQ(status_, 400);
    EXPECT_TRUE(a["data"].is_null());
    return a["code"].template get<std::string>();
  };
  const auto header = [](net::http_request& r, std::size_t i) -> std::string& { return r.headers[i].second; };
  EXPECT_EQ(code([&](auto& r) { header(r, 0) = ""; }), "40001");
  EXPECT_EQ(code([&](auto& r) { header(r, 1) = ""; }), "40002");
  EXPECT_EQ(code([&](auto& r) { header(r, 2) = ""; }), "40003");
  EXPECT_EQ(code([&](auto& r) { header(r, 3) = ""; }), "40011");
  EXPECT_EQ(code([&](auto& r) { header(r, 2) = "soon"; }), "40005");
  EXPECT_EQ(code([&](auto&) { wall_ += 31 * second; }), "40008");
  EXPECT_EQ(code([&](auto& r) { header(r, 0) = "other"; }), "40037");
  EXPECT_EQ(code([&](auto& r) { header(r, 3) = "other"; }), "40012");
  EXPECT_EQ(code([&](auto& r) { r.target += "&x=1"; }), "40009");
}

// Vectors of the protocol reference.
TEST_F(rest_test, the_published_signatures_are_accepted) {
  net::http_request r{"GET", "/api/v2/mix/position/all-position?marginCoin=USDT&productType=USDT-FUTURES", {}, ""};
  r.headers = {{"ACCESS-KEY", keys.key},
               {"ACCESS-SIGN", "74WDnckUJOABK16cT3UuRFGPMlJ9YhDQWi68XGRs6RA="},
               {"ACCESS-TIMESTAMP", "1700000000000"},
               {"ACCESS-PASSPHRASE", keys.passphrase}};
  EXPECT_FALSE(api::check_signature(keys, r, 1'700'000'000'000));
  r.method = "POST";
  r.target = "/api/v2/mix/order/place-order";
  r.body =
      R"({"symbol":"BTCUSDT","productType":"USDT-FUTURES","marginMode":"crossed","marginCoin":"USDT","size":"0.01",)"
      R"("side":"buy","orderType":"market","clientOid":"t-1"})";
  r.headers[1].second = "9c82hJb25nsTo6Mf5VRgGJjhH/062dmkE/nGluQjF6g=";
  EXPECT_FALSE(api::check_signature(keys, r, 1'700'000'000'000));
}

TEST_F(rest_test, the_decoded_query_may_be_signed_instead_of_the_encoded) {
  auto r = make("GET", "/api/v2/mix/account/accounts?productType=USDT-FUTURES&x=a/b");
  r.target = "/api/v2/mix/account/accounts?productType=USDT-FUTURES&x=a%2Fb";
  EXPECT_EQ(call(r)["code"], "00000");
}

TEST_F(rest_test, an_account_of_the_other_kind_is_told_which_it_is) {
  EXPECT_EQ(get("/api/v3/account/settings")["code"], "40084");
  EXPECT_EQ(status_, 400);
  EXPECT_EQ(get("/api/v2/mix/account/accounts?productType=USDT-FUTURES")["code"], "00000");
  settings_.unified = true;
  open_venue();
  EXPECT_EQ(get("/api/v3/account/settings")["data"]["holdMode"], "one_way_mode");
  EXPECT_EQ(get("/api/v2/mix/account/accounts?productType=USDT-FUTURES")["code"], "40085");
}

TEST_F(rest_test, calls_beyond_an_endpoints_rate_are_answered_with_429_and_counted_apart) {
  const auto r = make("GET", "/api/v2/public/time");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(call(r)["code"], "00000");
  EXPECT_EQ(call(r)["code"], "429");
  EXPECT_EQ(status_, 429);
  EXPECT_EQ(call(make("GET", "/api/v2/mix/market/tickers?productType=USDT-FUTURES"))["code"], "00000");
  wall_ += second;
  const auto s = start_call(r);
  EXPECT_EQ(s->response->status, 200);
  bool told = false;
  for (const auto& [name, value] : s->response->headers)
    told = told || (name == "x-mbx-used-remain-limit" && value == "19");
  EXPECT_TRUE(told);
}

TEST_F(rest_test, a_body_that_is_no_object_and_a_product_that_is_not_served_are_refused) {
  wall_ += second;
  EXPECT_EQ(call(make("POST", "/api/v2/mix/order/place-order", "{nonsense"))["code"], "40017");
  EXPECT_EQ(call(make("POST", "/api/v2/mix/order/place-order", "7"))["code"], "40017");
  EXPECT_EQ(post("/api/v2/mix/order/place-order", {{"productType", "COIN-FUTURES"}})["code"], "40020");
}

TEST_F(rest_test, faults_of_the_script_and_of_the_control_call_reach_rest_calls) {
  EXPECT_EQ(post("/venue/faults", {{"fault", "rest_error 502 2"}})["code"], "00000");
  EXPECT_EQ(get("/api/v2/public/time")["code"], "40725");
  EXPECT_EQ(status_, 502);
  EXPECT_EQ(get("/api/v2/public/time")["code"], "40725");
  EXPECT_EQ(get("/api/v2/public/time")["code"], "00000");
  post("/venue/faults", {{"fault", "rest_error 429"}});
  EXPECT_EQ(get("/api/v2/public/time")["code"], "429");
  post("/venue/faults", {{"fault", "clock_jump 40000"}});
  EXPECT_EQ(get("/api/v2/mix/account/accounts?productType=USDT-FUTURES")["code"], "40008");
  const auto late = make("GET", "/api/v2/public/time");
  EXPECT_EQ(call(late)["data"]["serverTime"], std::to_string(wall_ / 1'000'000 + 40'000));
  EXPECT_EQ(post("/venue/faults", {{"fault", "explode"}})["code"], "40008") << "unsigned by the venue's clock";
}

TEST_F(rest_test, a_timeout_does_the_call_and_never_answers) {
  open_venue();
  run(1);
  post("/venue/faults", {{"fault", "rest_timeout"}});
  wall_ += second;
  const json order = {{"symbol", "BTCUSDT"},     {"productType", "USDT-FUTURES"},
                      {"marginMode", "crossed"}, {"marginCoin", "USDT"},
                      {"size", "0.01"},          {"side", "buy"},
                      {"orderType", "market"},   {"clientOid", "lost"}};
  const auto s = start_call(make("POST", "/api/v2/mix/order/place-order", order.dump()));
  EXPECT_FALSE(s->response);
  EXPECT_FALSE(s->gone);
  EXPECT_EQ(get("/api/v2/mix/order/detail?symbol=BTCUSDT&productType=USDT-FUTURES&clientOid=lost")["data"]["state"],
            "filled");
  venue_->close_all("over");
  EXPECT_TRUE(s->gone);
}

TEST_F(rest_test, a_delay_holds_rest_answers_back) {
  post("/venue/faults", {{"fault", "delay 500 10"}});
  const auto s = start_call(make("GET", "/api/v2/public/time"));
  EXPECT_FALSE(s->response);
  run(0.6);
  ASSERT_TRUE(s->response);
  EXPECT_EQ(s->response->status, 200);
}

TEST_F(rest_test, a_replay_has_no_rest_api) {
  const auto file = testing::TempDir() + "empty_capture.ws";
  { std::ofstream(file) << "wss://x <-> 1\n"; }
  settings_.replay = true;
  settings_.replay_file = file;
  EXPECT_EQ(get("/api/v2/public/time")["code"], "40725");
  EXPECT_EQ(status_, 503);
}

}  // namespace
