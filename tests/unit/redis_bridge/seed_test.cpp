// The seed's debug commands and restart protocol, word for word, in both vocabularies.
#include <cstdio>
#include <future>
#include <set>

#include "rig.hpp"

namespace trapline::redis_bridge {
namespace {

using namespace test;

class seed_commands : public rig, public ::testing::WithParamInterface<vocabulary> {
 protected:
  void SetUp() override {
    rig::SetUp();
    config.words = GetParam();
    env.fixed_now = event::default_ts;  // so that no detector falls silent
  }
  void the_market_goes_on(int n) {
    core->on_event(feed_status(n % 2 ? TRAPLINE_FEED_LIVE : TRAPLINE_FEED_BACKOFF));
    core->on_event(position(sample_position()));
    core->on_event(matrix(0.81));
  }
  // `redis-cli get KEY` never fails, and shows nothing or a whole document.
  void get_is_sound(const std::string& key) {
    const auto text = server->ask({"GET", key});
    EXPECT_FALSE(text.starts_with("(error)")) << key << " " << text;
    if (text == "(nil)") return;
    EXPECT_FALSE(nlohmann::json::parse(text, nullptr, false).is_discarded()) << key << " " << text;
  }
  void debug_commands_are_sound() {
    get_is_sound("ws_status");
    get_is_sound("mm_trap_probability");
  }
  // What `redis-cli monitor | grep -i WORD` would show since the log was reset.
  bool monitor_shows(const std::string& word) {
    return until([&] { return server->ask({"SLOWLOG", "GET", "5000"}).find(word) != std::string::npos; });
  }
  bool back(const std::string& key) {
    return until([&] { return server->ask({"EXISTS", key}) == "1"; });
  }
};

TEST_P(seed_commands, work_before_during_and_after_each_deletion) {
  debug_commands_are_sound();  // before there is a bridge
  server->ask({"CONFIG", "SET", "slowlog-log-slower-than", "0"});
  server->ask({"CONFIG", "SET", "slowlog-max-len", "5000"});
  connect();
  int n = 0;
  const std::vector<std::vector<std::string>> deletions = {
      {"current_position", "position_targets", "position_history"},
      {"ws_status", "ws_last_update"},
      {"mm_trap_probability"},
      {"ws_status"},
      {"current_position"},
  };
  for (const auto& keys : deletions) {
    the_market_goes_on(++n);
    for (const auto& key : keys) ASSERT_TRUE(back(key)) << key;
    debug_commands_are_sound();
    server->ask({"SLOWLOG", "RESET"});
    // In the middle of the bridge's work, again and again.
    auto command = keys;
    command.insert(command.begin(), "DEL");
    for (int i = 0; i < 20; ++i) {
      server->ask(command);
      debug_commands_are_sound();
      the_market_goes_on(++n);
      loop.poll(1 * millisecond);
    }
    server->ask(command);
    for (const auto& key : keys) EXPECT_TRUE(back(key)) << key;
    debug_commands_are_sound();
    EXPECT_TRUE(monitor_shows("current_position")) << "grep -i position";
    EXPECT_TRUE(monitor_shows("mm_websocket")) << "grep -i websocket";
  }
  EXPECT_EQ(json("current_position")["entry_price"], 84198.666);
  EXPECT_EQ(json("mm_trap_probability")["probability"], 0.81);
  EXPECT_EQ(errors, 0u);
}

// As printed there, in a shell.
TEST_P(seed_commands, work_in_a_shell_while_the_keys_are_deleted) {
  connect();
  the_market_goes_on(1);
  const auto shell = [&](const std::string& command) {
    auto answer = std::async(std::launch::async, [&] {
      const auto line = "timeout 20 redis-cli -s " + server->socket_path() + " " + command;
      const std::unique_ptr<FILE, int (*)(FILE*)> out(::popen(line.c_str(), "r"), ::pclose);
      std::string text;
      char part[4096];
      while (out && std::fgets(part, sizeof part, out.get())) text += part;
      return text;
    });
    int n = 0;
    EXPECT_TRUE(until([&] {
      if (++n % 10 == 0) the_market_goes_on(n / 10);
      return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    })) << command;
    return answer.get();
  };
  const auto works = [&](const char* when) {
    ASSERT_TRUE(back("ws_status") && back("mm_trap_probability") && back("current_position"));
    EXPECT_NE(shell("get ws_status").find("\"status\":"), std::string::npos) << when;
    EXPECT_NE(shell("monitor | grep -m1 -i \"position\"").find("position"), std::string::npos) << when;
    EXPECT_NE(shell("get mm_trap_probability").find("\"probability\":0.81"), std::string::npos) << when;
    EXPECT_NE(shell("monitor | grep -m1 -i \"websocket\"").find("mm_websocket"), std::string::npos) << when;
  };
  works("before");
  shell("del current_position position_targets position_history");
  works("after the first deletion");
  shell("del ws_status ws_last_update");
  works("after the second deletion");
}

TEST_P(seed_commands, every_field_that_the_seed_names_is_there_in_every_state) {
  const auto check = [&](const char* state) {
    for (const auto& f : seed_fields) {
      const std::string key(f.key);
      ASSERT_TRUE(back(key)) << key;
      if (GetParam() == vocabulary::plain) continue;
      EXPECT_TRUE(until([&] { return json(key).contains(std::string(f.field)); }))
          << key << "." << f.field << " " << state;
    }
  };
  connect();
  core->on_event(matrix(0.81));
  check("unknown");
  core->on_event(no_positions());
  ASSERT_TRUE(until([&] { return json("current_position")["has_position"] == false; }));
  check("flat");
  if (GetParam() == vocabulary::seed) {
    EXPECT_EQ(json("current_position")["entry_price"], 0.0) << "as the seed's object begins";
    EXPECT_EQ(json("current_position")["side"], "NEUTRAL");
  }
  core->on_event(position(sample_position()));
  ASSERT_TRUE(until([&] { return json("current_position")["has_position"] == true; }));
  check("open");
}

TEST_P(seed_commands, the_seeds_own_words_are_there_only_if_asked_for) {
  connect();
  the_market_goes_on(1);
  if (GetParam() == vocabulary::seed) {
    ASSERT_TRUE(until([&] { return json("ws_status")["consciousness_state"] == "DIVINE_CONNECTED"; }));
  }
  std::string all;
  for (const auto* key : {"ws_status", "current_position", "mm_trap_probability", "ws_debug"}) {
    ASSERT_TRUE(back(key)) << key;
    all += server->ask({"GET", key});
  }
  for (const auto* word : {"consciousness_level", "consciousness_state", "sacred_frequency", "DIVINE_CONNECTED"})
    EXPECT_EQ(all.find(word) != std::string::npos, GetParam() == vocabulary::seed) << word;
}

TEST_P(seed_commands, the_debug_rings_hold_the_newest_fifty_lines) {
  connect();
  for (int n = 1; n <= 70; ++n) core->on_event(feed_status(n % 2 ? TRAPLINE_FEED_LIVE : TRAPLINE_FEED_BACKOFF));
  ASSERT_TRUE(until([&] { return json("ws_debug")["message_queue"].size() == 50; }));
  EXPECT_NE(json("ws_debug")["message_queue"][0]["text"].get<std::string>().find("BACKOFF"), std::string::npos);
  EXPECT_EQ(json("ws_debug")["connection_state"], "DISCONNECTED");
  server->ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  EXPECT_TRUE(until([&] { return !json("ws_debug")["error_log"].empty(); }));
}

INSTANTIATE_TEST_SUITE_P(both, seed_commands, ::testing::Values(vocabulary::plain, vocabulary::seed),
                         [](const auto& i) { return i.param == vocabulary::seed ? "seed" : "plain"; });

}  // namespace
}  // namespace trapline::redis_bridge
