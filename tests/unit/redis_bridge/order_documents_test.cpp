// Documents of orders: current_orders and position_targets.
#include "documents_fixture.hpp"
#include "trapline/sdk/event.hpp"

namespace trapline::redis_bridge {
namespace {

using namespace test;

// --- current_orders

TEST_F(documents, open_orders_are_told_although_no_list_was_ever_complete) {
  EXPECT_TRUE(known.apply(order("o1")).orders);
  const auto o = json::parse(orders_document(context()));
  EXPECT_EQ(o["state"], "UNKNOWN");
  EXPECT_EQ(o["orders"].size(), 1u);
}

TEST_F(documents, orders_known_by_reports_alone_are_forgotten_when_reports_were_lost) {
  for (const auto channel : {TRAPLINE_GAP_PRIVATE, TRAPLINE_GAP_BUS}) {
    known.apply(order("o1"));
    EXPECT_EQ(known.orders().items.size(), 1u);
    known.apply(gap(static_cast<std::uint8_t>(channel), 1, topic_sys));
    EXPECT_TRUE(known.orders().items.empty());
  }
}

TEST_F(documents, orders_of_a_complete_list_stay_as_the_last_known_ones) {
  known.apply(order("o1", TRAPLINE_ORDER_LIVE, event::default_ts, complete));
  known.apply(gap(TRAPLINE_GAP_PRIVATE, 1, topic_order));
  EXPECT_EQ(known.orders().items.size(), 1u);
  EXPECT_EQ(json::parse(orders_document(context()))["state"], "RECONCILING");
}

TEST_F(documents, a_late_report_changes_nothing) {
  known.apply(order("o1", TRAPLINE_ORDER_PARTIALLY_FILLED, event::default_ts + 2));
  known.apply(order("o1", TRAPLINE_ORDER_LIVE, event::default_ts + 1));
  ASSERT_EQ(known.orders().items.size(), 1u);
  EXPECT_EQ(known.orders().items[0].o.status, TRAPLINE_ORDER_PARTIALLY_FILLED);
  known.apply(order("o1", TRAPLINE_ORDER_FILLED, event::default_ts + 3));
  known.apply(order("o1", TRAPLINE_ORDER_LIVE, event::default_ts + 1));
  EXPECT_TRUE(known.orders().items.empty()) << "a filled order does not come back";
}

// --- position_targets

TEST_F(documents, no_targets_is_a_fact_only_if_flat_or_if_all_orders_are_known) {
  EXPECT_TRUE(targets()["has_targets"].is_null()) << "nothing known";
  known.apply(position(sample_position()));
  EXPECT_TRUE(targets()["has_targets"].is_null()) << "orders unknown";
  known.apply(order("o1"));
  EXPECT_EQ(targets()["has_targets"], true);
  known.apply(order({}, TRAPLINE_ORDER_NONE, event::default_ts, complete));
  EXPECT_TRUE(targets()["has_targets"].is_null()) << "plan orders unknown";
  known.apply(no_plans());
  EXPECT_EQ(targets()["has_targets"], false);
  known.apply(gap(TRAPLINE_GAP_PRIVATE, 1, topic_order));
  EXPECT_TRUE(targets()["has_targets"].is_null());
  known.apply(no_positions());
  EXPECT_EQ(targets()["has_targets"], false) << "flat";
}

TEST_F(documents, closing_orders_are_targets_in_both_shapes) {
  known.apply(position(sample_position()));
  known.apply(order("o1", TRAPLINE_ORDER_LIVE, event::default_ts, complete));
  const auto t = targets();
  EXPECT_EQ(t["has_targets"], true);
  EXPECT_EQ(t["long"], json::array());
  ASSERT_EQ(t["short"].size(), 1u);
  EXPECT_EQ(t["short"][0]["order_id"], "o1");
  EXPECT_EQ(t["next_target"]["price"], 83000);
  EXPECT_NEAR(t["next_target"]["percent"].get<double>(), 0.014236, 1e-6) << "a fraction";
  EXPECT_NEAR(t["next_target"]["completion_percent"].get<double>(), 0.1488, 1e-4);
}

TEST_F(documents, take_profits_of_the_venue_are_targets_beside_closing_orders) {
  known.apply(position(sample_position()));
  known.apply(order("o1"));
  known.apply(plan("p1", TRAPLINE_PLAN_TAKE_PROFIT, 83'500));
  known.apply(plan("p2", TRAPLINE_PLAN_POSITION_TAKE_PROFIT, 80'000));
  const auto t = targets();
  ASSERT_EQ(t["short"].size(), 3u);
  EXPECT_EQ(t["short"][0]["order_id"], "p1") << "nearest to the entry first";
  EXPECT_EQ(t["short"][0]["kind"], "take_profit");
  EXPECT_EQ(t["short"][1]["kind"], "limit");
  EXPECT_EQ(t["short"][2]["kind"], "position_take_profit");
  EXPECT_TRUE(t["short"][2]["size"].is_null()) << "the whole position";
  EXPECT_EQ(t["next_target"]["price"], 83'500);
  EXPECT_EQ(current()["venue_take_profit"], 83'500);
  EXPECT_TRUE(current()["venue_stop_loss"].is_null());
}

TEST_F(documents, stop_losses_stand_apart_from_targets) {
  known.apply(position(sample_position()));
  known.apply(plan("s1", TRAPLINE_PLAN_POSITION_STOP_LOSS, 86'000));
  known.apply(plan("s2", TRAPLINE_PLAN_STOP_LOSS, 85'000));
  auto t = targets();
  EXPECT_TRUE(t["has_targets"].is_null());
  EXPECT_TRUE(t["next_target"].is_null());
  EXPECT_EQ(t["short"], json::array());
  ASSERT_EQ(t["stops"].size(), 2u);
  EXPECT_EQ(t["stops"][0]["order_id"], "s2") << "reached first";
  EXPECT_NEAR(t["stops"][0]["percent"].get<double>(), -0.009517, 1e-6) << "a loss";
  EXPECT_TRUE(t["stops"][0]["completion_percent"].is_null());
  EXPECT_EQ(current()["venue_stop_loss"], 85'000);
  EXPECT_EQ(current(R"({"has_position":true,"position_side":"short","stop_loss":84500})")["stop_loss"], 84'500)
      << "what a dashboard noted stays its own";
  known.apply(plan("s2", TRAPLINE_PLAN_STOP_LOSS, 85'000, TRAPLINE_PLAN_STATUS_TRIGGERED, 0, event::default_ts + 1));
  EXPECT_EQ(targets()["stops"].size(), 1u);
}

TEST_F(documents, in_hedge_mode_each_side_has_its_targets_and_stops) {
  auto both = sample_position();
  known.apply(position(both, TRAPLINE_FLAG_SNAPSHOT));
  both.side = TRAPLINE_POSITION_LONG;
  known.apply(position(both));
  for (const auto side : {TRAPLINE_POSITION_LONG, TRAPLINE_POSITION_SHORT}) {
    const bool is_long = side == TRAPLINE_POSITION_LONG;
    for (auto p : {plan(is_long ? "tl" : "ts", TRAPLINE_PLAN_TAKE_PROFIT, is_long ? 86'000 : 82'000),
                   plan(is_long ? "sl" : "ss", TRAPLINE_PLAN_STOP_LOSS, is_long ? 82'500 : 85'500)}) {
      reinterpret_cast<trapline_plan_order*>(&p.head() + 1)->position_side = static_cast<std::uint8_t>(side);
      known.apply(p);
    }
  }
  const auto t = targets();
  ASSERT_EQ(t["long"].size(), 1u);
  EXPECT_EQ(t["long"][0]["order_id"], "tl");
  ASSERT_EQ(t["short"].size(), 1u);
  EXPECT_EQ(t["short"][0]["order_id"], "ts");
  ASSERT_EQ(t["stops"].size(), 2u);
  EXPECT_EQ(t["stops"][0]["position_side"], "long");
  EXPECT_EQ(t["stops"][1]["order_id"], "ss");
}

TEST_F(documents, plan_orders_of_another_position_close_nothing_here) {
  known.apply(position(sample_position()));
  auto of_a_long = plan("p1", TRAPLINE_PLAN_TAKE_PROFIT, 83'500);
  reinterpret_cast<trapline_plan_order*>(&of_a_long.head() + 1)->position_side = TRAPLINE_POSITION_LONG;
  known.apply(of_a_long);
  auto of_ether = plan("p2", TRAPLINE_PLAN_TAKE_PROFIT, 83'500);
  of_ether.head().instrument = 2;
  known.apply(of_ether);
  auto opens = plan("p3", TRAPLINE_PLAN_TAKE_PROFIT, 83'500);
  reinterpret_cast<trapline_plan_order*>(&opens.head() + 1)->side = TRAPLINE_SIDE_SELL;
  known.apply(opens);
  known.apply(plan("p4", TRAPLINE_PLAN_TRIGGER, 83'500));
  EXPECT_EQ(targets()["short"], json::array());
  EXPECT_EQ(json::parse(plan_orders_document(context()))["orders"].size(), 4u);
}

TEST_F(documents, one_plan_may_hold_a_take_profit_and_a_stop_loss) {
  known.apply(plan("p1", TRAPLINE_PLAN_TAKE_PROFIT, 83'500));
  known.apply(plan("p1", TRAPLINE_PLAN_STOP_LOSS, 85'000));
  EXPECT_EQ(known.plans().items.size(), 2u);
  known.apply(plan("p1", TRAPLINE_PLAN_STOP_LOSS, 85'000, TRAPLINE_PLAN_STATUS_CANCELED));
  ASSERT_EQ(known.plans().items.size(), 1u);
  EXPECT_EQ(known.plans().items[0].p.kind, TRAPLINE_PLAN_TAKE_PROFIT);
  known.apply(plan("p1", TRAPLINE_PLAN_STOP_LOSS, 85'000));
  EXPECT_EQ(known.plans().items.size(), 1u) << "a canceled one does not come back";
}

TEST_F(documents, plan_orders_follow_their_lists_and_losses) {
  EXPECT_EQ(json::parse(plan_orders_document(context()))["state"], "UNKNOWN");
  known.apply(plan("p1", TRAPLINE_PLAN_TAKE_PROFIT, 83'500));
  known.apply(gap(TRAPLINE_GAP_PRIVATE, 1, topic_plan));
  EXPECT_TRUE(known.plans().items.empty()) << "known by single reports alone";
  known.apply(plan("p2", TRAPLINE_PLAN_TAKE_PROFIT, 83'500, TRAPLINE_PLAN_STATUS_LIVE, complete));
  EXPECT_EQ(json::parse(plan_orders_document(context()))["state"], "ALIGNED");
  known.apply(gap(TRAPLINE_GAP_PRIVATE, 1, topic_plan));
  EXPECT_EQ(json::parse(plan_orders_document(context()))["state"], "RECONCILING");
  EXPECT_EQ(known.plans().items.size(), 1u);
  known.apply(no_plans());
  EXPECT_TRUE(known.plans().items.empty());
}

TEST_F(documents, without_targets_both_shapes_are_empty) {
  const auto t = targets();
  EXPECT_TRUE(t["next_target"].is_null());
  EXPECT_EQ(t["long"], json::array());
  EXPECT_EQ(t["short"], json::array());
}

}  // namespace
}  // namespace trapline::redis_bridge
