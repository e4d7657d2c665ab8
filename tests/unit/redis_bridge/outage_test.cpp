// Each way in which Redis can be away, with everything on the bus: no order and no fill is lost, trades are there or
// announced, memory stays under the limit. bench/redis_outage_bench does the same for minutes, and takes times.
#include <functional>
#include <set>

#include "rig.hpp"

namespace trapline::redis_bridge {
namespace {

using namespace test;

struct way {
  const char* name;
  const char* told;  // in the log
  std::function<void(rig&, ::test::redis_server&)> begin, end;
};

const std::string orders_key = "trapline:v1:{bitget:usdtm}:orders", fills_key = "trapline:v1:{bitget:usdtm}:fills";

const way ways[] = {
    {"stopped", "no answer from Redis", [](rig&, auto& s) { s.pause(); }, [](rig&, auto& s) { s.resume(); }},
    {"killed", "trying again", [](rig&, auto& s) { s.kill(); }, [](rig&, auto& s) { s.restart(); }},
    {"full", "OOM",
     [](rig&, auto& s) {
       s.ask({"CONFIG", "SET", "maxmemory", "1"});
     },
     [](rig&, auto& s) {
       s.ask({"CONFIG", "SET", "maxmemory", "0"});
     }},
    {"replica", "READONLY",
     [](rig&, auto& s) {
       s.ask({"REPLICAOF", "127.0.0.1", "1"});
     },
     [](rig&, auto& s) {
       s.ask({"REPLICAOF", "NO", "ONE"});
     }},
    {"wrong_type", "WRONGTYPE",
     [](rig&, auto& s) {
       // In one step: what the bridge wrote in between would be lost by us.
       s.ask({"EVAL", "for _, k in ipairs(KEYS) do redis.call('RENAME', k, k .. ':kept') redis.call('SET', k, 'x') end",
              "3", trades_key, orders_key, fills_key});
     },
     [](rig&, auto& s) {
       for (const auto& key : {trades_key, orders_key, fills_key}) s.ask({"RENAME", key + ":kept", key});
     }},
};

class outages : public rig, public ::testing::WithParamInterface<way> {
 protected:
  void SetUp() override {
    // With `everysec` a killed Redis forgets what it had confirmed while an fsync was under way.
    server_options = {"--appendonly", "yes", "--appendfsync", "always"};
    rig::SetUp();
    config.maxlen_market = config.maxlen_account = 10'000'000;
    config.reply_timeout = 200 * millisecond;
    config.spool_commands = 4'000;
    config.spool_bytes = 2u << 20;
  }
  void events(int count) {
    for (int i = 0; i < count; ++i) {
      core->on_event(trade(++trades_));
      if (i % 20 != 0) continue;
      ++orders_;
      core->on_event(order(std::to_string(orders_), TRAPLINE_ORDER_FILLED, event::default_ts + orders_));
      core->on_event(fill(std::to_string(++fills_)));
      core->on_event(position(sample_position()));
    }
    loop.poll(1 * millisecond);
    largest_ = std::max(largest_, core->waiting().bytes());
  }
  // Ids in a stream that has lost none. Those that Redis refused in front of others may have come late, which is told.
  std::vector<int> ids(const std::string& key, const std::string& field) {
    std::vector<int> out;
    std::set<std::uint64_t> numbers;
    for (const auto& e : server->stream(key)) {
      numbers.insert(std::stoull(e.at("seq")));
      if (e.at("type") != "gap") {
        out.push_back(std::stoi(e.at(field)));
        continue;
      }
      EXPECT_EQ(e.at("reason"), "reordered") << key;
      EXPECT_EQ(e.at("lost"), "0") << key;
      for (auto n = std::stoull(e.at("from_seq")); n <= std::stoull(e.at("to_seq")); ++n) numbers.insert(n);
    }
    if (!numbers.empty()) {
      EXPECT_EQ(*numbers.rbegin(), numbers.size()) << key << ": every number is there or told";
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  int trades_ = 0, orders_ = 0, fills_ = 0;
  std::uint64_t largest_ = 0;
};

TEST_P(outages, cost_no_order_and_no_fill_and_every_trade_is_there_or_announced) {
  connect();
  events(500);
  ASSERT_TRUE(settled());
  for (int round = 0; round < 3; ++round) {
    events(300);  // under way when it happens
    env.lines.clear();
    GetParam().begin(*this, *server);
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(300) ||
           env.logged(GetParam().told) == 0) {
      if (std::chrono::steady_clock::now() - begin > std::chrono::seconds(20)) FAIL() << "nothing is told";
      if (trades_ < 10'000 * (round + 1)) events(200);
      else events(0);
    }
    EXPECT_TRUE(until([&] { return env.health_state == TRAPLINE_HEALTH_DEGRADED; }));
    GetParam().end(*this, *server);
    ASSERT_TRUE(settled());
    EXPECT_TRUE(until([&] { return env.health_state == TRAPLINE_HEALTH_OK; })) << env.health_text;
  }
  const auto r = read_trades(server->stream(trades_key));
  EXPECT_TRUE(r.dense);
  EXPECT_TRUE(std::is_sorted(r.trade_ids.begin(), r.trade_ids.end()));
  EXPECT_GE(r.gaps, 3) << "the spool was too small for the trades";
  EXPECT_EQ(r.trade_ids.size() + r.lost, static_cast<std::size_t>(trades_));
  EXPECT_EQ(r.lost, dropped_of(family::trades));
  EXPECT_EQ(ids(orders_key, "order_id"), range(1, orders_));
  EXPECT_EQ(ids(fills_key, "trade_id"), range(1, fills_));
  EXPECT_LE(largest_, config.spool_bytes + config.flight_bytes);
  EXPECT_EQ(core->waiting().bytes(), 0u);
}

TEST_F(rig, what_is_in_flight_leaves_room_for_orders_in_a_small_spool) {
  config.spool_commands = 400;
  config.maxlen_market = config.maxlen_account = 10'000'000;
  connect();
  server->pause();
  for (int n = 1; n <= 1'000; ++n) {  // many more than may be in flight
    core->on_event(trade(n));
    if (n % 50 == 0) loop.poll(1 * millisecond);
  }
  for (int n = 1; n <= 80; ++n) core->on_event(order(std::to_string(n), TRAPLINE_ORDER_FILLED, event::default_ts + n));
  server->resume();
  ASSERT_TRUE(settled());
  std::vector<int> ids;
  for (const auto& e : server->stream(orders_key))
    if (e.at("type") != "gap") ids.push_back(std::stoi(e.at("order_id")));
  EXPECT_EQ(ids, range(1, 80));
  EXPECT_EQ(dropped_of(family::orders), 0u);
  EXPECT_GT(dropped_of(family::trades), 500u);
}

INSTANTIATE_TEST_SUITE_P(of_redis, outages, ::testing::ValuesIn(ways),
                         [](const auto& i) { return std::string(i.param.name); });

}  // namespace
}  // namespace trapline::redis_bridge
