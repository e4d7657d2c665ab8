// Broken connections, hanging and dying servers: nothing lost or repeated in silence.
#include <thread>

#include "proxy.hpp"
#include "rig.hpp"

namespace trapline::redis_bridge {
namespace {

using namespace test;

class recovery : public rig {
 protected:
  void SetUp() override {
    rig::SetUp();
    config.maxlen_market = 10'000'000;
  }
  reading all() { return read_trades(server->stream(trades_key)); }
};

TEST_F(recovery, the_bridge_starts_before_redis_and_catches_up) {
  server->kill();
  make();
  trades(1, 1'000);
  for (int i = 0; i < 20; ++i) loop.poll(2 * millisecond);
  EXPECT_FALSE(core->connected());
  server->restart();
  ASSERT_TRUE(settled());
  EXPECT_EQ(all().trade_ids, range(1, 1'000));
  EXPECT_EQ(all().gaps, 0);
}

TEST_F(recovery, a_cut_in_the_middle_of_a_pipelined_burst_loses_and_repeats_nothing) {
  connect();
  int n = 0;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 1'500; ++i) core->on_event(trade(++n));
    const auto before = server->stream(trades_key).size();
    // Cut while the burst is under way: some of it has been carried out, some of it not.
    ASSERT_TRUE(until([&] { return server->ask({"XLEN", trades_key}) != std::to_string(before); }));
    server->ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  }
  ASSERT_TRUE(settled());
  EXPECT_GE(reconnects, 10u);
  const auto r = all();
  EXPECT_EQ(r.trade_ids, range(1, n));
  EXPECT_TRUE(r.dense);
  EXPECT_EQ(r.gaps, 0);
}

// The old connection still has commands in the server's socket when the new one reads back.
TEST_F(recovery, what_the_old_connection_left_behind_is_not_carried_out_later) {
  config.reply_timeout = 60 * millisecond;
  connect();
  trades(1, 500);
  ASSERT_TRUE(settled());
  for (int round = 0; round < 5; ++round) {
    server->pause();
    trades(501 + round * 3'000, 500 + (round + 1) * 3'000);
    ASSERT_TRUE(until([&] { return !core->connected(); })) << "no answer cuts the connection";
    for (int i = 0; i < 20; ++i) loop.poll(5 * millisecond);
    server->resume();
    ASSERT_TRUE(settled());
  }
  const auto r = all();
  EXPECT_EQ(r.trade_ids, range(1, 15'500));
  EXPECT_TRUE(r.dense);
}

// The same where a network delays the old connection's bytes until the new one has long been at work.
TEST_F(recovery, commands_that_a_network_delivers_late_do_no_harm) {
  config.reply_timeout = 60 * millisecond;
  proxy between(server->folder() + "/proxy.sock", server->socket_path());
  config.endpoint.unix_path = between.path();
  connect();
  trades(1, 500);
  ASSERT_TRUE(settled());
  between.hold_commands = true;
  trades(501, 1'000);
  ASSERT_TRUE(until([&] { return between.held_commands > 0; }));
  ASSERT_TRUE(until([&] { return reconnects == 1; }));
  ASSERT_TRUE(settled());
  between.hold_commands = false;
  ASSERT_TRUE(until([&] { return between.held_commands == 0; }));
  trades(1'001, 1'100);
  ASSERT_TRUE(settled());
  EXPECT_EQ(all().trade_ids, range(1, 1'100));
  EXPECT_TRUE(all().dense);
}

TEST_F(recovery, a_hanging_redis_costs_market_data_that_is_counted_and_announced) {
  config.spool_commands = 5'000;
  connect();
  core->on_event(no_positions());
  trades(1, 100);
  ASSERT_TRUE(settled());
  server->pause();
  auto p = sample_position();
  const auto begin = std::chrono::steady_clock::now();
  int n = 100;
  std::uint64_t largest = 0;
  while (std::chrono::steady_clock::now() - begin < std::chrono::seconds(1)) {
    for (int i = 0; i < 200; ++i) core->on_event(trade(++n));
    p.size = n;
    core->on_event(position(p));
    loop.poll(1 * millisecond);
    largest = std::max(largest, core->waiting().commands());
  }
  EXPECT_LE(largest, 5'001u) << "bounded";
  EXPECT_GT(dropped_of(family::trades), 0u);
  EXPECT_EQ(dropped_of(family::positions), 0u) << "market data goes first";
  server->resume();
  ASSERT_TRUE(settled());
  const auto r = all();
  EXPECT_TRUE(r.dense);
  EXPECT_GE(r.gaps, 1);
  EXPECT_EQ(r.lost, dropped_of(family::trades)) << "announced = counted";
  EXPECT_EQ(r.trade_ids.size() + r.lost, static_cast<std::size_t>(n)) << "and every trade is there or announced";
  EXPECT_TRUE(std::is_sorted(r.trade_ids.begin(), r.trade_ids.end()));
  EXPECT_EQ(r.trade_ids.back(), n);
  EXPECT_TRUE(until([&] { return json("ws_status")["redis_dropped"] == r.lost; }));
}

TEST_F(recovery, a_server_that_lost_everything_gets_the_rest_and_a_marker) {
  connect();
  trades(1, 1'000);
  ASSERT_TRUE(settled());
  server->kill();
  trades(1'001, 1'500);
  ASSERT_TRUE(until([&] { return !core->connected(); }));
  trades(1'501, 2'000);
  server->restart();
  ASSERT_TRUE(settled());
  const auto entries = server->stream(trades_key);
  ASSERT_EQ(entries.size(), 1'001u);
  EXPECT_EQ(entries[0].at("type"), "gap");
  EXPECT_EQ(entries[0].at("reason"), "redis_lost");
  EXPECT_EQ(entries[0].at("lost"), "1000");
  EXPECT_EQ(entries[0].at("seq"), "1000");
  EXPECT_EQ(entries[1].at("seq"), "1001");
  EXPECT_EQ(all().trade_ids, range(1'001, 2'000));
  EXPECT_TRUE(all().dense);
  EXPECT_EQ(dropped_of(family::trades), 1'000u);
  EXPECT_EQ(env.logged("Redis has lost 1000 confirmed entries"), 1);
}

TEST_F(recovery, a_server_killed_in_the_middle_of_a_burst_is_continued_exactly) {
  connect();
  int n = 0;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 3'000; ++i) core->on_event(trade(++n));
    loop.poll(3 * millisecond);
    server->kill();
    ASSERT_TRUE(until([&] { return !core->connected(); }));
    server->restart();
    ASSERT_TRUE(settled());
    const auto r = all();
    ASSERT_TRUE(r.dense);
    // What the stream holds ends with the newest trade and has no hole; what came before is announced.
    if (r.trade_ids.empty()) continue;  // all were confirmed before the end: the gap alone is left
    ASSERT_EQ(r.trade_ids, range(n - static_cast<int>(r.trade_ids.size()) + 1, n));
  }
}

class loading : public recovery {
 protected:
  void SetUp() override {
    // Reads its file slowly, and answers meanwhile that it does.
    server_options = {"--appendonly", "yes", "--appendfsync", "always", "--key-load-delay", "50"};
    recovery::SetUp();
  }
};

TEST_F(loading, a_server_that_still_reads_its_file_costs_nothing) {
  connect();
  trades(1, 10'000);
  ASSERT_TRUE(settled());
  trades(10'001, 12'000);
  loop.poll(3 * millisecond);
  server->kill();
  ASSERT_TRUE(until([&] { return !core->connected(); }));
  trades(12'001, 13'000);
  std::thread restart([&] { server->restart(); });
  const bool done = settled();
  restart.join();
  ASSERT_TRUE(done);
  EXPECT_GE(env.logged("LOADING"), 1);
  EXPECT_EQ(all().trade_ids, range(1, 13'000));
  EXPECT_TRUE(all().dense);
  EXPECT_EQ(all().gaps, 0);
}

TEST_F(recovery, state_keys_come_back_after_a_restart) {
  connect();
  core->on_event(position(sample_position()));
  core->on_event(feed_status(TRAPLINE_FEED_LIVE));
  server->kill();
  ASSERT_TRUE(until([&] { return !core->connected(); }));
  EXPECT_EQ(connected, 0);
  server->restart();
  EXPECT_TRUE(until([&] { return core->connected() && json("current_position")["has_position"] == true; }));
  EXPECT_EQ(json("ws_status")["status"], "CONNECTED");
  EXPECT_EQ(connected, 1);
}

TEST_F(recovery, entries_of_another_writer_do_not_hide_ours) {
  connect();
  trades(1, 10);
  ASSERT_TRUE(settled());
  server->ask({"XADD", trades_key, "*", "type", "trade", "seq", "999", "boot_id", "other", "ts", "1"});
  server->ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  trades(11, 20);
  ASSERT_TRUE(until([&] { return reconnects == 1; }));
  ASSERT_TRUE(settled());
  EXPECT_EQ(dropped_of(family::trades), 0u);
  EXPECT_EQ(server->stream(trades_key).size(), 21u);
}

TEST_F(recovery, a_stream_key_of_the_wrong_type_waits_and_goes_on_without_loss) {
  server->ask({"SET", trades_key, "not a stream"});
  connect();
  trades(1, 100);
  ASSERT_TRUE(until([&] { return errors >= 1; }));
  trades(101, 200);
  for (int i = 0; i < 100; ++i) loop.poll(2 * millisecond);
  EXPECT_EQ(env.logged("WRONGTYPE"), 1);
  EXPECT_EQ(server->ask({"GET", trades_key}), "not a stream");
  server->ask({"DEL", trades_key});
  ASSERT_TRUE(settled());
  EXPECT_EQ(all().trade_ids, range(1, 200));
  EXPECT_TRUE(all().dense);
}

TEST_F(recovery, redis_out_of_memory_is_survived_and_told) {
  connect();
  trades(1, 10);
  ASSERT_TRUE(settled());
  server->ask({"CONFIG", "SET", "maxmemory", "1"});
  trades(11, 20);
  ASSERT_TRUE(until([&] { return env.logged("OOM") >= 1; }));
  server->ask({"CONFIG", "SET", "maxmemory", "0"});
  ASSERT_TRUE(settled());
  const auto r = all();
  EXPECT_EQ(r.trade_ids, range(1, 20));
  EXPECT_TRUE(r.dense);
  EXPECT_GT(errors, 0u);
  EXPECT_TRUE(until([&] { return env.health_state == TRAPLINE_HEALTH_OK; }));
}

TEST_F(recovery, a_read_only_replica_is_survived_and_told) {
  connect();
  server->ask({"REPLICAOF", "127.0.0.1", "1"});
  trades(1, 10);
  ASSERT_TRUE(until([&] { return env.logged("READONLY") >= 1; }));
  server->ask({"REPLICAOF", "NO", "ONE"});
  ASSERT_TRUE(settled());
  EXPECT_EQ(all().trade_ids, range(1, 10));
}

TEST_F(recovery, random_disturbance_never_loses_or_repeats_in_silence) {
  config.spool_commands = 3'000;
  config.reply_timeout = 100 * millisecond;
  connect();
  std::uint32_t random = 12345;
  const auto dice = [&](std::uint32_t sides) {
    random = random * 1664525u + 1013904223u;
    return (random >> 16) % sides;
  };
  int n = 0;
  for (int round = 0; round < 60; ++round) {
    const int burst = 1 + static_cast<int>(dice(2'000));
    for (int i = 0; i < burst; ++i) core->on_event(trade(++n));
    loop.poll(static_cast<std::int64_t>(dice(3)) * millisecond);
    switch (dice(4)) {
      case 0:
        server->ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
        break;
      case 1:
        server->pause();
        for (std::uint32_t i = dice(60); i > 0; --i) loop.poll(5 * millisecond);
        server->resume();
        break;
      default:
        break;
    }
  }
  ASSERT_TRUE(settled());
  const auto r = all();
  EXPECT_TRUE(r.dense);
  EXPECT_TRUE(std::is_sorted(r.trade_ids.begin(), r.trade_ids.end()));
  EXPECT_EQ(std::adjacent_find(r.trade_ids.begin(), r.trade_ids.end()), r.trade_ids.end()) << "none twice";
  EXPECT_EQ(r.trade_ids.size() + r.lost, static_cast<std::size_t>(n));
  EXPECT_EQ(r.lost, dropped_of(family::trades));
}

}  // namespace
}  // namespace trapline::redis_bridge
