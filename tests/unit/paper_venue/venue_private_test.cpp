#include <gtest/gtest.h>

#include <map>

#include "venue_fixture.hpp"

namespace {

using namespace trapline::paper_venue;
using nlohmann::json;

TEST_F(venue_test, a_good_login_is_acked_with_a_number_and_opens_the_private_channels) {
  auto& l = connect("/v2/ws/private");
  say(l, login());
  const auto ack = only(l);
  EXPECT_EQ(ack["event"], "login");
  EXPECT_TRUE(ack["code"].is_number());
  EXPECT_EQ(ack["code"], 0);
  EXPECT_FALSE(ack.contains("id"));
  say(l, subscribe("positions", R"("instId":"default")"));
  auto all = l.take();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1]["data"], json::array()) << "flat is an empty list";
  say(l, subscribe("account", R"("coin":"default")"));
  all = l.take();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1]["arg"]["coin"], "default");
  EXPECT_EQ(all[1]["data"][0]["equity"], "10000.00000000");
  say(l, subscribe("orders", R"("instId":"default")"));
  EXPECT_EQ(l.take().size(), 1u) << "no list of open orders";
  say(l, subscribe("positions", R"("instId":"BTCUSDT")"));
  EXPECT_EQ(only(l)["code"], 30001);
}

TEST_F(venue_test, a_bad_login_is_told_and_the_connection_closed) {
  auto& l = connect("/v2/ws/private");
  say(l, login("wrong secret"));
  EXPECT_EQ(only(l)["code"], 30015);
  EXPECT_NE(l.close_code, 0);
  auto& late = connect("/v2/ws/private");
  const auto text = login();
  wall_ += 40 * second;
  say(late, text);
  EXPECT_EQ(only(late)["code"], 30014);
  EXPECT_NE(late.close_code, 0);
}

TEST_F(venue_test, the_public_address_knows_no_login) {
  auto& l = connect("/v2/ws/public");
  say(l, login());
  EXPECT_EQ(l.texts, std::vector<std::string>{R"({"event":"error","code":30003,"msg":"INVALID op:login"})"});
  EXPECT_EQ(l.close_code, 0);
}

TEST_F(venue_test, the_house_trader_gives_the_private_channels_live_orders_then_fills_and_complete_positions) {
  settings_.ping_timeout = 100'000 * second;
  auto& l = connect("/v2/ws/private");
  say(l, login());
  say(l, subscribe("orders", R"("instId":"default")"));
  say(l, subscribe("positions", R"("coin":"default")"));
  say(l, subscribe("account", R"("coin":"default")"));
  l.texts.clear();
  std::map<std::string, std::string> status;
  std::size_t positions = 0;
  bool was_long = false, was_short = false, was_flat = false;
  int filled = 0, canceled = 0, makers = 0, accounts = 0;
  double fees = 0, profit = 0, equity = 0;
  for (int k = 0; k < 360; ++k) {
    run(10);
    for (const auto& m : l.take()) {
      const auto& rows = m["data"];
      if (m["arg"]["channel"] == "positions") {
        positions = rows.size();
        was_flat = was_flat || (rows.empty() && filled > 0);
        for (const auto& p : rows) (p["holdSide"] == "long" ? was_long : was_short) = true;
      } else if (m["arg"]["channel"] == "account") {
        ++accounts;
        equity = std::stod(rows[0]["equity"].get<std::string>());
      } else {
        const auto& o = rows[0];
        auto& s = status[o["orderId"]];
        if (s.empty()) {
          EXPECT_EQ(o["status"], "live");
        }
        EXPECT_NE(s, "filled") << "an order went on after its end";
        s = o["status"];
        if (o.contains("fillFee")) {
          if (s != "canceled") fees -= std::stod(o["fillFee"].get<std::string>());
          makers += o["tradeScope"] == "M";
        }
        if (s == "filled") {
          ++filled;
          profit += std::stod(o["totalProfits"].get<std::string>());
        }
        canceled += s == "canceled";
      }
    }
  }
  EXPECT_GT(filled, 20);
  EXPECT_GT(makers, 0);
  EXPECT_GT(accounts, 20);
  EXPECT_TRUE(was_long && was_short && was_flat);
  EXPECT_LE(positions, 1u);
  if (positions == 0 && canceled == 0) {
    EXPECT_NEAR(equity, 10'000 + profit - fees, 1e-6);
  }
  EXPECT_NEAR(equity, 10'000, 500);
}

}  // namespace
