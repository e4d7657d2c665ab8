// The rows of the private channels, field by field.
#include <nlohmann/json.hpp>

#include "exchange_fixture.hpp"
#include "wire_private.hpp"

namespace {

using namespace trapline::paper_venue;
using nlohmann::json;

class rows_test : public exchange_test {
 protected:
  json positions(dialect d) { return json::parse("[" + wire::position_rows(d, *exchange_) + "]"); }
  json row(dialect d, const order& o) { return json::parse(wire::order_row(d, *exchange_, o)); }
};

void expect_texts(const json& row, std::initializer_list<const char*> keys) {
  for (const auto* key : keys) EXPECT_TRUE(row.contains(key) && row[key].is_string()) << key << " in " << row.dump();
}

TEST_F(rows_test, a_v2_position_has_the_fields_and_types_of_the_wire) {
  place(at_market(side::buy, 100));
  const auto rows = positions(dialect::v2);
  ASSERT_EQ(rows.size(), 1u);
  expect_texts(rows[0], {"posId",          "instId",          "marginCoin",     "marginSize",    "marginMode",
                         "holdSide",       "posMode",         "total",          "available",     "frozen",
                         "openPriceAvg",   "achievedProfits", "unrealizedPL",   "unrealizedPLR", "liquidationPrice",
                         "keepMarginRate", "marginRate",      "breakEvenPrice", "totalFee",      "deductedFee",
                         "markPrice",      "assetMode",       "autoMargin",     "cTime",         "uTime"});
  EXPECT_TRUE(rows[0]["leverage"].is_number());
  EXPECT_EQ(rows[0]["openPriceAvg"], "64000.1");
  EXPECT_EQ(rows[0]["unrealizedPL"], "-0.001");
  EXPECT_EQ(rows[0]["marginSize"], "32.00005");
  EXPECT_EQ(rows[0]["deductedFee"], "0.3840006");
  EXPECT_EQ(rows[0]["holdSide"], "long");
  EXPECT_EQ(rows[0]["totalFee"], "") << "no funding yet";
}

TEST_F(rows_test, an_order_row_names_its_last_fill_only_once_there_is_one) {
  place(limit(side::sell, mid + 20, 100));
  auto r = row(dialect::v2, last());
  EXPECT_EQ(r["status"], "live");
  EXPECT_FALSE(r.contains("tradeId"));
  place(at_market(side::sell, 100));
  r = row(dialect::v2, last());
  EXPECT_EQ(r["status"], "filled");
  EXPECT_EQ(r["tradeId"], "1");
  EXPECT_EQ(r["tradeScope"], "T");
  EXPECT_EQ(r["fillFee"], "-0.3839994");
  EXPECT_EQ(r["accBaseVolume"], "0.0100");
  EXPECT_EQ(r["tradeSide"], "sell_single");
  EXPECT_EQ(r["posSide"], "net");
  EXPECT_EQ(r["clientOId"], r["clientOid"]);
  r = row(dialect::v1, last());
  EXPECT_EQ(r["status"], "full-fill");
  EXPECT_TRUE(r["cTime"].is_number());
  EXPECT_EQ(r["instId"], "BTCUSDT_UMCBL");
}

TEST_F(rows_test, in_hedge_mode_v2_names_the_side_of_the_position_and_v3_that_of_the_trade) {
  remake(position_mode::hedge);
  place(at_market(side::buy, 100));
  auto close_long = at_market(side::sell, 40);
  close_long.closing = true;
  place(close_long);
  const auto v2 = row(dialect::v2, last()), v3 = row(dialect::v3, last());
  EXPECT_EQ(v2["side"], "buy");
  EXPECT_EQ(v2["posSide"], "long");
  EXPECT_EQ(v2["tradeSide"], "close");
  EXPECT_EQ(v3["side"], "sell");
  EXPECT_EQ(v3["holdSide"], "long");
  EXPECT_EQ(v3["tradeSide"], "close");
  const auto fill = json::parse(wire::fill_row(dialect::v2, *exchange_, sink_.executions.back()));
  EXPECT_EQ(fill["side"], "sell") << "the fill channel of v2 tells the trade's direction";
  EXPECT_EQ(fill["tradeScope"], "taker");
  EXPECT_EQ(fill["symbol"], "BTCUSDT");
}

TEST_F(rows_test, v3_fees_are_positive_where_v2_fees_are_negative) {
  place(at_market(side::buy, 100));
  EXPECT_EQ(row(dialect::v2, last())["feeDetail"][0]["fee"], "-0.3840006");
  const auto v3 = row(dialect::v3, last());
  EXPECT_EQ(v3["feeDetail"][0]["fee"], "0.3840006");
  expect_texts(
      v3, {"category",    "symbol",       "orderId",      "clientOid",   "price",        "qty",         "amount",
           "holdMode",    "holdSide",     "delegateType", "tradeSide",   "orderType",    "timeInForce", "side",
           "marginMode",  "marginCoin",   "reduceOnly",   "cumExecQty",  "cumExecValue", "avgPrice",    "totalProfit",
           "orderStatus", "cancelReason", "leverage",     "createdTime", "updatedTime",  "stpMode"});
  const auto fill = json::parse(wire::fill_row(dialect::v3, *exchange_, sink_.executions.back()));
  expect_texts(fill,
               {"category", "symbol", "orderId", "clientOid", "execId", "side", "holdSide", "tradeSide", "orderType",
                "execPrice", "execQty", "execValue", "execPnl", "tradeScope", "execTime", "updatedTime"});
}

TEST_F(rows_test, v3_says_of_a_closed_position_that_it_ended_with_size_zero) {
  place(at_market(side::buy, 100));
  const auto open = positions(dialect::v3)[0];
  EXPECT_EQ(open["positionStatus"], "opening");
  EXPECT_TRUE(open["leverage"].is_string());
  EXPECT_EQ(open["size"], "0.0100");
  place(at_market(side::sell, 100));
  const auto ended = json::parse(wire::closed_row(dialect::v3, *exchange_, sink_.closed.at(0)));
  EXPECT_EQ(ended["positionStatus"], "ended");
  EXPECT_EQ(ended["size"], "0");
  EXPECT_EQ(ended["posSide"], "long");
  const auto history = json::parse(wire::closed_row(dialect::v2, *exchange_, sink_.closed.at(0)));
  EXPECT_EQ(history["closePriceAvg"], "63999.9");
  EXPECT_EQ(history["openFee"], "-0.3840006");
}

TEST_F(rows_test, the_account_says_what_orders_have_frozen) {
  place(limit(side::buy, mid - 1, 100));
  const auto v2 = json::parse(wire::account_row(dialect::v2, *exchange_));
  EXPECT_EQ(v2["frozen"], "31.99995000");
  EXPECT_EQ(v2["available"], "9968.00005000");
  EXPECT_EQ(v2["equity"], "10000.00000000");
  const auto v3 = json::parse(wire::account_row(dialect::v3, *exchange_));
  EXPECT_EQ(v3["totalEquity"], "10000");
  EXPECT_EQ(v3["coin"][0]["available"], "9968.00005");
  EXPECT_EQ(v3["coin"][0]["locked"], "31.99995");
}

TEST_F(rows_test, a_plan_order_names_its_trigger_by_its_kind) {
  place(at_market(side::buy, 100));
  plan_request r;
  r.kind = plan_kind::take_profit;
  r.trigger_tick = mid + 500;
  r.lots = 100;
  exchange_->place_plan(r, ++now_, placed_);
  const auto v2 = json::parse(wire::plan_row(dialect::v2, *exchange_, sink_.plans.back()));
  EXPECT_EQ(v2["planType"], "tp");
  EXPECT_EQ(v2["stopSurplusTriggerPrice"], "64050.0");
  EXPECT_EQ(v2["stopLossTriggerPrice"], "");
  EXPECT_EQ(v2["status"], "live");
  const auto v3 = json::parse(wire::plan_row(dialect::v3, *exchange_, sink_.plans.back()));
  EXPECT_EQ(v3["type"], "tpsl");
  EXPECT_EQ(v3["takeProfit"], "64050.0");
  EXPECT_EQ(v3["status"], "pending");
}

}  // namespace
