// Commands in: carried out at most once, answered exactly once, whatever the client or the network does.
#include "proxy.hpp"
#include "rig.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

using namespace test;

class commands_in : public rig {
 protected:
  const std::string in = "trapline:v1:{cmd}:in", out = "trapline:v1:{cmd}:reply";

  void SetUp() override {
    rig::SetUp();
    config.commands_allowed = {"ping"};
  }
  // Writes an entry and returns its id in the stream.
  std::string send(const std::vector<std::string>& fields) {
    std::vector<std::string> words = {"XADD", in, "*"};
    words.insert(words.end(), fields.begin(), fields.end());
    return server->ask(words);
  }
  std::string ping(const std::string& id, const std::string& ttl = "60000") {
    return send({"id", id, "ttl_ms", ttl, "actor", "tester", "cmd", "ping"});
  }
  // "status reason" of all answers to an entry, in order.
  std::vector<std::string> answers(const std::string& entry) {
    std::vector<std::string> found;
    for (const auto& r : server->stream(out))
      if (r.at("entry") == entry) found.push_back(sdk::cat(r.at("status"), " ", r.at("reason")));
    return found;
  }
  bool settles(const std::string& entry) {
    return until([&] {
      const auto a = answers(entry);
      return !a.empty() && !a.back().starts_with("accepted");
    });
  }
  // The one answer to an entry that is refused at once.
  std::string refusal(const std::string& entry) {
    EXPECT_TRUE(settles(entry));
    const auto a = answers(entry);
    EXPECT_EQ(a.size(), 1u);
    return a.empty() ? "" : a[0];
  }
  std::int64_t redis_ms() {
    const auto t = server->ask({"TIME"});  // [seconds,microseconds]
    const auto comma = t.find(',');
    return std::stoll(t.substr(1, comma - 1)) * 1'000 + std::stoll(t.substr(comma + 1)) / 1'000;
  }
  int carried_out() const { return env.logged("is carried out"); }
  void nothing_is_left() {
    EXPECT_TRUE(until([&] { return server->ask({"XLEN", in}) == "0"; })) << "entries go with their final answer";
    EXPECT_TRUE(server->ask({"XPENDING", in, "trapline"}).starts_with("[0,"));
  }
};

const std::vector<std::string> done = {"accepted ", "done "};

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
