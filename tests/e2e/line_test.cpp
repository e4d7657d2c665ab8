// The demo's configuration, shortened: market, feed, detector, Redis, terminal.
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "stage.hpp"
#include "support/effort.hpp"
#include "support/eventually.hpp"

using nlohmann::json;

namespace {

// The demo with as many market seconds a second as the build can carry.
test::changes at_speed(int speed) {
  return {{"speed: 100", "speed: " + std::to_string(speed)},
          {"run_dir: ./run", "run_dir: ./run\n  drain_timeout: 30s"}};
}
const test::changes fast = at_speed(test::sanitized ? 20 : 200);

json key(test::stage& s, const std::string& name) { return json::parse(s.redis().ask({"GET", name}), nullptr, false); }

}  // namespace

TEST(line, carries_a_simulated_market_into_redis_and_reports_every_planted_episode) {
  test::stage s;
  const auto r = s.run({"run", s.config("demo", at_speed(test::sanitized ? 70 : 200)), "--seconds",
                        test::sanitized ? "80" : "28", "--view", "lines", "--metrics-file", "metrics"});
  ASSERT_EQ(r.code, 0) << r.err << s.log();
  EXPECT_NE(r.out.find("public=LIVE"), std::string::npos) << r.out;
  EXPECT_NE(r.out.find("private=LIVE"), std::string::npos);
  EXPECT_NE(r.out.find("planted episodes"), std::string::npos);
  for (const char* kind : {"stop_hunt", "bull_trap", "bear_trap", "fake_pump", "fake_dump", "spoofing"})
    EXPECT_NE(r.out.find(kind), std::string::npos) << kind << " was neither signalled nor listed as missed:\n" << r.out;
  EXPECT_EQ(s.metric_sum("metrics", "feed_malformed_total"), 0);
  EXPECT_EQ(s.metric_sum("metrics", "feed_book_invalid_total"), 0);
  EXPECT_EQ(s.metric_sum("metrics", "instance_faults_total"), -1);  // no instance ever faulted

  const json trap = key(s, "mm_trap_probability");
  ASSERT_TRUE(trap.is_object()) << s.redis().ask({"GET", "mm_trap_probability"});
  EXPECT_GE(trap["probability"].get<double>(), 0);
  EXPECT_LE(trap["probability"].get<double>(), 1);
  EXPECT_TRUE(trap.contains("intensity"));
  EXPECT_TRUE(trap.contains("pattern_type"));
  const json status = key(s, "ws_status");
  ASSERT_TRUE(status.is_object());
  EXPECT_EQ(status["status"], "DISCONNECTED");  // after an orderly stop
  for (const char* name :
       {"current_position", "position_targets", "current_trap_probability", "last_btc_price", "ws_last_update"})
    EXPECT_NE(s.redis().ask({"GET", name}), "(nil)") << name;
  EXPECT_EQ(s.redis().ask({"TYPE", "position_history"}), "list");
  const std::string symbol = "trapline:v1:{bitget:usdtm:BTCUSDT}:";
  for (const char* family : {"trades", "books", "tickers", "candles", "signals", "matrix"})
    EXPECT_GT(std::stoll(s.redis().ask({"XLEN", symbol + family})), 0) << family;
}

TEST(line, ends_in_order_on_sigterm_and_on_sigint) {
  for (const int sig : {SIGTERM, SIGINT}) {
    test::stage s;
    auto p = s.start({"run", s.config("demo", fast), "--view", "lines"});
    ASSERT_TRUE(test::eventually([&] { return p.out().find("public=LIVE") != std::string::npos || !p.running(); }))
        << s.log();
    p.signal(sig);
    EXPECT_EQ(p.wait(std::chrono::seconds(30)), 0) << p.err();
    EXPECT_NE(p.out().find("stopped:"), std::string::npos);
    EXPECT_TRUE(s.logged("[engine] stopped")) << s.log();
    EXPECT_EQ(key(s, "ws_status")["status"], "DISCONNECTED");
  }
}

TEST(line, live_view_draws_in_place_and_gives_the_terminal_back) {
  test::stage s;
  auto p = s.start({"run", s.config("demo", fast), "--seconds", "4"}, true);
  EXPECT_EQ(p.wait(std::chrono::seconds(40)), 0) << p.err() << s.log();
  const std::string screen = p.out();
  EXPECT_NE(screen.find("\x1b[?1049h"), std::string::npos);  // alternate screen on ...
  EXPECT_NE(screen.find("\x1b[?1049l"), std::string::npos);  // ... and off
  EXPECT_NE(screen.find("\x1b[?25h"), std::string::npos);    // the cursor is back
  for (const char* part : {"events/s", "feed public", "BTCUSDT", "position", "traps in BTCUSDT", "lag"})
    EXPECT_NE(screen.find(part), std::string::npos) << part;
}

TEST(line, keeps_the_seed_keys_alive_when_they_are_deleted) {
  test::stage s;
  auto p = s.start({"run", s.config("demo", fast), "--view", "off"});
  const auto all_there = [&] {
    for (const char* k : {"current_position", "position_targets", "ws_status", "ws_last_update"})
      if (s.redis().ask({"EXISTS", k}) != "1") return false;
    return true;
  };
  ASSERT_TRUE(test::eventually(all_there)) << s.log();
  s.redis().ask({"DEL", "current_position", "position_targets", "position_history", "ws_status", "ws_last_update"});
  EXPECT_TRUE(test::eventually(all_there));
  p.signal(SIGTERM);
  EXPECT_EQ(p.wait(std::chrono::seconds(30)), 0);
}

TEST(line, secrets_reach_no_output) {
  test::stage s;
  auto p = s.start({"run",
                    s.config("demo", {{"log: { level: info, file: ./run/trapline.log }",
                                       "log: { level: trace, file: ./run/trapline.log }"}}),
                    "--view", "lines"});
  ASSERT_TRUE(test::eventually([&] { return p.out().find("private=LIVE") != std::string::npos || !p.running(); }))
      << s.log();
  std::vector<std::string> secrets;
  for (const char* f : {"api_key", "api_secret", "api_passphrase"}) {
    std::string v = test::read_file(s.dir() + "/run/venue/" + f);
    v.resize(std::min(v.find('\n'), v.size()));
    ASSERT_GE(v.size(), 8u) << f;
    secrets.push_back(v);
  }
  std::string everything;
  std::istringstream keys(s.redis().ask({"KEYS", "*"}));
  for (std::string k; std::getline(keys, k, ',');) {
    std::erase_if(k, [](char c) { return c == '[' || c == ']'; });
    everything += s.redis().ask({"GET", k}) + s.redis().ask({"XRANGE", k, "-", "+"});
  }
  p.signal(SIGTERM);
  EXPECT_EQ(p.wait(std::chrono::seconds(30)), 0);
  everything += s.log() + p.out() + p.err();
  for (const auto& secret : secrets)
    for (std::size_t at = 0; at + 6 <= secret.size(); ++at)
      EXPECT_EQ(everything.find(secret.substr(at, 6)), std::string::npos) << "a piece of a secret was written out";
}
