// The demo with all that redis_bridge offers: the further profile, the seed's words, commands; through kill and
// restart.
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "stage.hpp"
#include "support/eventually.hpp"

namespace {

using test::eventually;

test::changes with(const std::string& options) {
  return {{"speed: 100", "speed: 50"}, {"vocabulary: plain", "vocabulary: seed\n      " + options}};
}

nlohmann::json document(test::stage& s, const std::string& key) {
  return nlohmann::json::parse(s.redis().ask({"GET", key}), nullptr, false);
}

std::string answers_to(test::stage& s, const std::string& entry) {
  std::string out;
  for (const auto& r : s.redis().stream("trapline:v1:{cmd}:reply"))
    if (r.at("entry") == entry) out += r.at("status") + r.at("reason") + " ";
  return out;
}

std::string send(test::stage& s, const std::string& id) {
  return s.redis().ask(
      {"XADD", "trapline:v1:{cmd}:in", "*", "id", id, "ttl_ms", "60000", "actor", "e2e", "cmd", "refresh"});
}

}  // namespace

TEST(redis, the_running_program_serves_every_reader_and_survives_being_killed) {
  test::stage s;
  const auto file = s.config("demo", with("profile: omega\n      commands: { allow: [ping, refresh] }"));
  {
    auto p = s.start({"run", file, "--view", "lines"});
    for (const auto* key :
         {"ws_status", "ws_last_update", "ws_debug", "current_position", "position_targets", "mm_trap_probability",
          "current_trap_probability", "last_btc_price", "btc_movement_history", "btc_order_book_summary",
          "btc_market_regime", "trap_metrics", "long_trader_position", "trapline:v1:index"})
      EXPECT_TRUE(eventually([&] { return s.redis().ask({"EXISTS", key}) == "1"; })) << key << s.log();
    EXPECT_TRUE(eventually([&] { return document(s, "ws_status")["consciousness_state"] == "DIVINE_CONNECTED"; }));
    const auto verify = [&] { return s.run({"ctl", "verify"}); };
    EXPECT_TRUE(eventually([&] { return verify().code == 0; })) << verify().err;
    s.redis().ask({"CONFIG", "SET", "maxmemory", "1"});
    EXPECT_TRUE(eventually([&] { return verify().code == 1; }));
    EXPECT_NE(verify().err.find("OOM"), std::string::npos) << verify().err;
    s.redis().ask({"CONFIG", "SET", "maxmemory", "0"});
    EXPECT_TRUE(eventually([&] { return verify().code == 0; })) << verify().err;
    const auto entry = send(s, "once");
    EXPECT_TRUE(eventually([&] { return answers_to(s, entry) == "accepted done "; })) << answers_to(s, entry);
    p.signal(SIGKILL);
    EXPECT_EQ(p.wait(), 128 + SIGKILL);
  }
  s.redis().ask({"DEL", "ws_status"});
  auto p = s.start({"run", file, "--view", "lines"});
  EXPECT_TRUE(eventually([&] { return s.redis().ask({"EXISTS", "ws_status"}) == "1"; })) << s.log();
  const auto again = send(s, "once");
  EXPECT_TRUE(eventually([&] { return answers_to(s, again) == "rejectedduplicate "; })) << answers_to(s, again);
  p.signal(SIGTERM);
  EXPECT_EQ(p.wait(), 0) << p.err();
  EXPECT_EQ(document(s, "ws_status")["status"], "DISCONNECTED");
}

TEST(redis, wrong_options_are_refused_with_their_place) {
  test::stage s;
  for (const auto& [wrong, word] : std::vector<std::pair<std::string, std::string>>{
           {"commands: { allow: [reboot] }", "ping"},
           {"profile: omegaa", "omega"},
           {"on_wrongtype: delete", "rename"},
           {"commands: { hmac_key: plain-text-in-the-file }", "hmac_key"}}) {
    const auto r = s.run({"check", s.config("demo", with(wrong))});
    EXPECT_NE(r.code, 0) << wrong;
    EXPECT_NE((r.out + r.err).find(word), std::string::npos) << r.out << r.err;
    EXPECT_NE((r.out + r.err).find("demo-under-test.yaml:"), std::string::npos) << r.out << r.err;
  }
}
