#include "documents_fixture.hpp"
#include "json_writer.hpp"
#include "trapline/sdk/event.hpp"

namespace trapline::redis_bridge {
namespace {

using namespace test;

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
