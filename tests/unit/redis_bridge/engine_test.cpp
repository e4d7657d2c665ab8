// The plugin in the engine.
#include "trapline/engine.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "rig.hpp"
#include "support/eventually.hpp"
#include "support/redis_server.hpp"
#include "support/temp_dir.hpp"

namespace trapline::redis_bridge {
namespace {

using ::test::eventually;

class in_the_engine : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!::test::redis_server::available()) FAIL() << "redis-server is not installed; ./dev setup installs it";
  }
  std::string yaml(const std::string& url, const std::string& source, const std::string& more = {}) {
    return "engine: {log: {file: " + dir.path() + "/log}, plugin_dirs: [" TRAPLINE_BUILD_DIR "/plugins]}\n" +
           "lanes: {io: {overflow: lag}}\nplugins:\n  redis: {use: redis_bridge, lane: io, options: {url: \"" + url +
           "\", stream: {maxlen: {market: 10000000}}" + more + "}}\n" +
           (source.empty() ? "" : "  source: {use: trade_source, options: {" + source + "}}\n");
  }
  void start(engine& e, const std::string& text) {
    std::string problems;
    for (const auto& p : e.load_text(text, "test.yaml")) problems += p + "\n";
    ASSERT_EQ(problems, "");
    std::string error;
    ASSERT_TRUE(e.start(error)) << error;
  }
  std::string log() const {
    std::stringstream s;
    s << std::ifstream(dir.path() + "/log").rdbuf();
    return s.str();
  }
  engine_options options() const { return {TRAPLINE_BUILD_DIR "/tests/modules", dir.path() + "/run", false}; }

  ::test::temp_dir dir;
};

TEST_F(in_the_engine, every_trade_of_the_bus_reaches_redis_once_and_in_order) {
  ::test::redis_server server;
  engine e(options());
  ASSERT_NO_FATAL_FAILURE(start(e, yaml(server.url(), "count: 50000, burst: 100")));
  ASSERT_TRUE(eventually([&] { return e.metric_total("source_trades_total") == 50'000; }));
  std::string what;
  EXPECT_TRUE(e.stop(true, what)) << what;
  const auto r = test::read_trades(server.stream(test::trades_key));
  EXPECT_EQ(r.trade_ids, test::range(1, 50'000));
  EXPECT_TRUE(r.dense);
  EXPECT_EQ(nlohmann::json::parse(server.ask({"GET", "ws_status"}))["state"], "STOPPED");
  EXPECT_EQ(e.metric_total("redis_spool_dropped_total"), 0u);
  EXPECT_GT(e.metric_total("redis_commands_total"), 50'000u);
}

TEST_F(in_the_engine, a_hanging_redis_does_not_hold_the_bus_back) {
  ::test::redis_server server;
  engine e(options());
  ASSERT_NO_FATAL_FAILURE(start(e, yaml(server.url(), "count: 100000, burst: 200", ", spool: {max_commands: 2000}")));
  ASSERT_TRUE(eventually([&] { return e.metric_total("source_trades_total") > 1'000; }));
  server.pause();
  EXPECT_TRUE(eventually([&] { return e.metric_total("source_trades_total") == 100'000; }));
  EXPECT_EQ(e.bus_refusals(), 0u);
  server.resume();
  ASSERT_TRUE(eventually([&] { return e.metric_total("redis_spool_commands") == 0; }));
  std::string what;
  EXPECT_TRUE(e.stop(true, what)) << what;
  const auto r = test::read_trades(server.stream(test::trades_key));
  EXPECT_TRUE(r.dense);
  EXPECT_GT(r.lost, 0u);
  EXPECT_EQ(r.trade_ids.size() + r.lost, 100'000u);
  EXPECT_EQ(e.metric_total("redis_spool_dropped_total"), r.lost);
}

TEST_F(in_the_engine, a_bridge_that_ends_without_a_drain_says_what_it_loses) {
  engine e(options());
  ASSERT_NO_FATAL_FAILURE(start(e, yaml("unix:" + dir.path() + "/nobody", "count: 100")));
  ASSERT_TRUE(eventually([&] { return e.metric_total("redis_spool_commands") == 100; }));
  std::string what;
  EXPECT_TRUE(e.stop(false, what)) << what;
  EXPECT_EQ(e.metric_total("redis_spool_dropped_total"), 100u);
  EXPECT_EQ(e.metric_total("redis_spool_commands"), 0u);
  EXPECT_NE(log().find("Redis has not confirmed it: trades 100"), std::string::npos) << log();
}

TEST_F(in_the_engine, a_wrong_url_is_a_configuration_error_with_its_path) {
  engine e(options());
  const auto problems = e.load_text(yaml("redis://user:hunter2@localhost:1", ""), "test.yaml");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems[0].find("url"), std::string::npos) << problems[0];
  EXPECT_NE(problems[0].find("username and password"), std::string::npos) << problems[0];
  EXPECT_EQ(problems[0].find("hunter2"), std::string::npos) << problems[0];
}

TEST_F(in_the_engine, a_client_of_redis_asks_what_trapline_ctl_asks) {
  ::test::redis_server server;
  engine e(options());
  ASSERT_NO_FATAL_FAILURE(
      start(e, yaml(server.url(), "count: 100", ", commands: {allow: [status, \"debug:redis\", reset]}")));
  const auto ask = [&](const std::string& id, const std::string& cmd, const std::string& args) {
    server.ask(
        {"XADD", "trapline:v1:{cmd}:in", "*", "id", id, "ttl_ms", "60000", "actor", "me", "cmd", cmd, "args", args});
    std::map<std::string, std::string> last;
    eventually([&] {
      for (auto& r : server.stream("trapline:v1:{cmd}:reply"))
        if (r.at("id") == id) last = r;
      return !last.empty() && last.at("status") != "accepted";
    });
    return last;
  };
  auto r = ask("a", "status", "{}");
  EXPECT_EQ(r["status"], "done") << r["reason"];
  EXPECT_NE(r["result"].find("\"redis\""), std::string::npos) << r["result"];
  r = ask("b", "debug", R"({"instance":"redis"})");
  EXPECT_EQ(r["status"], "done") << r["reason"];
  EXPECT_NE(r["result"].find("\"connected\":true"), std::string::npos) << r["result"];
  r = ask("c", "debug", R"({"instance":"source"})");
  EXPECT_EQ(r["reason"], "not_allowed");
  r = ask("d", "reset", R"({"instance":"fed"})");
  EXPECT_EQ(r["status"], "rejected");
  EXPECT_NE(r["reason"].find("'fed'"), std::string::npos) << r["reason"];
  std::string what;
  EXPECT_TRUE(e.stop(true, what)) << what;
}

// The command takes away the instance that has to answer it.
TEST_F(in_the_engine, a_command_that_restarts_the_bridge_itself_is_carried_out_once_and_answered_once) {
  ::test::redis_server server;
  std::ofstream(dir.path() + "/key") << "secret";
  std::filesystem::permissions(dir.path() + "/key", std::filesystem::perms::owner_read);
  engine e(options());
  ASSERT_NO_FATAL_FAILURE(
      start(e, yaml(server.url(), "count: 100",
                    ", commands: {allow: [ping, \"restart:redis\"], hmac_key: \"file:" + dir.path() + "/key\"}")));
  const auto send = [&](const std::string& id, const std::string& cmd, const std::string& args) {
    const auto ts = std::to_string(
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count());
    server.ask(
        {"XADD", "trapline:v1:{cmd}:in", "*", "id", id, "ttl_ms", "60000", "actor", "me", "cmd", cmd, "args", args,
         "ts", ts, "hmac",
         test::signature("secret", "trapline:v1:{cmd}:in\n" + id + "\n60000\n" + ts + "\nme\n" + cmd + "\n" + args)});
  };
  const auto said = [&](const std::string& id) {
    std::string out;
    for (const auto& r : server.stream("trapline:v1:{cmd}:reply"))
      if (r.at("id") == id) out += r.at("status") + " " + r.at("reason") + ";";
    return out;
  };
  // What was signed before a run of the bridge began is too old for it.
  const auto reads = [&](const std::string& id) {
    server.ask({"XADD", "trapline:v1:{cmd}:in", "*", "id", id, "ttl_ms", "60000", "actor", "me", "cmd", "ping"});
    return eventually([&] { return said(id) == "rejected malformed: ts;"; });
  };
  ASSERT_TRUE(reads("x"));
  send("a", "restart", R"({"instance":"redis"})");
  EXPECT_TRUE(eventually([&] { return said("a") == "accepted ;rejected interrupted;"; })) << said("a");
  ASSERT_TRUE(reads("y"));
  send("b", "ping", "{}");
  EXPECT_TRUE(eventually([&] { return said("b") == "accepted ;done ;"; })) << said("b");
  EXPECT_EQ(said("a"), "accepted ;rejected interrupted;");
  std::string what;
  EXPECT_TRUE(e.stop(true, what)) << what;
}

TEST_F(in_the_engine, the_password_stays_out_of_the_log) {
  ::test::redis_server server({"--requirepass", "correct-horse-battery"});
  std::ofstream(dir.path() + "/secret") << "wrong-staple";
  std::filesystem::permissions(dir.path() + "/secret", std::filesystem::perms::owner_read);
  engine e(options());
  ASSERT_NO_FATAL_FAILURE(start(e, yaml(server.url(), "", ", password: \"file:" + dir.path() + "/secret\"")));
  EXPECT_TRUE(eventually([&] { return log().find("login to Redis was refused") != std::string::npos; }));
  std::string what;
  e.stop(true, what);
  EXPECT_EQ(log().find("staple"), std::string::npos);
}

TEST_F(in_the_engine, the_plugin_can_be_started_and_stopped_many_times) {
  ::test::redis_server server;
  for (int i = 0; i < 5; ++i) {
    engine e(options());
    ASSERT_NO_FATAL_FAILURE(start(e, yaml(server.url(), "count: 100")));
    ASSERT_TRUE(eventually([&] { return e.metric_total("source_trades_total") == 100; }));
    std::string what;
    EXPECT_TRUE(e.stop(true, what)) << what;
  }
  EXPECT_EQ(server.stream(test::trades_key).size(), 500u);
}

}  // namespace
}  // namespace trapline::redis_bridge
