// `profile: omega`: each key as the programs of that ecosystem read it, in a real Redis.
//
// The readers below do what those programs do (json.loads, float(), HGETALL, ZRANGE ...), no more.
#include <charconv>
#include <cmath>

#include "proxy.hpp"
#include "rig.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

using namespace test;
using json_value = nlohmann::json;

// Python's float(): the whole text is a number.
double python_float(const std::string& text) {
  std::size_t used = 0;
  const double v = std::stod(text, &used);
  if (used != text.size()) throw std::runtime_error("not a float: " + text);
  return v;
}

event ticker() {
  trapline_ticker t{};
  t.present = TRAPLINE_TICKER_LAST | TRAPLINE_TICKER_HIGH_24H | TRAPLINE_TICKER_LOW_24H | TRAPLINE_TICKER_VOLUME_24H;
  t.price_exp = -1;
  t.last = 586'000;
  t.high_24h = 600'000;
  t.low_24h = 570'000;
  t.size_exp = -2;
  t.volume_24h = 1'234'567;
  return {TRAPLINE_EVENT_TICKER, topic_ticker, t};
}

event book() {
  trapline_book b{};
  b.price_exp = -1;
  b.size_exp = -3;
  b.bid_count = 2;
  b.ask_count = 1;
  const trapline_level levels[3] = {{586'000, 1'500}, {585'990, 120'000}, {586'010, 700}};
  return {TRAPLINE_EVENT_BOOK_SNAPSHOT,
          topic_book,
          b,
          TRAPLINE_FLAG_LAST_IN_BATCH,
          event::default_ts,
          1,
          levels,
          sizeof levels};
}

event alarm(std::string_view id, std::uint8_t stage = TRAPLINE_STAGE_DETECTED, std::int64_t ts = event::default_ts,
            std::uint32_t instrument = 1) {
  auto e = test::signal();
  auto& s = *reinterpret_cast<trapline_signal*>(&e.head() + 1);
  sdk::assign(s.id, id);
  s.stage = stage;
  e.head().ts_event = ts;
  e.head().instrument = instrument;
  return e;
}

class omega_keys : public rig {
 protected:
  void SetUp() override {
    rig::SetUp();
    config.profile = settings::key_set::omega;
    env.fixed_now = event::default_ts + second;
  }
  std::string get(const std::string& key) { return server->ask({"GET", key}); }
  bool appears(const std::string& key) {
    return until([&] { return server->ask({"EXISTS", key}) == "1"; });
  }
  json_value elements(const std::string& key) {
    json_value out = json_value::array();
    for (const auto& text : server->list(key)) out.push_back(json_value::parse(text));
    return out;
  }
};

TEST_F(omega_keys, the_price_history_is_price_and_volume_newest_first) {
  connect();
  core->on_event(trade(1));
  core->on_event(trade(2));
  ASSERT_TRUE(until([&] { return server->list("btc_movement_history").size() == 1; }));
  core->on_event(trade(3));
  ASSERT_TRUE(until([&] { return server->list("btc_movement_history").size() == 2; }));
  std::vector<std::pair<double, double>> read;  // as OmegaAlgo reads: price, volume = element.split(",")
  for (const auto& text : server->list("btc_movement_history")) {
    const auto comma = text.find(',');
    ASSERT_NE(comma, std::string::npos) << text;
    read.emplace_back(python_float(text.substr(0, comma)), python_float(text.substr(comma + 1)));
  }
  EXPECT_EQ(read[0], std::pair(58700.3, 0.014));
  EXPECT_EQ(read[1], std::pair(58700.2, 0.028)) << "what was traded since the element before";
}

TEST_F(omega_keys, the_price_history_is_capped) {
  connect();
  for (int i = 0; i < 999; ++i) server->ask({"LPUSH", "btc_movement_history", "1,1"});
  for (std::size_t n = 1; n <= 3; ++n) {
    core->on_event(trade(static_cast<int>(n)));
    const auto newest = sdk::cat("58700.", n, ",0.014");
    ASSERT_TRUE(until([&] { return server->ask({"LINDEX", "btc_movement_history", "0"}) == newest; }));
  }
  EXPECT_TRUE(until([&] { return server->ask({"LLEN", "btc_movement_history"}) == "1000"; }));
}

TEST_F(omega_keys, a_cut_neither_loses_nor_doubles_an_element_of_the_price_history) {
  connect();
  for (int n = 1; n <= 40; ++n) {
    const auto before = server->ask({"LLEN", "btc_movement_history"});
    core->on_event(trade(n));
    if (n % 3 == 0) server->ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    ASSERT_TRUE(until([&] {
      return server->ask({"LLEN", "btc_movement_history"}) == std::to_string(n);
    })) << server->ask({"LLEN", "btc_movement_history"})
        << " of " << n;
  }
  const auto read = server->list("btc_movement_history");
  for (int n = 1; n <= 40; ++n)
    EXPECT_EQ(read[static_cast<std::size_t>(40 - n)], sdk::cat(sdk::format(587'000 + n, -1), ",0.014"));
}

// EXEC ends every WATCH of its connection, and the windows are written anew by one.
TEST_F(omega_keys, an_edit_of_the_position_survives_the_windows_that_are_written_anew_after_a_cut) {
  config.reply_timeout = 500 * millisecond;
  proxy between(server->folder() + "/proxy.sock", server->socket_path());
  config.endpoint.unix_path = between.path();
  config.position_period = config.orders_period = config.account_period = config.trap_period = 10 * second;
  env.fixed_now = event::default_ts + second;
  connect();
  core->on_event(position(sample_position()));
  ASSERT_TRUE(until([&] { return json("current_position")["has_position"] == true; }));
  between.hold_answers = true;  // an element of the window is under way when the connection breaks
  core->on_event(trade(1));
  ASSERT_TRUE(until([&] { return server->ask({"LLEN", "btc_movement_history"}) == "1"; }));
  const auto gets = [&] {  // as the server counts
    const auto all = server->ask({"INFO", "commandstats"});
    const auto at = all.find("cmdstat_get:calls=");
    return at == std::string::npos ? 0 : std::stoi(all.substr(at + 18));
  };
  const auto before = gets();
  ASSERT_TRUE(until([&] { return !core->connected(); }));
  env.heard = [&](std::string_view line) {
    if (line.starts_with("connected to Redis")) between.hold_answers = true;
  };
  between.hold_answers = false;
  ASSERT_TRUE(until([&] { return gets() > before; })) << "it reads the position before it writes it";
  ASSERT_EQ(server->ask({"EVAL",
                         "local d = cjson.decode(redis.call('GET', KEYS[1])) d.stop_loss = 91234 "
                         "redis.call('SET', KEYS[1], cjson.encode(d)) return 'done'",
                         "1", "current_position"}),
            "done");
  env.heard = {};
  between.hold_answers = false;
  auto later = position(sample_position());
  later.head().ts_recv += second;
  const auto written = iso_time(later.head().ts_recv);
  core->on_event(later);
  ASSERT_TRUE(until([&] { return json("current_position")["timestamp"] == written; }));
  EXPECT_EQ(json("current_position")["stop_loss"], 91234);
  EXPECT_TRUE(until([&] { return server->ask({"LLEN", "btc_movement_history"}) == "1"; })) << "neither is starved";
}

TEST_F(omega_keys, an_alarm_stands_in_the_queue_as_the_consumer_takes_it) {
  connect();
  core->on_event(trade(1));
  core->on_event(alarm("a", TRAPLINE_STAGE_FORMING));
  core->on_event(alarm("a"));
  core->on_event(alarm("a", TRAPLINE_STAGE_CONFIRMED, event::default_ts + second));
  core->on_event(alarm("b", TRAPLINE_STAGE_CONFIRMED, event::default_ts + 2 * second));
  ASSERT_TRUE(until([&] { return server->ask({"ZCARD", "mm_trap_queue:zset"}) == "2"; })) << "one an episode";
  const auto raw = server->ask({"ZRANGE", "mm_trap_queue:zset", "0", "0"});
  const auto member = raw.substr(1, raw.size() - 2);
  const auto trap = json_value::parse(member);
  EXPECT_EQ(trap["type"], "stop_hunt");
  EXPECT_EQ(trap["confidence"].get<double>(), 0.9);
  EXPECT_EQ(trap["price"].get<double>(), 58700.1);
  EXPECT_NEAR(trap["price_change"].get<double>(), 58700.1 / 58500.0 - 1, 1e-9);
  EXPECT_EQ(server->ask({"ZSCORE", "mm_trap_queue:zset", member}), "1723161256");
  EXPECT_EQ(server->ask({"ZREM", "mm_trap_queue:zset", member}), "1") << "as the consumer removes it";
}

TEST_F(omega_keys, what_the_consumer_removed_does_not_come_back) {
  connect();
  core->on_event(alarm("a"));
  ASSERT_TRUE(appears("mm_trap_queue:zset"));
  ASSERT_TRUE(settled());
  server->ask({"DEL", "mm_trap_queue:zset"});
  server->ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  ASSERT_TRUE(until([&] { return reconnects == 1 && core->connected(); }));
  server->ask({"DEL", "ws_status"});
  ASSERT_TRUE(appears("ws_status")) << "the bridge is at work again";
  EXPECT_EQ(server->ask({"EXISTS", "mm_trap_queue:zset"}), "0");
}

TEST_F(omega_keys, an_alarm_that_was_taken_does_not_come_back_when_its_answer_was_lost) {
  config.reply_timeout = 300 * millisecond;
  proxy between(server->folder() + "/proxy.sock", server->socket_path());
  config.endpoint.unix_path = between.path();
  connect();
  between.hold_answers = true;
  core->on_event(alarm("ep1"));
  ASSERT_TRUE(until([&] { return server->ask({"ZCARD", "mm_trap_queue:zset"}) == "1"; }));
  server->ask({"ZREMRANGEBYRANK", "mm_trap_queue:zset", "0", "0"});  // a consumer has taken it
  ASSERT_TRUE(until([&] { return !core->connected(); }));
  between.hold_answers = false;
  core->on_event(alarm("ep2"));
  ASSERT_TRUE(until([&] { return server->ask({"EXISTS", "mm_trap_queue:zset"}) == "1"; }));
  const auto queue = server->ask({"ZRANGE", "mm_trap_queue:zset", "0", "-1"});
  EXPECT_EQ(queue.find("ep1"), std::string::npos) << queue;
  EXPECT_NE(queue.find("ep2"), std::string::npos) << queue;
}

TEST_F(omega_keys, the_queue_keeps_its_newest_fifty_thousand) {
  server->ask({"EVAL", "for i = 1, 50010 do redis.call('ZADD', KEYS[1], i, i) end", "1", "mm_trap_queue:zset"});
  connect();
  core->on_event(alarm("a"));
  EXPECT_TRUE(until([&] { return server->ask({"ZCARD", "mm_trap_queue:zset"}) == "50000"; }));
  EXPECT_EQ(server->ask({"ZRANGE", "mm_trap_queue:zset", "0", "0"}), "[12]") << "the oldest went";
}

TEST_F(omega_keys, each_alarm_has_a_hash_of_its_own_that_goes_after_a_day) {
  connect();
  core->on_event(trade(1));
  core->on_event(alarm("a"));
  core->on_event(alarm("b"));  // in the same second
  ASSERT_TRUE(appears("mm_trap:1723161256"));
  ASSERT_TRUE(appears("mm_trap:1723161257"));
  const auto field = [&](const char* name) { return server->ask({"HGET", "mm_trap:1723161256", name}); };
  EXPECT_EQ(field("type"), "stop_hunt");
  EXPECT_EQ(python_float(field("confidence")), 0.9);
  EXPECT_EQ(python_float(field("price")), 58700.1);
  EXPECT_NEAR(python_float(field("change")), 0.00342, 1e-5) << "a fraction: the reader prints it with :.2%";
  EXPECT_EQ(field("timestamp"), "2024-08-08 23:54:16");
  EXPECT_EQ(server->ask({"HLEN", "mm_trap:1723161256"}), "5");
  const auto ttl = std::stoi(server->ask({"TTL", "mm_trap:1723161256"}));
  EXPECT_GT(ttl, 86'000);
  EXPECT_LE(ttl, 86'400);
}

TEST_F(omega_keys, recent_traps_are_a_list_of_fifty_for_the_majority_vote) {
  connect();
  for (int n = 1; n <= 55; ++n) core->on_event(alarm(sdk::cat("e", n), TRAPLINE_STAGE_DETECTED));
  ASSERT_TRUE(until([&] {
    const auto first = server->ask({"LINDEX", "recent_mm_traps", "0"});
    return first.find("\"e55\"") != std::string::npos && server->ask({"LLEN", "recent_mm_traps"}) == "50";
  }));
  for (const auto& trap : elements("recent_mm_traps")) {
    EXPECT_EQ(trap["type"], "stop_hunt");
    EXPECT_TRUE(trap["confidence"].is_number());
    EXPECT_TRUE(trap["price_change"].is_number());
    EXPECT_TRUE(trap["timeframe"].is_string());
    EXPECT_TRUE(trap["timestamp"].is_string());
    EXPECT_TRUE(trap["id"].is_string());
  }
}

TEST_F(omega_keys, the_latest_trap_bears_a_time_that_can_be_subtracted_from_now) {
  connect();
  core->on_event(alarm("a"));
  ASSERT_TRUE(appears("latest_mm_trap"));
  EXPECT_EQ(1723161257.0 - json("latest_mm_trap")["timestamp"].get<double>(), 1.0);
  EXPECT_EQ(json("latest_mm_trap")["type"], "stop_hunt");
}

TEST_F(omega_keys, alarms_of_other_symbols_do_not_reach_readers_that_know_no_symbol) {
  connect();
  core->on_event(alarm("eth", TRAPLINE_STAGE_DETECTED, event::default_ts, 2));
  core->on_event(alarm("btc"));
  ASSERT_TRUE(appears("latest_mm_trap"));
  ASSERT_TRUE(settled());
  EXPECT_EQ(server->ask({"ZCARD", "mm_trap_queue:zset"}), "1");
  EXPECT_EQ(elements("recent_mm_traps").size(), 1u);
}

TEST_F(omega_keys, trader_positions_are_there_for_both_sides_and_say_which_is_open) {
  connect();
  core->on_event(position(sample_position()));
  core->on_event(order("o1"));
  ASSERT_TRUE(until([&] { return json("short_trader_position")["take_profits"].size() == 1; }));
  const auto s = json("short_trader_position"), l = json("long_trader_position");
  EXPECT_EQ(s["direction"], "SHORT");
  EXPECT_EQ(s["status"], "open");
  EXPECT_EQ(s["entry_price"], 84198.666);
  EXPECT_EQ(s["size"], 0.0124);
  EXPECT_EQ(s["leverage"], 20);
  EXPECT_NEAR(s["unrealized_pnl"].get<double>(), 2.2117, 1e-4);
  EXPECT_NEAR(s["pnl_percent"].get<double>(), 4.237, 1e-3);
  EXPECT_EQ(s["take_profits"][0]["percentage"], 50);
  EXPECT_EQ(s["take_profits"][0]["price"], 83000);
  EXPECT_EQ(l["direction"], "LONG");
  EXPECT_EQ(l["status"], "none") << "not absent: the panel would show mock data";
  EXPECT_EQ(l["size"], 0);
}

TEST_F(omega_keys, before_the_first_list_a_trader_position_is_unknown_not_flat) {
  connect();
  ASSERT_TRUE(appears("long_trader_position"));
  EXPECT_EQ(json("long_trader_position")["status"], "unknown");
  EXPECT_TRUE(json("long_trader_position")["size"].is_null());
}

TEST_F(omega_keys, the_meters_inputs_are_what_it_computes_with) {
  connect();
  core->on_event(book());  // a feed sends the book before the first trade tells which instrument has the price
  core->on_event(ticker());
  core->on_event(trade(1));
  ASSERT_TRUE(appears("btc_order_book_summary"));
  const auto summary = json("btc_order_book_summary");
  EXPECT_EQ(summary["largest_bid_wall"], 120.0);
  EXPECT_EQ(summary["largest_ask_wall"], 0.7);
  EXPECT_EQ(summary["total_bids"], 121.5);
  EXPECT_EQ(summary["total_asks"], 0.7);
  ASSERT_TRUE(until([&] { return json("btc_recent_high_low")["high"] == 60000.0; }));
  EXPECT_EQ(json("btc_recent_high_low")["low"], 57000.0);
  ASSERT_TRUE(until([&] { return server->list("btc_volume_history").size() == 1; }));
  EXPECT_EQ(python_float(server->list("btc_volume_history")[0]), 12345.67);
  EXPECT_EQ(python_float(get("last_btc_volume")), 12345.67) << "the two are compared with one another";
  EXPECT_EQ(json("btc_market_regime")["regime"], "unknown") << "one minute is not enough";
}

TEST_F(omega_keys, an_order_book_with_a_gap_is_not_summed_up) {
  connect();
  core->on_event(trade(1));
  core->on_event(book());
  ASSERT_TRUE(appears("btc_order_book_summary"));
  core->on_event(gap(TRAPLINE_GAP_BOOK, 1, topic_book, 1));
  EXPECT_TRUE(until([&] { return server->ask({"EXISTS", "btc_order_book_summary"}) == "0"; })) << "it expires";
}

TEST(market_regime, follows_the_closes_of_the_last_hour) {
  const auto closes = [](auto f) {
    std::deque<double> out;
    for (int i = 0; i < 30; ++i) out.push_back(100 + f(i));
    return out;
  };
  EXPECT_EQ(regime_of(closes([](int i) { return 0.01 * i; })), "bullish_trend");
  EXPECT_EQ(regime_of(closes([](int i) { return -0.01 * i; })), "bearish_trend");
  EXPECT_EQ(regime_of(closes([](int i) { return i % 2 ? 1.0 : -1.5; })), "high_volatility");
  EXPECT_EQ(regime_of(closes([](int i) { return i % 2 ? 0.1 : 0.0; })), "sideways");
  EXPECT_EQ(regime_of({1, 2, 3}), "unknown");
}

TEST_F(omega_keys, the_high_frequency_mode_follows_the_severity) {
  env.fixed_now = event::default_ts;  // not silent yet
  connect();
  core->on_event(matrix(0.8));
  ASSERT_TRUE(until([&] { return get("hf_trap_mode_active") == "1"; }));
  EXPECT_EQ(python_float(get("hf_trap_mode_multiplier")), 1.44);
  EXPECT_EQ(get("hf_trap_mode_timestamp"), "2024-08-08T23:54:16.000+00:00");
  auto calm = matrix(0.1);
  reinterpret_cast<trapline_trap_matrix*>(&calm.head() + 1)->severity = TRAPLINE_SEVERITY_WATCH;
  core->on_event(calm);
  ASSERT_TRUE(until([&] { return get("hf_trap_mode_active") == "0"; }));
  EXPECT_EQ(python_float(get("hf_trap_mode_multiplier")), 1.0);
}

TEST_F(omega_keys, the_dashboards_lists_hold_facts_so_that_it_need_not_invent_any) {
  connect();
  ASSERT_TRUE(appears("trap_metrics"));
  EXPECT_EQ(json("trap_metrics")["total_traps"], 0);
  EXPECT_TRUE(json("trap_metrics")["success_rate"].is_null());
  EXPECT_EQ(get("trap_detections"), "[]");
  core->on_event(alarm("a"));
  core->on_event(alarm("b"));
  core->on_event(alarm("a", TRAPLINE_STAGE_CONFIRMED));
  ASSERT_TRUE(until([&] { return json("trap_metrics")["total_traps"] == 2; }));
  EXPECT_EQ(json("trap_metrics")["success_rate"], 0.5);
  EXPECT_NEAR(json("trap_metrics")["average_probability"].get<double>(), 0.81, 1e-12);
  const auto detections = json("trap_detections");
  ASSERT_EQ(detections.size(), 2u);
  EXPECT_EQ(detections[0]["type"], "stop_hunt");
  EXPECT_TRUE(detections[0]["timestamp"].get<std::string>().ends_with("+00:00")) << "datetime.fromisoformat()";
  const auto timeline = json("trap_timeline");
  ASSERT_EQ(timeline.size(), 3u);
  EXPECT_EQ(timeline[0]["stage"], "confirmed") << "newest first";
}

TEST_F(omega_keys, the_two_channels_carry_what_their_subscribers_parse) {
  server->ask({"CONFIG", "SET", "slowlog-log-slower-than", "0"});
  server->ask({"CONFIG", "SET", "slowlog-max-len", "1000"});
  connect();
  core->on_event(ticker());
  core->on_event(trade(1));
  ASSERT_TRUE(until([&] {
    const auto log = server->ask({"SLOWLOG", "GET", "1000"});
    return log.find("PUBLISH,market_data,") != std::string::npos && log.find("PUBLISH,btc_price,") != std::string::npos;
  }));
  const auto log = server->ask({"SLOWLOG", "GET", "1000"});
  const auto message = [&](const std::string& channel) {
    const auto at = log.find("PUBLISH," + channel + ",") + channel.size() + 9;
    return json_value::parse(log.substr(at, log.find('}', at) + 1 - at));
  };
  EXPECT_EQ(message("market_data")["symbol"], "btcusdt");
  EXPECT_EQ(message("market_data")["price"], 58700.1);
  EXPECT_TRUE(message("market_data")["timestamp"].is_number());
  EXPECT_TRUE(message("btc_price")["timestamp"].is_string());
  EXPECT_EQ(message("btc_price")["volume"], 12345.67);
}

TEST_F(omega_keys, another_program_that_holds_a_name_with_another_type_is_told_and_not_destroyed) {
  server->ask({"SET", "mm_trap_queue:zset", "mine"});
  server->ask({"SET", "btc_movement_history", "mine"});
  connect();
  core->on_event(trade(1));
  core->on_event(alarm("a"));
  ASSERT_TRUE(until([&] { return env.logged("WRONGTYPE") >= 2; }));
  EXPECT_EQ(get("mm_trap_queue:zset"), "mine");
  EXPECT_EQ(get("btc_movement_history"), "mine");
  ASSERT_TRUE(appears("mm_trap:1723161256")) << "the rest goes on";
  server->ask({"DEL", "mm_trap_queue:zset", "btc_movement_history"});
  EXPECT_TRUE(appears("mm_trap_queue:zset")) << "and these follow";
  EXPECT_TRUE(appears("btc_movement_history"));
}

TEST_F(omega_keys, the_standard_profile_has_none_of_them) {
  config.profile = settings::key_set::standard;
  connect();
  core->on_event(trade(1));
  core->on_event(alarm("a"));
  ASSERT_TRUE(appears("last_btc_price"));
  ASSERT_TRUE(settled());
  for (const auto* key : {"btc_movement_history", "mm_trap_queue:zset", "recent_mm_traps", "latest_mm_trap",
                          "trap_metrics", "long_trader_position"})
    EXPECT_EQ(server->ask({"EXISTS", key}), "0") << key;
}

}  // namespace
}  // namespace trapline::redis_bridge
