// Commands in: carried out at most once, answered exactly once, whatever the client or the network does.
#include "commands_rig.hpp"
#include "proxy.hpp"

namespace trapline::redis_bridge {
namespace {

using namespace test;

TEST_F(commands_in, an_id_is_carried_out_once) {
  connect();
  const auto first = ping("a");
  ASSERT_TRUE(settles(first));
  EXPECT_EQ(refusal(ping("a")), "rejected duplicate");
  EXPECT_EQ(answers(first), done);
  EXPECT_EQ(carried_out(), 1);
  const auto kept = std::stoll(server->ask({"PTTL", "trapline:v1:{cmd}:id:a"}));
  EXPECT_GT(kept, 86'300'000);
  EXPECT_LE(kept, 86'400'000);
}

TEST_F(commands_in, many_of_the_same_id_at_once_are_carried_out_once) {
  connect();
  std::vector<std::string> entries;
  for (int i = 0; i < 100; ++i) entries.push_back(ping("a"));
  int good = 0;
  for (const auto& entry : entries) {
    ASSERT_TRUE(settles(entry));
    const auto a = answers(entry);
    good += a == done;
    EXPECT_TRUE(a == done || a == std::vector<std::string>{"rejected duplicate"});
  }
  EXPECT_EQ(good, 1);
  EXPECT_EQ(carried_out(), 1);
}

TEST_F(commands_in, an_expired_command_is_rejected) {
  const auto old = send({"id", "a", "ttl_ms", "1000", "actor", "me", "cmd", "ping", "ts", "1723161256000"});
  connect();
  EXPECT_EQ(refusal(old), "rejected expired");
  EXPECT_EQ(carried_out(), 0);
}

TEST_F(commands_in, a_command_whose_time_runs_out_while_its_claim_is_refused_is_rejected_as_expired) {
  server->ask({"SET", out, "mine"});
  connect();
  const auto entry = ping("a", "200");
  ASSERT_TRUE(until([&] { return env.logged("WRONGTYPE") >= 1; }));  // it was read in time
  const auto late = std::stoll(entry.substr(0, entry.find('-'))) + 200;
  ASSERT_TRUE(until([&] { return redis_ms() >= late; }));
  server->ask({"DEL", out});
  EXPECT_EQ(refusal(entry), "rejected expired");
  EXPECT_EQ(carried_out(), 0);
  nothing_is_left();
}

TEST_F(commands_in, a_command_whose_time_runs_out_between_its_claim_and_the_answer_is_not_carried_out) {
  server->ask({"SET", out, "mine"});
  connect();
  const auto entry = ping("a", "200");
  ASSERT_TRUE(until([&] { return env.logged("WRONGTYPE") >= 1; }));
  server->ask({"SET", "trapline:v1:{cmd}:id:a", "boot-a " + entry});  // as if the answer had been lost on the way
  const auto late = std::stoll(entry.substr(0, entry.find('-'))) + 200;
  ASSERT_TRUE(until([&] { return redis_ms() >= late; }));
  server->ask({"DEL", out});
  EXPECT_EQ(refusal(entry), "rejected expired");
  EXPECT_EQ(carried_out(), 0);
}

TEST_F(commands_in, a_command_with_a_time_far_ahead_is_rejected) {
  connect();
  EXPECT_EQ(refusal(send({"id", "a", "ttl_ms", "1000", "actor", "me", "cmd", "ping", "ts", "99999999999999"})),
            "rejected from_the_future");
}

TEST_F(commands_in, a_signed_command_is_good_for_one_stream_and_one_run_whatever_redis_has_forgotten) {
  config.has_command_key = true;
  env.command_key_value = "secret";
  connect();
  EXPECT_EQ(refusal(ping("unsigned")), "rejected malformed: ts");
  const auto ts = std::to_string(redis_ms());
  const std::vector<std::string> entry = {
      "id",    "a",  "ttl_ms", "3600000", "ts",   ts,
      "actor", "me", "cmd",    "ping",    "hmac", signature("secret", in + "\na\n3600000\n" + ts + "\nme\nping\n")};
  const auto first = send(entry);
  ASSERT_TRUE(settles(first));
  EXPECT_EQ(answers(first), done);
  ASSERT_TRUE(until([&] { return redis_ms() > std::stoll(ts); }));
  core.reset();
  make_as("boot-b");
  server->ask({"DEL", "trapline:v1:{cmd}:id:a"});
  EXPECT_EQ(refusal(send(entry)), "rejected expired") << "a later run";
  core.reset();
  config.prefix = "live";
  make_as("boot-c");
  std::vector<std::string> words = {"XADD", "live:{cmd}:in", "*"};
  words.insert(words.end(), entry.begin(), entry.end());
  server->ask(words);
  ASSERT_TRUE(until([&] { return server->ask({"XLEN", "live:{cmd}:reply"}) == "1"; }));
  EXPECT_EQ(server->stream("live:{cmd}:reply").at(0).at("reason"), "bad_hmac") << "a copy for another bridge";
  EXPECT_EQ(carried_out(), 1);
}

TEST_F(commands_in, cuts_at_any_moment_change_nothing) {
  connect();
  std::vector<std::string> entries;
  std::uint64_t waited_for = 0;
  for (int i = 0; i < 60; ++i) {
    entries.push_back(ping(sdk::cat("c", i)));
    // Every other cut meets a connection that is up; the others, whatever the bridge is about then.
    if (i % 6 == 0) {
      ASSERT_TRUE(until([&] { return core->connected() && reconnects >= waited_for; }));
      waited_for = reconnects + 1;
    }
    for (int k = 0; k < i % 7; ++k) loop.poll(1 * millisecond);
    if (i % 3 == 0) server->ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  }
  for (const auto& entry : entries) {
    ASSERT_TRUE(settles(entry));
    EXPECT_EQ(answers(entry), done);
  }
  EXPECT_EQ(carried_out(), 60);
  EXPECT_TRUE(until([&] { return reconnects >= waited_for; })) << reconnects;
  EXPECT_GE(reconnects, 10u);
  nothing_is_left();
}

TEST_F(commands_in, a_claim_whose_answer_was_lost_is_carried_out_once) {
  config.reply_timeout = 100 * millisecond;
  proxy between(server->folder() + "/proxy.sock", server->socket_path());
  config.endpoint.unix_path = between.path();
  connect();
  const auto first = ping("first");
  ASSERT_TRUE(settles(first));
  between.hold_answers = true;
  const auto entry = ping("a");
  ASSERT_TRUE(until([&] { return reconnects > 0 || !core->connected(); }));
  between.hold_answers = false;
  ASSERT_TRUE(settles(entry));
  EXPECT_EQ(answers(entry), done);
  EXPECT_EQ(carried_out(), 2);
}

TEST_F(commands_in, a_cut_with_many_under_way_leaves_none_unanswered) {
  config.reply_timeout = 300 * millisecond;
  config.position_period = 5 * second;  // so that what is refused stays under way
  proxy between(server->folder() + "/proxy.sock", server->socket_path());
  config.endpoint.unix_path = between.path();
  server->ask({"SET", out, "mine"});  // no claim is taken
  connect();
  for (int i = 0; i < 40; ++i) ping(sdk::cat("c", i));
  const auto pending = [&] {
    const auto text = server->ask({"XPENDING", in, "trapline"});
    return text.starts_with("[") ? std::stoi(text.substr(1)) : 0;
  };
  ASSERT_TRUE(until([&] { return pending() == 40 && env.logged("WRONGTYPE") >= 1; }));
  between.hold_answers = true;
  for (int i = 40; i < 60; ++i) ping(sdk::cat("c", i));
  ASSERT_TRUE(until([&] { return pending() == 60; })) << "given to the bridge, which never hears of them";
  ASSERT_TRUE(until([&] { return !core->connected(); }));
  between.hold_answers = false;
  server->ask({"DEL", out});
  nothing_is_left();
  EXPECT_EQ(carried_out(), 60);
}

TEST_F(commands_in, what_a_dead_run_had_claimed_is_rejected_as_interrupted_not_repeated) {
  connect();
  const auto first = ping("first");
  ASSERT_TRUE(settles(first));
  core.reset();
  // As the dead run left it: read, claimed, accepted, not finished.
  const auto entry = ping("a");
  server->ask({"XREADGROUP", "GROUP", "trapline", "bridge", "COUNT", "1", "STREAMS", in, ">"});
  server->ask({"SET", "trapline:v1:{cmd}:id:a", "another-run " + entry, "PX", "86400000"});
  connect();
  EXPECT_EQ(refusal(entry), "rejected interrupted");
  EXPECT_EQ(carried_out(), 1);
  nothing_is_left();
}

TEST_F(commands_in, a_redis_that_forgets_does_not_make_it_carry_out_twice) {
  connect();
  const auto first = ping("a");
  ASSERT_TRUE(settles(first));
  server->ask({"FLUSHALL"});
  const auto again = ping("a");
  ASSERT_TRUE(settles(again));
  EXPECT_EQ(answers(again).back(), "rejected duplicate");
  EXPECT_EQ(carried_out(), 1);
}

TEST_F(commands_in, a_reply_stream_of_another_type_costs_no_answer) {
  server->ask({"SET", out, "mine"});
  connect();
  const auto entry = ping("a");
  ASSERT_TRUE(until([&] { return env.logged("WRONGTYPE") >= 1; }));
  server->ask({"DEL", out});
  ASSERT_TRUE(settles(entry));
  EXPECT_EQ(answers(entry), done);
  EXPECT_EQ(carried_out(), 1);
}

TEST_F(commands_in, the_answers_do_not_fill_redis) {
  server->ask({"EVAL",
               "for i = 1, 2000 do redis.call('XADD', KEYS[1], '*', 'entry', i, 'status', '', 'reason', '') end", "1",
               out});
  connect();
  ASSERT_TRUE(settles(ping("a")));
  EXPECT_LE(std::stoi(server->ask({"XLEN", out})), 600) << "whole nodes of 100 go";
}

TEST_F(commands_in, the_answers_are_numbered_without_holes_over_runs) {
  connect();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(settles(ping(sdk::cat("a", i))));
  core.reset();
  connect();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(settles(ping(sdk::cat("b", i))));
  int expected = 0;
  for (const auto& r : server->stream(out)) EXPECT_EQ(r.at("seq"), std::to_string(++expected));
  EXPECT_EQ(expected, 20);
}

}  // namespace
}  // namespace trapline::redis_bridge
