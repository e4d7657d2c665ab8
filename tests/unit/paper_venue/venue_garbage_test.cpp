// Whatever clients send, the venue goes on and answers in JSON.
#include <rapidcheck.h>

#include "rest_fixture.hpp"

namespace {

using namespace trapline::paper_venue;
using nlohmann::json;

const std::vector<std::string> messages = {
    R"({"op":"subscribe","args":[{"instType":"USDT-FUTURES","channel":"candle1m","instId":"BTCUSDT"}]})",
    R"({"op":"subscribe","args":[{"instType":"usdt-futures","topic":"kline","symbol":"BTCUSDT","interval":"1m"}]})",
    R"({"op":"unsubscribe","args":[{"instType":"UTA","topic":"order"}]})",
    R"({"op":"login","args":[{"apiKey":"a","passphrase":"b","timestamp":1,"sign":"c"}]})",
    R"({"op":"trade","args":[{"channel":"place-order","id":"r","instType":"USDT-FUTURES","instId":"BTCUSDT",)"
    R"("params":{"orderType":"limit","side":"buy","size":"0.01","price":"64000","marginCoin":"USDT","force":"gtc",)"
    R"("marginMode":"crossed","clientOid":"c"}}]})",
    R"({"op":"trade","id":"9","category":"usdt-futures","topic":"batch-place","args":[{"symbol":"BTCUSDT",)"
    R"("orderType":"market","qty":"0.01","side":"sell","clientOid":"d"}]})",
    R"({"op":"trade","id":"9","category":"usdt-futures","topic":"cancel-order","args":[{"orderId":"1"}]})"};

// Replaces, removes and doubles a few characters, preferring those that JSON is made of.
std::string damaged(std::string text) {
  const auto times = *rc::gen::inRange(0, 6);
  for (int i = 0; i < times && !text.empty(); ++i) {
    const auto at = static_cast<std::size_t>(*rc::gen::inRange<int>(0, static_cast<int>(text.size())));
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        text[at] = *rc::gen::oneOf(rc::gen::element('"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', 'e'),
                                   rc::gen::arbitrary<char>());
        break;
      case 1:
        text.erase(at, static_cast<std::size_t>(*rc::gen::inRange(1, 12)));
        break;
      case 2:
        text.insert(at, text.substr(at, static_cast<std::size_t>(*rc::gen::inRange(1, 12))));
        break;
    }
  }
  return text;
}

TEST_F(rest_test, damaged_messages_are_answered_in_json_and_do_no_harm) {
  settings_.messages_per_second = 1'000'000;
  settings_.subscriptions_per_hour = 1'000'000;
  open_venue();
  run(1);
  EXPECT_TRUE(rc::check("every answer is JSON", [this] {
    auto& l = connect("/v2/ws/private");
    say(l, login());
    for (int i = 0; i < 8; ++i) say(l, damaged(*rc::gen::elementOf(messages)));
    run(0.05);
    for (const auto& t : l.texts) RC_ASSERT(t == "pong" || json::accept(t));
    venue_->on_close(l, {});
    links_.pop_back();
  }));
}

TEST_F(rest_test, damaged_calls_are_answered_in_json_and_do_no_harm) {
  settings_.rest_limits = false;
  const std::vector<std::pair<std::string, std::string>> posts = {
      {"/api/v2/mix/order/place-order",
       R"({"symbol":"BTCUSDT","productType":"USDT-FUTURES","size":"0.01","price":"64000","side":"buy","orderType":"limit"})"},
      {"/api/v2/mix/order/batch-place-order",
       R"({"symbol":"BTCUSDT","orderList":[{"side":"buy","orderType":"market","size":"0.01","clientOid":"x"}]})"},
      {"/api/v2/mix/order/batch-cancel-orders", R"({"orderIdList":[{"orderId":"1"},{"clientOid":"x"}]})"},
      {"/api/v2/mix/order/modify-order", R"({"orderId":"1","newSize":"1","newPrice":"2","newClientOid":"3"})"},
      {"/api/v2/mix/order/place-tpsl-order",
       R"({"symbol":"BTCUSDT","planType":"loss_plan","triggerPrice":"60000","holdSide":"buy","size":"0.01"})"},
      {"/api/v2/mix/account/set-leverage", R"({"symbol":"BTCUSDT","leverage":"20"})"},
      {"/api/v2/mix/account/set-position-mode", R"({"posMode":"one_way_mode"})"},
      {"/venue/faults", R"({"fault":"corrupt 0"})"}};
  const std::vector<std::string> gets = {
      "/api/v2/mix/market/candles?symbol=BTCUSDT&granularity=1m&limit=5&startTime=1&endTime=2",
      "/api/v2/mix/market/merge-depth?symbol=BTCUSDT&limit=5",
      "/api/v2/mix/order/orders-pending?symbol=BTCUSDT&idLessThan=5&limit=3",
      "/api/v2/mix/order/detail?clientOid=x%20y&orderId=7"};
  open_venue();
  run(1);
  EXPECT_TRUE(rc::check("every answer is JSON", [&] {
    const bool post = *rc::gen::arbitrary<bool>();
    const auto& [path, body] = *rc::gen::elementOf(posts);
    const auto s =
        start_call(post ? make("POST", path, damaged(body)) : make("GET", damaged(*rc::gen::elementOf(gets))));
    RC_ASSERT(s->response.has_value());
    RC_ASSERT(json::accept(s->response->body));
    run(0.05);
  }));
}

}  // namespace
