#include "documents.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fake_environment.hpp"
#include "json_writer.hpp"
#include "trapline/sdk/event.hpp"

namespace trapline::redis_bridge {
namespace {

using namespace test;
using nlohmann::json;

class documents : public ::testing::Test {
 protected:
  document_context context(vocabulary v = vocabulary::plain) {
    return {env, known, v, env.now(), "boot-a", 15'000'000'000};
  }
  json status(vocabulary v = vocabulary::plain, std::int64_t later = 0) {
    status_extra x{15'000'000'000, env.now() + 1, {}, 0};
    auto c = context(v);
    c.now += later;
    return json::parse(status_document(c, x));
  }
  json targets() { return json::parse(targets_document(context())); }
  json current(std::string_view existing = {}, vocabulary v = vocabulary::plain) {
    return json::parse(position_document(context(v), existing));
  }

  fake_environment env;
  world known{env};
};

TEST_F(documents, json_strings_are_escaped) {
  std::string out;
  append_json_string(out, "a\"b\\c\nd\x01");
  EXPECT_EQ(json::parse(out).get<std::string>(), "a\"b\\c\nd\x01");
}

TEST_F(documents, json_has_no_number_for_infinity) { EXPECT_EQ(json_writer().real(1.0 / 0.0).text(), "null"); }

TEST_F(documents, times_are_iso_with_offset_and_epoch_seconds) {
  EXPECT_EQ(iso_time(1'723'161'256'042'000'000), "2024-08-08T23:54:16.042+00:00");
  EXPECT_EQ(epoch_seconds(1'723'161'256'042'000'000), "1723161256.042");
  EXPECT_EQ(epoch_seconds(0), "0");
}

// --- ws_status

TEST_F(documents, without_any_feed_the_status_is_disconnected) {
  EXPECT_EQ(status()["status"], "DISCONNECTED");
  EXPECT_EQ(status()["state"], "UNKNOWN");
}

TEST_F(documents, every_feed_state_has_one_of_the_three_outer_words) {
  const std::pair<std::uint8_t, const char*> expected[] = {{TRAPLINE_FEED_STOPPED, "DISCONNECTED"},
                                                           {TRAPLINE_FEED_CONNECTING, "DISCONNECTED"},
                                                           {TRAPLINE_FEED_AUTHENTICATING, "AUTHENTICATING"},
                                                           {TRAPLINE_FEED_SUBSCRIBING, "CONNECTED"},
                                                           {TRAPLINE_FEED_LIVE, "CONNECTED"},
                                                           {TRAPLINE_FEED_STALE, "CONNECTED"},
                                                           {TRAPLINE_FEED_BACKOFF, "DISCONNECTED"},
                                                           {TRAPLINE_FEED_FAILED, "DISCONNECTED"}};
  for (const auto& [state, word] : expected) {
    known.apply(feed_status(state));
    EXPECT_EQ(status()["status"], word) << int{state};
  }
}

TEST_F(documents, the_worst_of_two_sockets_speaks_for_both) {
  known.apply(feed_status(TRAPLINE_FEED_LIVE, TRAPLINE_ENDPOINT_PUBLIC));
  known.apply(feed_status(TRAPLINE_FEED_BACKOFF, TRAPLINE_ENDPOINT_PRIVATE));
  const auto s = status();
  EXPECT_EQ(s["status"], "DISCONNECTED");
  EXPECT_EQ(s["state"], "BACKOFF");
  EXPECT_EQ(s["last_error"], "the socket was closed by the \"venue\"");
  EXPECT_EQ(s["feeds"].size(), 2u);
}

TEST_F(documents, a_feed_that_stopped_reporting_does_not_look_connected) {
  known.apply(feed_status(TRAPLINE_FEED_LIVE));
  EXPECT_EQ(status()["status"], "CONNECTED");
  EXPECT_EQ(status(vocabulary::plain, 16'000'000'000)["status"], "DISCONNECTED");
  EXPECT_EQ(status(vocabulary::plain, 16'000'000'000)["state"], "SILENT");
}

TEST_F(documents, seed_words_stand_beside_the_plain_ones_and_only_if_asked_for) {
  known.apply(feed_status(TRAPLINE_FEED_LIVE));
  const auto plain = status(), seed = status(vocabulary::seed);
  EXPECT_FALSE(plain.contains("consciousness_level") || plain.contains("sacred_frequency") ||
               plain.contains("consciousness_state"));
  EXPECT_EQ(seed["status"], "CONNECTED");
  EXPECT_EQ(seed["consciousness_level"], "CONNECTED");
  EXPECT_EQ(seed["consciousness_state"], "DIVINE_CONNECTED");
  EXPECT_EQ(seed["sacred_frequency"], 432);
  EXPECT_EQ(seed["schumann_resonance"], 7.83);
  EXPECT_EQ(seed["last_heartbeat"], 1723161256.0);
  known.apply(feed_status(TRAPLINE_FEED_BACKOFF));
  EXPECT_EQ(status(vocabulary::seed)["consciousness_state"], "CONSCIOUSNESS_REALIGNING");
  known.apply(
      feed_status(TRAPLINE_FEED_BACKOFF, TRAPLINE_ENDPOINT_PUBLIC, event::default_ts, TRAPLINE_FEED_CODE_AUTH_FAILED));
  EXPECT_EQ(status(vocabulary::seed)["consciousness_state"], "SACRED_ERROR");
}

// --- current_position

TEST_F(documents, before_the_first_complete_list_the_position_is_unknown_not_flat) {
  EXPECT_TRUE(current()["has_position"].is_null());
  EXPECT_EQ(current()["state"], "UNKNOWN");
  EXPECT_EQ(current({}, vocabulary::seed)["side"], "UNKNOWN");
  EXPECT_TRUE(current({}, vocabulary::seed)["size"].is_null());
  known.apply(position(sample_position(), TRAPLINE_FLAG_SNAPSHOT));  // the list is not complete yet
  EXPECT_TRUE(current()["has_position"].is_null());
}

TEST_F(documents, an_empty_complete_list_is_flat) {
  known.apply(no_positions());
  EXPECT_EQ(current()["has_position"], false);
  EXPECT_EQ(current({}, vocabulary::seed)["side"], "NEUTRAL");
  EXPECT_EQ(current({}, vocabulary::seed)["consciousness_state"], "ALIGNED");
}

TEST_F(documents, pnl_is_linear_and_percent_refers_to_the_margin) {
  known.apply(position(sample_position()));
  const auto text = position_document(context(), {});
  // (84020.3 - 84198.666) * 0.0124 * -1 = 2.2117384, exactly; 4.237 % of the margin of 52.2032.
  EXPECT_NE(text.find("\"pnl_usd\":2.2117384,"), std::string::npos) << text;
  const auto p = json::parse(text);
  EXPECT_NEAR(p["pnl_percent"].get<double>(), 4.2368, 0.0001);
  EXPECT_EQ(p["has_position"], true);
  EXPECT_EQ(p["position_side"], "short");
  EXPECT_EQ(p["direction"], "short");
  EXPECT_EQ(p["symbol"], "BTC/USDT:USDT");
  EXPECT_EQ(p["id"], "pos-1");
  EXPECT_EQ(p["leverage"], 20);
  EXPECT_EQ(p["stop_loss"], 0);
  EXPECT_EQ(p["take_profits"], json::array());
  EXPECT_EQ(p["trailing_activated"], false);
}

TEST_F(documents, a_long_gains_when_the_mark_rises) {
  auto p = sample_position();
  p.side = TRAPLINE_POSITION_LONG;
  known.apply(position(p));
  EXPECT_NE(position_document(context(), {}).find("\"pnl_usd\":-2.2117384,"), std::string::npos);
}

TEST_F(documents, a_newer_mark_of_the_ticker_is_used) {
  known.apply(position(sample_position()));
  trapline_ticker t{};
  t.present = TRAPLINE_TICKER_MARK;
  t.price_exp = -1;
  t.mark = 841'000;
  known.apply(event(TRAPLINE_EVENT_TICKER, topic_ticker, t));
  EXPECT_EQ(current()["current_price"], 84100.0);
  EXPECT_NEAR(current()["pnl_usd"].get<double>(), 1.2234584, 1e-9);
}

TEST_F(documents, fields_of_the_dashboard_survive_while_the_position_is_the_same) {
  known.apply(position(sample_position()));
  const auto merged =
      current(R"({"has_position":true,"position_side":"SHORT","symbol":"BTC/USDT:USDT","stop_loss":85000.5,
    "take_profits":[{"percentage":50,"price":83000}],"trailing_activated":true,"entry_price":1,"expected_leverage":10,"junk":7})");
  EXPECT_EQ(merged["stop_loss"], 85000.5);
  EXPECT_EQ(merged["take_profits"][0]["price"], 83000);
  EXPECT_EQ(merged["trailing_activated"], true);
  EXPECT_EQ(merged["leverage_mismatch"], true);
  EXPECT_NEAR(merged["stop_loss_distance"].get<double>(), 1.1666, 0.0001);
  EXPECT_EQ(merged["entry_price"], 84198.666) << "facts are ours";
  EXPECT_FALSE(merged.contains("junk"));
}

TEST_F(documents, a_stop_of_another_position_is_not_carried_over) {
  known.apply(position(sample_position()));
  for (const auto* other : {R"({"has_position":true,"position_side":"long","symbol":"BTC/USDT:USDT","stop_loss":5})",
                            R"({"has_position":true,"position_side":"short","symbol":"ETH/USDT:USDT","stop_loss":5})",
                            R"({"has_position":false,"position_side":"short","stop_loss":5})", "not json", "[1]", "5",
                            R"({"has_position":)"})
    EXPECT_EQ(current(other)["stop_loss"], 0) << other;
}

TEST_F(documents, lost_events_make_the_position_suspect_until_the_next_complete_list) {
  known.apply(position(sample_position()));
  EXPECT_EQ(current()["state"], "ALIGNED");
  known.apply(gap(TRAPLINE_GAP_PRIVATE, 3, topic_position));
  EXPECT_EQ(current()["state"], "RECONCILING");
  EXPECT_EQ(current()["has_position"], true) << "the last known state stays";
  known.apply(no_positions());
  EXPECT_EQ(current()["state"], "ALIGNED");
  EXPECT_EQ(current()["has_position"], false);
}

TEST_F(documents, changes_of_positions_are_named) {
  const auto changes = [&] {
    std::string names;
    for (const auto& c : known.take_position_changes()) names += std::string(c.what) + " ";
    return names;
  };
  auto p = sample_position();
  known.apply(position(p));
  EXPECT_EQ(changes(), "observed ");
  p.size = 200;
  known.apply(position(p));
  EXPECT_EQ(changes(), "increased ");
  p.size = 50;
  known.apply(position(p, 0));
  EXPECT_EQ(changes(), "reduced ");
  known.apply(position(p));
  EXPECT_EQ(changes(), "");
  known.apply(no_positions());
  EXPECT_EQ(changes(), "closed ");
  known.apply(position(p));
  EXPECT_EQ(changes(), "opened ");
}

TEST_F(documents, the_rest_of_a_list_that_the_bus_has_cut_is_not_a_list) {
  known.apply(position(sample_position(), TRAPLINE_FLAG_SNAPSHOT, 1));
  known.apply(position(sample_position(), complete, 2));
  known.take_position_changes();
  known.apply(gap(TRAPLINE_GAP_BUS, 1, topic_sys));  // took the first event of the same list
  known.apply(position(sample_position(), complete, 2));
  EXPECT_EQ(known.positions().items.size(), 2u);
  EXPECT_EQ(current()["state"], "RECONCILING");
  EXPECT_TRUE(known.take_position_changes().empty());
  known.apply(position(sample_position(), complete, 2));
  EXPECT_EQ(known.positions().items.size(), 1u);
  EXPECT_EQ(current()["state"], "ALIGNED");
}

TEST_F(documents, a_list_that_was_cut_in_the_middle_by_the_bus_is_not_a_list) {
  known.apply(position(sample_position(), TRAPLINE_FLAG_SNAPSHOT, 1));
  known.apply(gap(TRAPLINE_GAP_BUS, 1, topic_sys));
  known.apply(position(sample_position(), TRAPLINE_FLAG_SNAPSHOT, 2));
  known.apply(position(sample_position(), complete, 2));
  EXPECT_TRUE(current()["has_position"].is_null());
}

TEST_F(documents, coins_of_the_account_are_complete_only_as_a_whole_list) {
  known.apply(account("BTC", TRAPLINE_FLAG_SNAPSHOT));
  known.apply(account("USDT", complete));
  known.apply(gap(TRAPLINE_GAP_BUS, 1, topic_sys));
  known.apply(account("USDT", complete));
  const auto b = json::parse(balance_document(context()));
  EXPECT_TRUE(b.contains("BTC"));
  EXPECT_EQ(b["state"], "RECONCILING");
}

TEST_F(documents, a_loss_that_the_feed_announces_does_not_cost_the_next_list) {
  known.apply(position(sample_position()));
  known.apply(gap(TRAPLINE_GAP_PRIVATE, 1, topic_position));
  known.apply(no_positions());
  EXPECT_EQ(current()["has_position"], false);
}

TEST_F(documents, flat_is_not_certain_after_a_loss) {
  known.apply(no_positions());
  known.apply(gap(TRAPLINE_GAP_PRIVATE, 1, topic_position));
  const auto p = current({}, vocabulary::seed);
  EXPECT_TRUE(p["has_position"].is_null());
  EXPECT_EQ(p["state"], "RECONCILING");
  EXPECT_EQ(p["side"], "UNKNOWN");
  EXPECT_TRUE(p["size"].is_null());
}

TEST_F(documents, fields_of_the_dashboard_survive_a_restart_of_the_bridge) {
  const auto unknown = current(
      R"({"has_position":true,"position_side":"short","symbol":"BTC/USDT:USDT","stop_loss":85000.5,"entry_price":1})");
  EXPECT_TRUE(unknown["has_position"].is_null());
  EXPECT_EQ(unknown["stop_loss"], 85000.5);
  EXPECT_FALSE(unknown.contains("entry_price"));
  const auto again = current(unknown.dump());  // the next period
  known.apply(position(sample_position()));
  EXPECT_EQ(current(again.dump())["stop_loss"], 85000.5);
  known.apply(no_positions());
  EXPECT_FALSE(current(again.dump()).contains("stop_loss")) << "it was closed meanwhile";
}

TEST_F(documents, nothing_is_taken_from_an_enormous_or_deeply_nested_edit) {
  known.apply(position(sample_position()));
  const auto edit = [](const std::string& value) {
    return R"({"has_position":true,"position_side":"short","symbol":"BTC/USDT:USDT","stop_loss":5,"take_profits":)" +
           value + "}";
  };
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_EQ(current(edit(nested(7)))["stop_loss"], 5);
  EXPECT_EQ(current(edit(nested(9)))["stop_loss"], 0);
  EXPECT_EQ(current(edit(nested(30'000)))["stop_loss"], 0);
  EXPECT_EQ(current(edit(nested(500'000)))["stop_loss"], 0);
  EXPECT_EQ(current(edit('"' + std::string(60u << 10, 'x') + '"'))["stop_loss"], 5);
  EXPECT_EQ(current(edit('"' + std::string(64u << 10, 'x') + '"'))["stop_loss"], 0);
}

TEST_F(documents, the_newer_one_of_two_marks_is_used) {
  trapline_ticker t{};
  t.present = TRAPLINE_TICKER_MARK;
  t.price_exp = -1;
  t.mark = 841'000;
  known.apply(event(TRAPLINE_EVENT_TICKER, topic_ticker, t, 0, event::default_ts - 5'000'000'000));
  known.apply(position(sample_position()));
  EXPECT_EQ(current()["current_price"], 84020.3);
  EXPECT_EQ(current()["price_timestamp"], "2024-08-08T23:54:16.005+00:00");
}

TEST_F(documents, an_old_price_is_not_a_present_one) {
  known.apply(position(sample_position()));
  known.apply(order("o1"));
  known.apply(trade(1));
  env.fixed_now = event::default_ts + 16'000'000'000;
  const auto p = current(R"({"has_position":true,"position_side":"short","stop_loss":85000})");
  for (const auto* key : {"current_price", "price_timestamp", "pnl_usd", "pnl_percent", "stop_loss_distance"})
    EXPECT_TRUE(p.at(key).is_null()) << key;
  EXPECT_TRUE(targets()["next_target"]["distance"].is_null());
  EXPECT_TRUE(json::parse(positions_document(context()))[0]["markPrice"].is_null());
}

TEST_F(documents, after_an_orderly_stop_no_document_looks_present) {
  known.apply(position(sample_position()));
  known.apply(matrix(0.4));
  known.apply(trade(1));
  auto c = context(vocabulary::seed);
  c.stopped = true;
  for (const auto& text : {status_document(c, {}), position_document(c, {}), targets_document(c), orders_document(c),
                           balance_document(c), trap_document(c, *known.matrix()),
                           trap_probability_document(c, *known.matrix()), btc_price_document(c, *known.quote(1))})
    EXPECT_EQ(json::parse(text)["stopped"], true) << text;
  EXPECT_EQ(json::parse(position_document(c, {}))["state"], "STOPPED");
  EXPECT_FALSE(current().contains("stopped"));
}

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

// --- traps

TEST_F(documents, trap_keys_have_the_fields_that_readers_look_for) {
  known.apply(matrix(0.40));
  known.apply(matrix(0.81));
  const auto seeds = json::parse(trap_document(context(vocabulary::seed), *known.matrix()));
  EXPECT_EQ(seeds["probability"], 0.81);
  EXPECT_EQ(seeds["intensity"], 0.44);
  EXPECT_EQ(seeds["pattern_type"], "stop_hunt");
  EXPECT_EQ(seeds["consciousness_level"], "ELEVATED");
  const auto text = trap_probability_document(context(), *known.matrix());
  EXPECT_NE(text.find("\"probability\":0.81,"), std::string::npos) << "a shell script greps the compact form";
  const auto p = json::parse(text);
  EXPECT_EQ(p["trap_type"], "stop_hunt");
  EXPECT_EQ(p["type"], "stop_hunt");
  EXPECT_EQ(p["confidence"], 0.9);
  EXPECT_EQ(p["trend"], "rapidly_increasing");
  EXPECT_NEAR(p["change"].get<double>(), 0.41, 1e-12);
  EXPECT_EQ(p["components"]["stop_hunt_down"], 0.81) << "flat numbers";
  EXPECT_EQ(p["component_details"]["stop_hunt_down"]["value"], 0.81);
  EXPECT_EQ(p["bull_trap_probability"], 0.05);
  EXPECT_EQ(p["bear_trap_probability"], 0.0);
}

TEST_F(documents, without_a_leading_pattern_the_type_is_null) {
  known.apply(matrix(0.1, TRAPLINE_PATTERN_UNKNOWN));
  EXPECT_TRUE(json::parse(trap_probability_document(context(), *known.matrix()))["type"].is_null());
  EXPECT_EQ(json::parse(trap_document(context(), *known.matrix()))["pattern_type"], "UNKNOWN");
}

TEST_F(documents, a_signal_has_exactly_the_published_format) {
  auto e = signal();
  EXPECT_EQ(
      signal_document(e, *sdk::payload<trapline_signal>(e), "BTCUSDT"),
      R"({"type":"signal","ts":1723161256000000000,"symbol":"BTCUSDT","detector":"trap_detector","id":"stop_hunt_low:BTCUSDT:7",)"
      R"("pattern":"stop_hunt","direction":"down","stage":"confirmed","probability":0.81,"confidence":0.9,"intensity":0.44,)"
      R"("severity":"elevated","level":"58500.0","onset_ts":1723161255999999999,"evidence":{"overshoot_sigma":1.9,"burst_z":7.2},)"
      R"("contributions":{"overshoot_sigma":0.4,"burst_z":0.9},)"
      R"("observability":"full"})");
}

TEST_F(documents, every_word_of_the_seeds_table_is_taken_from_the_table) {
  EXPECT_EQ(seed_word(feed_state_words, "ok"), "DIVINE_CONNECTED");
  EXPECT_EQ(seed_word(severity_words, "critical"), "CRITICAL");
  EXPECT_EQ(seed_word(side_words, "none"), "NEUTRAL");
  EXPECT_EQ(seed_word(side_words, "something else"), "something else");
}

}  // namespace
}  // namespace trapline::redis_bridge
