// Redis that refuses: keys of another type, no memory, read-only. Told, tried again, and counted right.
#include "rig.hpp"

namespace trapline::redis_bridge {
namespace {

using namespace test;

const std::vector<std::string> typed_keys = {"ws_status",        "last_btc_price",     "current_position",
                                             "position_history", "mm_trap_queue:zset", "btc_movement_history",
                                             trades_key};

class refusing : public rig {
 protected:
  void SetUp() override {
    rig::SetUp();
    config.profile = settings::key_set::omega;
    config.maxlen_market = 10'000'000;
  }
  void occupy() {
    for (const auto& key : typed_keys) server->ask({"HSET", key, "owner", "another program"});
  }
  void work() {
    core->on_event(position(sample_position()));
    core->on_event(test::signal());
    trades(1, 50);
  }
};

TEST_F(refusing, keys_of_another_type_are_left_alone_and_told) {
  occupy();
  connect();
  work();
  for (const auto& key : typed_keys) EXPECT_TRUE(until([&] { return env.logged("refused " + key) == 1; })) << key;
  for (const auto& key : typed_keys) EXPECT_EQ(server->ask({"HGET", key, "owner"}), "another program") << key;
  EXPECT_EQ(env.health_state, std::uint32_t{TRAPLINE_HEALTH_DEGRADED});
  for (const auto& key : typed_keys) server->ask({"DEL", key});
  for (const auto& key : typed_keys)
    EXPECT_TRUE(until([&] { return server->ask({"EXISTS", key}) == "1"; })) << key << " follows without a restart";
  ASSERT_TRUE(settled());
  EXPECT_EQ(read_trades(server->stream(trades_key)).trade_ids, range(1, 50));
}

TEST_F(refusing, keys_of_another_type_are_moved_if_so_configured_and_nothing_is_lost) {
  config.on_wrongtype = settings::wrong_type::rename;
  occupy();
  connect();
  work();
  for (const auto& key : typed_keys) {
    EXPECT_TRUE(until([&] { return env.logged("the key " + key + " held another type") == 1; })) << key;
    const auto kept = server->ask({"KEYS", key.substr(0, 8) + "*wrongtype*"});
    EXPECT_NE(kept.find(key + ".wrongtype."), std::string::npos) << kept;
  }
  ASSERT_TRUE(settled());
  const auto r = read_trades(server->stream(trades_key));
  EXPECT_EQ(r.trade_ids, range(1, 50));
  EXPECT_TRUE(r.dense);
  for (const auto& key : typed_keys) EXPECT_TRUE(until([&] { return server->ask({"TYPE", key}) != "hash"; })) << key;
  EXPECT_TRUE(until([&] { return env.health_state == TRAPLINE_HEALTH_OK; }));
}

TEST_F(refusing, moving_does_not_become_a_race_with_a_program_that_puts_its_key_back) {
  config.on_wrongtype = settings::wrong_type::rename;
  config.position_period = 1'000 * second;
  connect();
  for (int i = 0; i < 20; ++i) {
    server->ask({"DEL", trades_key});
    server->ask({"SET", trades_key, "again"});
    trades(i + 1, i + 1);
    for (int k = 0; k < 5; ++k) loop.poll(2 * millisecond);
  }
  EXPECT_EQ(env.logged("the key " + trades_key + " held another type"), 1) << "at most once a period";
}

// How a server comes to refuse writes, and how it is made well again.
struct way {
  const char* name;
  const char* code;
  std::vector<std::string> begin, end;
};

class refusing_all : public refusing, public ::testing::WithParamInterface<way> {};

TEST_P(refusing_all, is_told_tried_again_and_the_gap_counts_every_event_that_is_lost) {
  config.spool_commands = 100;
  connect();
  trades(1, 50);
  ASSERT_TRUE(settled());
  server->ask(GetParam().begin);
  trades(51, 60);
  ASSERT_TRUE(until([&] { return env.logged(GetParam().code) >= 1; }));
  trades(61, 1'000);  // far more than the spool holds
  EXPECT_TRUE(until([&] { return env.health_state == TRAPLINE_HEALTH_DEGRADED; }));
  EXPECT_LE(core->waiting().commands(), 101u);
  const auto before = errors;
  EXPECT_TRUE(until([&] { return errors > before + 3; })) << "tried again";
  server->ask(GetParam().end);
  ASSERT_TRUE(settled());
  trades(1'001, 1'010);
  ASSERT_TRUE(settled());
  const auto r = read_trades(server->stream(trades_key));
  EXPECT_TRUE(r.dense);
  EXPECT_GE(r.gaps, 1);
  EXPECT_GT(r.lost, 0u);
  EXPECT_EQ(r.trade_ids.size() + r.lost, 1'010u) << "every event is there or announced";
  EXPECT_EQ(r.lost, dropped_of(family::trades));
  EXPECT_EQ(r.trade_ids.back(), 1'010);
  EXPECT_TRUE(until([&] { return env.health_state == TRAPLINE_HEALTH_OK; }));
}

INSTANTIATE_TEST_SUITE_P(
    ways, refusing_all,
    ::testing::Values(
        way{"out_of_memory", "OOM", {"CONFIG", "SET", "maxmemory", "1"}, {"CONFIG", "SET", "maxmemory", "0"}},
        way{"read_only", "READONLY", {"REPLICAOF", "127.0.0.1", "1"}, {"REPLICAOF", "NO", "ONE"}}),
    [](const auto& i) { return std::string(i.param.name); });

}  // namespace
}  // namespace trapline::redis_bridge
