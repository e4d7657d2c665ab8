#include "account.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "wire.hpp"

namespace {

using namespace trapline::paper_venue;

constexpr std::int64_t usdt = 1'000'000'000;

class account_test : public testing::Test {
 protected:
  std::vector<instrument> instruments_{{"BTCUSDT", -1, -4}};
  account account_{10'000 * usdt, instruments_};

  order make(side s, std::int64_t lots) {
    order o;
    o.id = 1;
    o.direction = s;
    o.lots = lots;
    o.market = true;
    return o;
  }
};

TEST_F(account_test, books_profit_and_fees_of_a_round_trip_to_the_last_digit) {
  auto open = make(side::buy, 100);
  account_.fill_order(open, 640'005, 60, false, 1, 0);
  EXPECT_EQ(open.status, order_status::partially_filled);
  account_.fill_order(open, 640'010, 40, false, 2, 0);
  EXPECT_EQ(open.status, order_status::filled);
  // 0.0060 * 64000.5 + 0.0040 * 64001.0 = 640.007; fee 0.0006 of it.
  EXPECT_EQ(open.fees, 384'004'200);
  auto shut = make(side::sell, 100);
  account_.fill_order(shut, 641'000, 100, true, 3, 0);
  EXPECT_EQ(shut.profit, 641 * usdt - 640'007'000'000);
  EXPECT_EQ(shut.fees, 128'200'000);
  EXPECT_TRUE(account_.positions().empty());
  EXPECT_EQ(account_.balance(), 10'000 * usdt + 993'000'000 - 384'004'200 - 128'200'000);
}

TEST_F(account_test, an_order_larger_than_the_position_turns_it_over) {
  auto open = make(side::sell, 50);
  account_.fill_order(open, 640'000, 50, false, 1, 0);
  auto turn = make(side::buy, 80);
  account_.fill_order(turn, 630'000, 80, false, 2, 0);
  ASSERT_EQ(account_.positions().size(), 1u);
  EXPECT_EQ(account_.positions()[0].direction, side::buy);
  EXPECT_EQ(account_.positions()[0].lots, 30);
  EXPECT_EQ(turn.profit, 5 * usdt);
}

TEST_F(account_test, at_the_liquidation_price_the_equity_is_the_maintenance_margin) {
  for (const side s : {side::buy, side::sell}) {
    account a(1'000 * usdt, instruments_);
    auto o = make(s, 2'000);
    a.fill_order(o, 640'000, 2'000, false, 1, 0);
    const auto tick = a.liquidation_tick(a.positions()[0], {640'000});
    ASSERT_GT(tick, 0);
    const double equity = static_cast<double>(a.equity({tick}));
    const double value = static_cast<double>(notional(instruments_[0], static_cast<__int128>(tick) * 2'000));
    EXPECT_NEAR(equity, 0.004 * value, 0.2 * 2'000 * 1e4 * 10);
  }
}

TEST_F(account_test, a_position_row_has_the_fields_and_types_of_the_wire) {
  auto o = make(side::buy, 100);
  account_.fill_order(o, 640'005, 100, false, 77, 1'760'000'001'000'000'000);
  const auto j = nlohmann::json::parse("[" + wire::position_rows(dialect::v2, instruments_, account_, {640'001}) + "]");
  ASSERT_EQ(j.size(), 1u);
  for (const auto* key : {"posId",          "instId",          "marginCoin",     "marginSize",    "marginMode",
                          "holdSide",       "posMode",         "total",          "available",     "frozen",
                          "openPriceAvg",   "achievedProfits", "unrealizedPL",   "unrealizedPLR", "liquidationPrice",
                          "keepMarginRate", "marginRate",      "breakEvenPrice", "totalFee",      "deductedFee",
                          "markPrice",      "assetMode",       "autoMargin",     "cTime",         "uTime"})
    EXPECT_TRUE(j[0].contains(key) && j[0][key].is_string()) << key;
  EXPECT_TRUE(j[0]["leverage"].is_number());
  EXPECT_EQ(j[0]["openPriceAvg"], "64000.5");
  EXPECT_EQ(j[0]["unrealizedPL"], "-0.004");
  EXPECT_EQ(j[0]["marginSize"], "32.00025");
  EXPECT_EQ(j[0]["deductedFee"], "0.384003");
  EXPECT_EQ(j[0]["holdSide"], "long");
}

TEST_F(account_test, an_order_row_names_its_last_fill_only_once_there_is_one) {
  auto o = make(side::sell, 100);
  auto row = nlohmann::json::parse(wire::order_row(dialect::v2, instruments_[0], o));
  EXPECT_EQ(row["status"], "live");
  EXPECT_FALSE(row.contains("tradeId"));
  account_.fill_order(o, 640'000, 100, false, 99, 0);
  row = nlohmann::json::parse(wire::order_row(dialect::v2, instruments_[0], o));
  EXPECT_EQ(row["status"], "filled");
  EXPECT_EQ(row["tradeId"], "99");
  EXPECT_EQ(row["tradeScope"], "T");
  EXPECT_EQ(row["fillFee"], "-0.384");
  EXPECT_EQ(row["accBaseVolume"], "0.0100");
  row = nlohmann::json::parse(wire::order_row(dialect::v1, instruments_[0], o));
  EXPECT_EQ(row["status"], "full-fill");
  EXPECT_TRUE(row["cTime"].is_number());
  EXPECT_EQ(row["instId"], "BTCUSDT_UMCBL");
}

}  // namespace
