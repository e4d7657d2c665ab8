// Commands in: what is allowed, what is refused and why, and what comes of it.
#include "commands_rig.hpp"

namespace trapline::redis_bridge {
namespace {

using namespace test;

TEST_F(commands_in, nothing_is_read_unless_something_is_allowed) {
  config.commands_allowed.clear();
  connect();
  ping("a");
  server->ask({"DEL", "ws_status"});
  ASSERT_TRUE(until([&] { return server->ask({"EXISTS", "ws_status"}) == "1"; }));
  EXPECT_EQ(server->ask({"EXISTS", out}), "0");
  EXPECT_EQ(server->ask({"XLEN", in}), "1");
}

TEST_F(commands_in, an_allowed_command_is_accepted_and_done) {
  connect();
  const auto entry = ping("a");
  ASSERT_TRUE(settles(entry));
  EXPECT_EQ(answers(entry), done);
  EXPECT_EQ(env.logged("refused"), 0) << "making the group is no fault";
  const auto first = server->stream(out).front();
  EXPECT_EQ(first.at("type"), "reply");
  EXPECT_EQ(first.at("seq"), "1");
  EXPECT_EQ(first.at("boot_id"), "boot-a");
  EXPECT_EQ(first.at("id"), "a");
  EXPECT_EQ(first.at("cmd"), "ping");
  nothing_is_left();
}

TEST_F(commands_in, refresh_writes_the_documents_at_once) {
  config.commands_allowed = {"refresh"};
  config.position_period = 1'000 * second;
  connect();
  ASSERT_TRUE(until([&] { return server->ask({"EXISTS", "ws_status"}) == "1"; }));
  server->ask({"DEL", "ws_status"});
  send({"id", "a", "ttl_ms", "60000", "actor", "tester", "cmd", "refresh"});
  EXPECT_TRUE(until([&] { return server->ask({"EXISTS", "ws_status"}) == "1"; }));
}

TEST_F(commands_in, what_the_engine_does_is_answered_when_it_is_done_with_its_result) {
  config.commands_allowed = {"ping", "status"};
  connect();
  const auto entry = send({"id", "a", "ttl_ms", "60000", "actor", "me", "cmd", "status", "args", R"({"x":1})"});
  ASSERT_TRUE(until([&] { return env.asked.size() == 1; }));
  EXPECT_EQ(env.asked[0].cmd, "status");
  EXPECT_EQ(env.asked[0].args, R"({"x":1})");
  EXPECT_EQ(answers(entry), std::vector<std::string>{"accepted "}) << "and nothing more yet";
  ASSERT_TRUE(settles(ping("b"))) << "others do not wait for it";
  server->ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  ASSERT_TRUE(until([&] { return reconnects == 1; }));
  env.asked[0].done(TRAPLINE_OK, R"({"state":"running"})");
  ASSERT_TRUE(settles(entry));
  EXPECT_EQ(answers(entry), done);
  EXPECT_EQ(server->stream(out).back().at("result"), R"({"state":"running"})");
  EXPECT_EQ(env.asked.size(), 1u) << "the broken connection did not ask again";
  nothing_is_left();
}

TEST_F(commands_in, what_the_engine_refuses_is_rejected_with_its_words) {
  config.commands_allowed = {"debug"};
  connect();
  const auto entry = send({"id", "a", "ttl_ms", "60000", "actor", "me", "cmd", "debug"});
  ASSERT_TRUE(until([&] { return env.asked.size() == 1; }));
  env.asked[0].done(TRAPLINE_E_NOT_FOUND, "there is no instance 'fed'");
  ASSERT_TRUE(settles(entry));
  EXPECT_EQ(answers(entry), (std::vector<std::string>{"accepted ", "rejected there is no instance 'fed'"}));
  env.engine_refusal = "the engine is stopping";
  const auto late = send({"id", "b", "ttl_ms", "60000", "actor", "me", "cmd", "debug"});
  ASSERT_TRUE(settles(late));
  EXPECT_EQ(answers(late), (std::vector<std::string>{"accepted ", "rejected the engine is stopping"}));
}

TEST_F(commands_in, a_result_beyond_the_limit_is_left_out_and_said_so) {
  config.commands_allowed = {"status"};
  connect();
  const auto entry = send({"id", "a", "ttl_ms", "60000", "actor", "me", "cmd", "status"});
  ASSERT_TRUE(until([&] { return env.asked.size() == 1; }));
  env.asked[0].done(TRAPLINE_OK, std::string(100'000, '1'));
  ASSERT_TRUE(settles(entry));
  EXPECT_EQ(answers(entry).back(), "done result_too_large");
}

TEST_F(commands_in, a_command_can_be_allowed_for_one_instance_alone) {
  config.commands_allowed = {"debug:feed"};
  connect();
  const auto debug = [&](const std::string& id, const std::string& args) {
    return send({"id", id, "ttl_ms", "60000", "actor", "me", "cmd", "debug", "args", args});
  };
  for (const auto* args : {R"({"instance":"redis"})", R"({"instance":7})", R"({"instance":"feed2"})", "{}"})
    EXPECT_EQ(refusal(debug("a", args)), "rejected not_allowed") << args;
  debug("b", R"({"instance":"feed"})");
  EXPECT_TRUE(until([&] { return env.asked.size() == 1; }));
}

// Such as a reload that takes this instance away.
TEST_F(commands_in, a_command_that_ends_this_instance_does_not_hold_it_up) {
  config.commands_allowed = {"reload"};
  connect();
  const auto entry = send({"id", "a", "ttl_ms", "60000", "actor", "me", "cmd", "reload"});
  ASSERT_TRUE(until([&] { return env.asked.size() == 1; }));
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(until([&] { return core->drain(); }));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::nanoseconds(config.drain_limit));
  core.reset();
  env.asked.clear();
  make_as("boot-b");
  ASSERT_TRUE(settles(entry));
  EXPECT_EQ(answers(entry), (std::vector<std::string>{"accepted ", "rejected interrupted"}));
  EXPECT_TRUE(env.asked.empty()) << "not again";
}

TEST_F(commands_in, verify_tells_what_is_not_well) {
  config.commands_allowed = {"verify"};
  env.fixed_now = event::default_ts;
  connect();
  int n = 0;
  const auto verify = [&] {
    const auto entry = send({"id", std::to_string(++n), "ttl_ms", "60000", "actor", "me", "cmd", "verify"});
    EXPECT_TRUE(settled() && settles(entry));
    return answers(entry).back();
  };
  EXPECT_EQ(verify(), "rejected no feed has reported yet");
  core->on_event(feed_status(TRAPLINE_FEED_LIVE));
  EXPECT_EQ(verify(), "done ");
  core->on_event(feed_status(TRAPLINE_FEED_LIVE, TRAPLINE_ENDPOINT_PRIVATE));
  EXPECT_EQ(verify(), "rejected the position is not known for certain");
  core->on_event(no_positions());
  EXPECT_EQ(verify(), "done ");
  core->on_event(feed_status(TRAPLINE_FEED_BACKOFF));
  EXPECT_EQ(verify(), "rejected feed feed (public) is BACKOFF");
  core->on_event(feed_status(TRAPLINE_FEED_LIVE));
  server->ask({"SET", trades_key, "another program's"});
  trades(1, 1);
  ASSERT_TRUE(until([&] { return !core->misalignment().empty(); }));
  EXPECT_NE(core->misalignment().find("WRONGTYPE"), std::string::npos) << core->misalignment();
}

TEST_F(commands_in, verify_forgets_a_feed_that_stopped_but_none_that_fell_silent) {
  env.fixed_now = event::default_ts;
  connect();
  const auto at = [&](std::uint8_t state, std::uint8_t endpoint) {
    return feed_status(state, endpoint, env.fixed_now);
  };
  core->on_event(at(TRAPLINE_FEED_LIVE, TRAPLINE_ENDPOINT_PUBLIC));
  core->on_event(at(TRAPLINE_FEED_LIVE, TRAPLINE_ENDPOINT_PRIVATE));
  core->on_event(no_positions());
  core->on_event(at(TRAPLINE_FEED_STOPPED, TRAPLINE_ENDPOINT_PUBLIC));
  EXPECT_EQ(core->misalignment(), "feed feed (public) is STOPPED") << "it may be about to start again";
  env.fixed_now += feed_silent_after + second;
  core->on_event(at(TRAPLINE_FEED_LIVE, TRAPLINE_ENDPOINT_PRIVATE));
  EXPECT_TRUE(until([&] { return core->misalignment().empty(); })) << core->misalignment();
  EXPECT_TRUE(until([&] { return json("ws_status")["status"] == "CONNECTED"; }));
  env.fixed_now += feed_silent_after + second;
  core->refresh();
  EXPECT_EQ(core->misalignment(), "feed feed (private) has fallen silent");
}

TEST_F(commands_in, what_was_written_before_the_bridge_started_is_read) {
  const auto entry = ping("a");
  connect();
  ASSERT_TRUE(settles(entry));
  EXPECT_EQ(answers(entry), done);
}

TEST_F(commands_in, malformed_entries_are_rejected_with_the_reason_each_once) {
  connect();
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{"x", "y"}, "malformed: unknown field"},
      {{"id", "a", "id", "b", "ttl_ms", "1000", "actor", "me", "cmd", "ping"}, "malformed: field twice"},
      {{"ttl_ms", "1000", "actor", "me", "cmd", "ping"}, "malformed: id"},
      {{"id", "with space", "ttl_ms", "1000", "actor", "me", "cmd", "ping"}, "malformed: id"},
      {{"id", std::string(129, 'a'), "ttl_ms", "1000", "actor", "me", "cmd", "ping"}, "malformed: id"},
      {{"id", "a", "actor", "me", "cmd", "ping"}, "malformed: ttl_ms"},
      {{"id", "a", "ttl_ms", "0", "actor", "me", "cmd", "ping"}, "malformed: ttl_ms"},
      {{"id", "a", "ttl_ms", "86400001", "actor", "me", "cmd", "ping"}, "malformed: ttl_ms"},
      {{"id", "a", "ttl_ms", "1e3", "actor", "me", "cmd", "ping"}, "malformed: ttl_ms"},
      {{"id", "a", "ttl_ms", "1000", "cmd", "ping"}, "malformed: actor"},
      {{"id", "a", "ttl_ms", "1000", "actor", "me"}, "malformed: cmd"},
      {{"id", "a", "ttl_ms", "1000", "actor", "me", "cmd", "ping", "args", "[1]"}, "malformed: args"},
      {{"id", "a", "ttl_ms", "1000", "actor", "me", "cmd", "ping", "args", "{\"a\":"}, "malformed: args"},
      {{"id", "a", "ttl_ms", "1000", "actor", "me", "cmd", "ping", "ts", "soon"}, "malformed: ts"},
      {{"id", "a", "ttl_ms", "60000", "actor", "me", "cmd", "refresh"}, "not_allowed"},
  };
  for (const auto& [fields, reason] : wrong) EXPECT_EQ(refusal(send(fields)), "rejected " + reason);
  EXPECT_EQ(carried_out(), 0);
  nothing_is_left();
}

TEST_F(commands_in, an_enormous_entry_does_not_even_leave_the_server) {
  connect();
  const auto large =
      send({"id", "a", "ttl_ms", "60000", "actor", "me", "cmd", "ping", "args", std::string(40 << 20, 'x')});
  EXPECT_EQ(refusal(large), "rejected too_large");
  EXPECT_EQ(refusal(send({"id", "a", "ttl_ms", "60000", "actor", "me", "cmd", "ping", "args",
                          "{\"a\":\"" + std::string(5'000, 'x') + "\"}"})),
            "rejected too_large");
  EXPECT_EQ(refusal(send({"id", "a", "ttl_ms", "60000", "actor", "me", "cmd", "ping", "args",
                          std::string(1'500, '[') + std::string(1'500, ']')})),
            "rejected malformed: args");
  EXPECT_EQ(reconnects, 0u);
  const auto entry = ping("good");
  ASSERT_TRUE(settles(entry));
  EXPECT_EQ(answers(entry), done);
}

TEST_F(commands_in, with_a_key_only_signed_commands_are_carried_out) {
  config.has_command_key = true;
  env.command_key_value = "secret";
  connect();
  EXPECT_EQ(refusal(ping("unsigned")), "rejected malformed: ts");  // and from now on it reads
  const auto ts = std::to_string(redis_ms());
  const auto mac = signature("secret", in + "\na\n60000\n" + ts + "\nme\nping\n{}");
  const std::vector<std::string> right = {"id",   "a",    "ttl_ms", "60000", "actor", "me",   "cmd",
                                          "ping", "args", "{}",     "ts",    ts,      "hmac", mac};
  auto changed = right;
  changed[5] = "someone";
  EXPECT_EQ(refusal(send(changed)), "rejected bad_hmac");
  changed = right;
  changed.resize(12);
  EXPECT_EQ(refusal(send(changed)), "rejected bad_hmac") << "none at all";
  changed = right;
  changed[13] = "";
  EXPECT_EQ(refusal(send(changed)), "rejected bad_hmac");
  EXPECT_EQ(refusal(send({"id", "a", "ttl_ms", "60000", "actor", "me", "cmd", "ping", "hmac", mac})),
            "rejected malformed: ts")
      << "without a signed time it could be sent again for ever";
  EXPECT_EQ(carried_out(), 0);
  const auto entry = send(right);
  ASSERT_TRUE(settles(entry));
  EXPECT_EQ(answers(entry), done);
  EXPECT_EQ(refusal(send(right)), "rejected duplicate") << "replayed";
  EXPECT_EQ(carried_out(), 1);
}

}  // namespace
}  // namespace trapline::redis_bridge
