// Login, secrets, and answers that arrive in pieces.
#include "proxy.hpp"
#include "rig.hpp"

namespace trapline::redis_bridge {
namespace {

using namespace test;

constexpr const char* right_password = "correct-horse-battery";

class login : public rig {
 protected:
  void SetUp() override {
    server_options = {"--requirepass", right_password};
    rig::SetUp();
    config.has_password = true;
  }
  bool secret_is_logged() const { return env.logged(right_password) > 0 || env.logged("staple") > 0; }
};

TEST_F(login, the_password_opens_the_server) {
  env.password_value = right_password;
  connect();
  trades(1, 10);
  ASSERT_TRUE(settled());
  EXPECT_EQ(server->stream(trades_key).size(), 10u);
  EXPECT_FALSE(secret_is_logged());
}

TEST_F(login, a_wrong_password_is_told_without_it) {
  env.password_value = "staple";
  make();
  ASSERT_TRUE(until([&] { return env.logged("login to Redis was refused") > 0; }));
  EXPECT_FALSE(core->connected());
  EXPECT_FALSE(secret_is_logged());
  for (int i = 0; i < 50; ++i) loop.poll(2 * millisecond);
  EXPECT_EQ(env.logged("login to Redis was refused"), 1) << "once, not at each attempt";
  EXPECT_NE(env.health_text.find("login"), std::string::npos) << env.health_text;
}

TEST_F(login, a_missing_password_is_told) {
  config.has_password = false;
  make();
  EXPECT_TRUE(until([&] { return env.logged("NOAUTH") > 0; }));
}

TEST_F(login, an_acl_user_can_log_in) {
  server->ask({"ACL", "SETUSER", "mm", "on", ">staple", "~*", "&*", "+@all"});
  config.username = "mm";
  env.password_value = "staple";
  connect();
  EXPECT_NE(server->ask({"CLIENT", "LIST"}).find("user=mm"), std::string::npos);
  EXPECT_FALSE(secret_is_logged());
}

TEST_F(login, a_user_without_admin_rights_still_works) {
  server->ask({"ACL", "SETUSER", "mm", "on", ">staple", "~*", "&*", "+@all", "-@admin", "-@dangerous", "-client|kill",
               "-info"});
  config.username = "mm";
  env.password_value = "staple";
  connect();
  trades(1, 10);
  ASSERT_TRUE(settled());
  EXPECT_EQ(server->stream(trades_key).size(), 10u);
}

TEST_F(login, the_database_of_the_url_is_selected) {
  env.password_value = right_password;
  config.database = 3;
  connect();
  ASSERT_TRUE(until([&] { return server->ask({"INFO", "keyspace"}).find("db3:") != std::string::npos; }));
  EXPECT_EQ(server->ask({"INFO", "keyspace"}).find("db0:"), std::string::npos);
}

TEST_F(login, a_silent_connection_is_probed_and_cut_if_nothing_answers) {
  env.password_value = right_password;
  config.position_period = config.orders_period = config.account_period = config.trap_period = 3'600 * second;
  config.ping_after = 20 * millisecond;
  config.reply_timeout = 100 * millisecond;
  connect();
  server->ask({"CONFIG", "RESETSTAT"});  // the server was probed at its start, too
  ASSERT_TRUE(until([&] { return server->ask({"INFO", "commandstats"}).find("cmdstat_ping") != std::string::npos; }));
  EXPECT_EQ(reconnects, 0u);
  server->pause();
  ASSERT_TRUE(until([&] { return env.logged("no answer from Redis within the time limit") > 0; }));
  server->resume();
  EXPECT_TRUE(until([&] { return core->connected(); }));
}

TEST_F(login, answers_may_arrive_byte_by_byte) {
  env.password_value = right_password;
  proxy between(server->folder() + "/proxy.sock", server->socket_path());
  between.one_by_one = true;
  config.endpoint.unix_path = between.path();
  connect();
  core->on_event(position(sample_position()));
  trades(1, 2'000);
  ASSERT_TRUE(settled());
  EXPECT_EQ(read_trades(server->stream(trades_key)).trade_ids, range(1, 2'000));
  EXPECT_TRUE(until([&] { return json("current_position")["has_position"] == true; }));
  EXPECT_EQ(errors, 0u);
  core.reset();
}

}  // namespace
}  // namespace trapline::redis_bridge
