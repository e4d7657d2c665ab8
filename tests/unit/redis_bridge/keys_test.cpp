// State keys in a real Redis.
#include "proxy.hpp"
#include "rig.hpp"

namespace trapline::redis_bridge {
namespace {

using namespace test;

class state_keys : public rig {
 protected:
  bool appears(const std::string& key) {
    return until([&] { return server->ask({"EXISTS", key}) == "1"; });
  }
};

TEST_F(state_keys, status_keys_are_there_with_a_time_to_live_of_three_periods) {
  config.position_period = 5 * second;
  connect();
  core->on_event(feed_status(TRAPLINE_FEED_LIVE));
  ASSERT_TRUE(until([&] { return json("ws_status")["status"] == "CONNECTED"; }));
  EXPECT_EQ(server->ask({"GET", "ws_last_update"}), "1723161256.000");
  const auto ttl = std::stoi(server->ask({"PTTL", "ws_status"}));
  EXPECT_GT(ttl, 10'000);
  EXPECT_LE(ttl, 15'000);
}

TEST_F(state_keys, keys_vanish_by_themselves_when_the_writer_is_dead) {
  connect();
  ASSERT_TRUE(appears("ws_status"));
  core.reset();  // no drain: as in a crash
  EXPECT_TRUE(until([&] { return server->ask({"EXISTS", "ws_status", "ws_last_update", "current_position"}) == "0"; }));
}

TEST_F(state_keys, the_deletions_of_the_seeds_restart_protocol_are_harmless) {
  connect();
  core->on_event(feed_status(TRAPLINE_FEED_LIVE));
  core->on_event(position(sample_position()));
  for (const auto* key : {"current_position", "position_targets", "position_history", "ws_status", "ws_last_update"})
    ASSERT_TRUE(appears(key)) << key;
  server->ask({"DEL", "current_position", "position_targets", "position_history"});
  server->ask({"DEL", "ws_status", "ws_last_update"});
  for (const auto* key : {"current_position", "position_targets", "position_history", "ws_status", "ws_last_update"})
    EXPECT_TRUE(appears(key)) << key;
  EXPECT_TRUE(until([&] { return json("current_position")["entry_price"] == 84198.666; }));
  EXPECT_EQ(errors, 0u);
}

TEST_F(state_keys, what_a_dashboard_writes_back_survives) {
  connect();
  core->on_event(position(sample_position()));
  ASSERT_TRUE(until([&] { return json("current_position")["has_position"] == true; }));
  auto edited = json("current_position");
  edited["stop_loss"] = 85000.5;
  edited["trailing_activated"] = true;
  server->ask({"SET", "current_position", edited.dump()});
  auto p = sample_position();
  p.size = 200;
  core->on_event(position(p));
  ASSERT_TRUE(until([&] { return json("current_position")["position_size"] == 0.02; }));
  EXPECT_EQ(json("current_position")["stop_loss"], 85000.5);
  EXPECT_EQ(json("current_position")["trailing_activated"], true);
}

TEST_F(state_keys, a_write_between_reading_and_writing_is_not_overwritten) {
  config.position_period = 1 * millisecond;  // reads and writes all the time
  config.expiry_factor = 10'000;
  connect();
  core->on_event(position(sample_position()));
  ASSERT_TRUE(until([&] { return json("current_position")["has_position"] == true; }));
  for (int n = 1; n <= 100; ++n) {
    // By a script, so that reading and writing of the dashboard is one step.
    server->ask(
        {"EVAL",
         "local p = cjson.decode(redis.call('GET', KEYS[1])); p.stop_loss = tonumber(ARGV[1]); p.take_profits = nil;"
         "return redis.call('SET', KEYS[1], cjson.encode(p))",
         "1", "current_position", std::to_string(n)});
    for (int i = 0; i < 3; ++i) loop.poll(1 * millisecond);
    ASSERT_EQ(json("current_position")["stop_loss"], n);
  }
}

TEST_F(state_keys, after_a_write_in_between_it_tries_again_at_once) {
  config.position_period = 1'000 * second;
  proxy between(server->folder() + "/proxy.sock", server->socket_path());
  config.endpoint.unix_path = between.path();
  connect();
  core->on_event(position(sample_position()));
  ASSERT_TRUE(until([&] { return json("current_position")["has_position"] == true; }));
  ASSERT_TRUE(settled());
  auto edited = json("current_position");
  edited["stop_loss"] = 77;
  between.hold_answers = true;  // the bridge has read, and does not know it yet
  auto p = sample_position();
  p.size = 200;
  core->on_event(position(p));
  ASSERT_TRUE(until([&] { return between.held_answers > 0; }));
  server->ask({"SET", "current_position", edited.dump()});
  between.hold_answers = false;
  ASSERT_TRUE(until([&] { return json("current_position")["position_size"] == 0.02; }));
  EXPECT_EQ(json("current_position")["stop_loss"], 77);
}

TEST_F(state_keys, a_key_of_the_wrong_type_is_left_alone_counted_and_logged_once) {
  server->ask({"LPUSH", "current_position", "not ours"});
  connect();
  ASSERT_TRUE(until([&] { return errors >= 3; })) << "tried again at each period";
  EXPECT_EQ(server->ask({"TYPE", "current_position"}), "list");
  EXPECT_EQ(env.logged("WRONGTYPE"), 1);
  ASSERT_TRUE(until([&] { return json("ws_status")["redis_error"].is_string(); }));
  EXPECT_NE(json("ws_status")["redis_error"].get<std::string>().find("WRONGTYPE"), std::string::npos);
  EXPECT_EQ(env.health_state, std::uint32_t{TRAPLINE_HEALTH_DEGRADED});
  server->ask({"DEL", "current_position"});
  EXPECT_TRUE(until([&] { return server->ask({"TYPE", "current_position"}) == "string"; })) << "and it recovers";
  EXPECT_TRUE(until([&] { return env.health_state == TRAPLINE_HEALTH_OK; }));
}

TEST_F(state_keys, trap_keys_and_their_history_follow_the_matrix) {
  env.fixed_now = event::default_ts;
  connect();
  core->on_event(matrix(0.4));
  core->on_event(matrix(0.81));
  ASSERT_TRUE(until([&] { return json("mm_trap_probability")["probability"] == 0.81; }));
  ASSERT_TRUE(until([&] { return json("current_trap_probability")["type"] == "stop_hunt"; }));
  ASSERT_TRUE(settled());
  const auto history = server->list("trap_probability_history");
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(nlohmann::json::parse(history.back())["probability"], 0.4) << "newest first";
}

TEST_F(state_keys, the_trap_history_holds_each_report_once) {
  env.fixed_now = event::default_ts;
  connect();
  core->on_event(matrix(0.4));
  ASSERT_TRUE(appears("mm_trap_probability"));
  for (int period = 0; period < 3; ++period) {  // the key is refreshed
    server->ask({"DEL", "mm_trap_probability"});
    ASSERT_TRUE(appears("mm_trap_probability"));
  }
  ASSERT_TRUE(settled());
  EXPECT_EQ(server->list("trap_probability_history").size(), 1u);
}

TEST_F(state_keys, the_array_of_positions_goes_away_while_it_may_be_wrong) {
  connect();
  core->on_event(position(sample_position()));
  ASSERT_TRUE(appears("current_positions"));
  core->on_event(gap(TRAPLINE_GAP_PRIVATE, 1, topic_position));
  EXPECT_TRUE(until([&] { return server->ask({"EXISTS", "current_positions"}) == "0"; }));
  EXPECT_EQ(json("current_position")["state"], "RECONCILING");
  core->on_event(position(sample_position()));
  EXPECT_TRUE(appears("current_positions"));
}

TEST_F(state_keys, a_withdrawn_value_is_not_sent_again_after_a_reconnect) {
  connect();
  core->on_event(position(sample_position()));
  ASSERT_TRUE(appears("current_positions"));
  core->on_event(gap(TRAPLINE_GAP_PRIVATE, 1, topic_position));
  ASSERT_TRUE(until([&] { return json("current_position")["state"] == "RECONCILING"; }));
  server->ask({"DEL", "current_positions", "ws_status"});
  server->ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  ASSERT_TRUE(until([&] { return reconnects > 0 && core->connected(); }));
  ASSERT_TRUE(appears("ws_status"));
  EXPECT_EQ(server->ask({"EXISTS", "current_positions"}), "0");
}

TEST_F(state_keys, trap_keys_of_a_silent_detector_expire) {
  env.fixed_now = event::default_ts;
  connect();
  core->on_event(matrix(0.81));
  ASSERT_TRUE(appears("mm_trap_probability"));
  env.fixed_now = event::default_ts + 10 * second;
  EXPECT_TRUE(until([&] { return server->ask({"EXISTS", "mm_trap_probability", "current_trap_probability"}) == "0"; }));
}

TEST_F(state_keys, position_history_is_capped_newest_first) {
  config.position_history = 3;
  connect();
  auto p = sample_position();
  for (int n = 1; n <= 6; ++n) {
    p.size = 100 * n;
    core->on_event(position(p));
  }
  ASSERT_TRUE(settled());
  ASSERT_TRUE(until([&] { return server->list("position_history").size() == 3; }));
  const auto newest = nlohmann::json::parse(server->list("position_history").front());
  EXPECT_EQ(newest["position_size"], 0.06);
  EXPECT_EQ(newest["change"], "increased");
}

TEST_F(state_keys, price_keys_follow_the_trades) {
  connect();
  core->on_event(trade(1));
  ASSERT_TRUE(until([&] { return server->ask({"GET", "last_btc_price"}) == "58700.1"; }));
  core->on_event(trade(2));
  ASSERT_TRUE(until([&] { return server->ask({"GET", "last_btc_price"}) == "58700.2"; }));
  EXPECT_EQ(server->ask({"GET", "prev_btc_price"}), "58700.1");
  EXPECT_EQ(server->ask({"GET", "last_btc_update_time"}), "1723161256.000");
  EXPECT_EQ(json("btc_price")["price"], 58700.2);
}

TEST_F(state_keys, seed_vocabulary_reaches_the_keys) {
  config.words = vocabulary::seed;
  connect();
  core->on_event(feed_status(TRAPLINE_FEED_LIVE));
  core->on_event(no_positions());
  ASSERT_TRUE(until([&] { return json("ws_status")["consciousness_state"] == "DIVINE_CONNECTED"; }));
  EXPECT_EQ(json("ws_status")["sacred_frequency"], 432);
  ASSERT_TRUE(until([&] { return json("current_position")["side"] == "NEUTRAL"; }));
}

TEST_F(state_keys, monitor_shows_the_word_websocket_on_a_status_change) {
  connect();
  EXPECT_NE(server->ask({"CLIENT", "LIST"}).find("name=mm_websocket"), std::string::npos);
  server->ask({"CONFIG", "SET", "slowlog-log-slower-than", "0"});
  core->on_event(feed_status(TRAPLINE_FEED_LIVE));
  EXPECT_TRUE(until([&] {
    return server->ask({"SLOWLOG", "GET", "50"}).find("PUBLISH,mm_websocket:events") != std::string::npos;
  }));
}

TEST_F(state_keys, drain_ends_with_a_disconnected_status) {
  connect();
  core->on_event(feed_status(TRAPLINE_FEED_LIVE));
  trades(1, 5000);
  ASSERT_TRUE(until([&] { return core->drain(); }));
  EXPECT_EQ(json("ws_status")["status"], "DISCONNECTED");
  EXPECT_EQ(json("ws_status")["state"], "STOPPED");
  EXPECT_EQ(read_trades(server->stream(trades_key)).trade_ids, range(1, 5000));
}

TEST_F(state_keys, after_an_orderly_stop_the_documents_stay_and_say_that_they_are_old) {
  env.fixed_now = event::default_ts;
  connect();
  core->on_event(feed_status(TRAPLINE_FEED_LIVE));
  core->on_event(position(sample_position()));
  core->on_event(account("USDT", complete));
  core->on_event(order("o1"));
  core->on_event(matrix(0.81));
  core->on_event(trade(1));
  ASSERT_TRUE(until([&] { return core->drain(); }));
  core.reset();
  for (const auto* key : {"ws_status", "current_position", "position_targets", "current_orders", "current_balance",
                          "mm_trap_probability", "current_trap_probability", "btc_price"}) {
    EXPECT_EQ(json(key)["stopped"], true) << key;
    EXPECT_GT(std::stoll(server->ask({"PTTL", key})), 23 * 3'600'000) << key;
  }
  EXPECT_EQ(json("mm_trap_probability")["probability"], 0.81);
  EXPECT_EQ(json("ws_status")["expires_at"], 1723161256.0 + 24 * 3600);
  EXPECT_EQ(json("current_position")["entry_price"], 84198.666);
  EXPECT_TRUE(until([&] {
    return server->ask({"EXISTS", "current_positions", "last_btc_price"}) == "0";
  })) << "these cannot say it";
}

TEST_F(state_keys, a_stop_loss_of_the_dashboard_survives_a_stop_and_a_start) {
  connect();
  core->on_event(position(sample_position()));
  ASSERT_TRUE(until([&] { return json("current_position")["has_position"] == true; }));
  auto edited = json("current_position");
  edited["stop_loss"] = 85000.5;
  server->ask({"SET", "current_position", edited.dump()});
  ASSERT_TRUE(until([&] { return core->drain(); }));
  core.reset();
  connect();
  ASSERT_TRUE(until([&] { return json("current_position")["state"] == "UNKNOWN"; }));
  core->on_event(position(sample_position()));
  ASSERT_TRUE(until([&] { return json("current_position")["state"] == "ALIGNED"; }));
  EXPECT_EQ(json("current_position")["stop_loss"], 85000.5);
}

TEST_F(state_keys, drain_without_redis_ends_at_once_and_says_what_is_lost) {
  connect();
  server->kill();
  ASSERT_TRUE(until([&] { return !core->connected(); }));
  trades(1, 10);
  EXPECT_TRUE(core->drain());
  EXPECT_EQ(env.logged("10 stream entries are lost"), 1);
}

TEST_F(state_keys, what_a_hanging_redis_has_not_confirmed_at_the_end_is_counted_by_family) {
  connect();
  core->on_event(fill("f1"));
  ASSERT_TRUE(settled());
  core->stop();
  EXPECT_EQ(env.logged("lost at the end"), 0) << "all was confirmed";
  server->pause();
  core->on_event(fill("f2"));
  for (int n = 1; n <= 3; ++n) core->on_event(trade(n));
  core->stop();
  server->resume();
  EXPECT_EQ(env.logged("confirmed it: trades 3, fills 1, fill_history 1"), 1);
  EXPECT_EQ(dropped_of(family::fills), 1u);
  EXPECT_EQ(dropped_of(family::trades), 3u);
  EXPECT_EQ(spool_commands, 0);
  core->stop();
  EXPECT_EQ(env.logged("lost at the end"), 1) << "once";
}

TEST_F(state_keys, drain_gives_a_hanging_redis_its_limit_and_no_more) {
  config.drain_limit = 100 * millisecond;
  connect();
  ASSERT_TRUE(settled());
  server->pause();
  trades(1, 10);
  EXPECT_FALSE(core->drain());
  EXPECT_TRUE(until([&] { return core->drain(); }));
  EXPECT_EQ(env.logged("10 stream entries are lost"), 1);
  server->resume();
}

}  // namespace
}  // namespace trapline::redis_bridge
