// Behaviours of the connections themselves, against the venue with its faults on.
#include <gtest/gtest.h>

#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <deque>
#include <fstream>

#include "support/temp_dir.hpp"
#include "trapline/abi/svc/log.h"
#include "world.hpp"

namespace trapline::sim {
namespace {

bool goes_live(world& w, std::int64_t limit = minute) {
  return w.run_until([&] { return w.live(); }, limit);
}

// A market in which hardly anything happens: for what is about connections.
setup quiet(double speed = 0.01) {
  setup s;
  s.market_speed = speed;
  s.feed.stale_after = s.feed.stale_ticker = 2 * minute;
  s.feed.stale_candle = 10 * minute;
  s.trader_pause = 5;
  return s;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

bool full_length() { return std::getenv("TRAPLINE_SIM_FULL") != nullptr; }

std::int64_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::int64_t size = 0, resident = 0;
  in >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

}  // namespace

TEST(sim, W2_ten_minutes_of_a_quiet_private_connection_are_20_pings_and_no_alarm) {
  auto s = quiet();
  s.feed.channels = {};
  world w(s);
  w.trader.active = false;
  ASSERT_TRUE(goes_live(w));
  int pings = 0;
  w.to_server = [&](std::string_view, std::string& text) {
    pings += text == "ping";
    return true;
  };
  w.run(10 * minute);
  EXPECT_GE(pings, 20);
  EXPECT_EQ(w.connects, 1u);
  EXPECT_TRUE(w.live());
  for (const auto& l : w.logs) EXPECT_LT(l.severity, TRAPLINE_LOG_WARN) << l.text;
  EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
}

TEST(sim, W3_a_half_open_connection_is_given_up_within_40_s_and_replaced) {
  world w(quiet(0.2));
  ASSERT_TRUE(goes_live(w));
  w.run(7 * second);
  const auto since = w.time();
  w.network.half_open();
  ASSERT_TRUE(w.run_until([&] { return !w.live(); }, minute));
  EXPECT_LE(w.time() - since, 40 * second);
  ASSERT_TRUE(goes_live(w));
  EXPECT_LE(w.time() - since, 50 * second);
  w.run(10 * second);
  EXPECT_EQ(w.network.connections(), 2u);
  EXPECT_EQ(w.venue->sessions(), 2u);
  EXPECT_EQ(w.connects, 4u);
  EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
}

TEST(sim, W4_a_slow_login_and_a_lost_acknowledgement_end_with_everything_subscribed_and_nothing_too_early) {
  for (const std::string api : {"v2", "v3"}) {
    auto s = quiet(0.2);
    s.api = api;
    world w(s);
    bool logged_in = false, lost_one = false;
    std::map<std::string, std::deque<std::int64_t>> sent;
    w.to_server = [&](std::string_view path, std::string& text) {
      auto& times = sent[std::string(path)];
      times.push_back(w.time());
      while (times.front() <= w.time() - second) times.pop_front();
      EXPECT_LE(times.size(), 10u) << "messages in one second";
      const bool early = !logged_in && path.find("private") != path.npos && text.find("subscribe") != text.npos;
      EXPECT_FALSE(early) << "subscribed before the login's answer: " << text;
      return true;
    };
    w.to_client = [&](std::string_view path, std::string& text) {
      if (path.find("private") == path.npos) return true;
      if (text.find("\"event\":\"login\"") != text.npos) logged_in = true;
      const bool ack = text.find("\"event\":\"subscribe\"") != text.npos;
      return !ack || std::exchange(lost_one, true);
    };
    w.inflict("delay 5000 6");
    ASSERT_TRUE(goes_live(w));
    EXPECT_TRUE(lost_one);
    EXPECT_EQ(w.connects, 2u);
    w.trader.active = false;
    w.run(minute);
    EXPECT_TRUE(w.live());
    EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
  }
}

TEST(sim, W8_a_clock_that_is_off_is_corrected_up_to_20_s_and_refused_in_plain_words_beyond) {
  for (const int off : {5, -5, 15, -15, 25, -25, 60, -60}) {
    auto s = quiet(0.1);
    s.budget = false;
    world w(s);
    w.restart_feed();
    w.clock_error = off * second;
    int logins = 0;
    w.to_server = [&](std::string_view, std::string& text) {
      logins += text.find("\"op\":\"login\"") != text.npos;
      return true;
    };
    const bool small = std::abs(off) < 20;
    EXPECT_EQ(w.run_until([&] { return w.live(); }, 30 * second), small) << off;
    EXPECT_EQ(w.lines_with("login was refused"), 0u) << off;
    if (small) {
      EXPECT_EQ(logins, 1) << off;
      continue;
    }
    EXPECT_EQ(logins, 0) << off;
    EXPECT_EQ(w.feed().private_state(), TRAPLINE_FEED_FAILED) << off;
    EXPECT_EQ(w.lines_with("correct the clock (NTP)"), 1u) << off;
    w.clock_error = 0;
    EXPECT_TRUE(goes_live(w, 6 * minute)) << off;
  }
}

TEST(sim, W8_after_a_jump_of_the_clock_the_next_login_succeeds_at_once) {
  for (const int jump : {15, -15}) {
    world w(quiet(0.1));
    ASSERT_TRUE(goes_live(w));
    w.run(minute);
    w.clock_error = jump * second;
    w.run(10 * minute);
    EXPECT_TRUE(w.live());
    w.network.cut();
    ASSERT_TRUE(w.run_until([&] { return !w.live(); }, second));
    EXPECT_TRUE(goes_live(w, 5 * second)) << jump;
    EXPECT_EQ(w.connects, 4u);
    EXPECT_EQ(w.lines_with("login was refused"), 0u);
    EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
  }
}

TEST(sim, W9_a_venue_that_accepts_and_closes_for_an_hour_sees_at_most_130_attempts) {
  world w(quiet());
  ASSERT_TRUE(goes_live(w));
  w.inflict("close_storm 3600");
  const auto before = w.connects;
  w.run(hour);
  EXPECT_LE(w.connects - before, 130u);
  EXPECT_GE(w.connects - before, 20u);
  EXPECT_TRUE(goes_live(w, 6 * minute));
  EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
}

TEST(sim, W9_a_feed_that_is_killed_again_and_again_stays_within_the_budget_of_connects) {
  auto s = quiet();
  s.is_private = false;
  world w(s);
  ASSERT_TRUE(goes_live(w));
  w.inflict("close_storm 1200");
  for (int i = 0; i < 400; ++i) {
    w.restart_feed();
    const auto connects = w.connects;
    w.run(400 * ms);
    EXPECT_EQ(w.connects, connects) << "the first wait was none";
    w.run(1600 * ms);
  }
  for (std::size_t i = 0; i + 60 < w.connect_times.size(); ++i)
    ASSERT_GE(w.connect_times[i + 60] - w.connect_times[i], 300 * second) << "61 connects in 5 minutes";
  EXPECT_GT(w.connect_refusals, 10u);
  EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
}

// The whole of it, with the markets at full speed: trapline_sim --rotations 30.
TEST(sim, W10_thirty_days_are_thirty_rotations_without_a_gap_of_a_book_or_a_fill_told_twice) {
  auto s = quiet(0.002);
  s.feed.channels = {"trade", "books"};
  s.feed.stale_after = 30 * minute;
  s.feed.reconcile_interval = 10 * minute;
  world w(s);
  ASSERT_TRUE(goes_live(w));
  // Sanitizers see in ten days what they would in thirty.
  const std::uint64_t days = sanitized ? 10 : 30, rotations = 2 * (days * 24 / 23);  // public and private, every 23 h
  w.run(static_cast<std::int64_t>(days) * 24 * hour);
  EXPECT_EQ(w.metric("feed_rotations_total"), rotations);
  EXPECT_EQ(w.connects, 2 + rotations);
  EXPECT_EQ(w.market->counts().gaps, 0u);
  EXPECT_EQ(w.metric("feed_reconnects_total"), 0u);
  EXPECT_GT(w.account->fills(), 6 * days);
  w.trader.active = false;
  trader::clear(*w.venue->the_simulation());
  w.run(minute);
  EXPECT_EQ(w.account->difference(), "");
  EXPECT_EQ(w.lines_with("asked by REST, the venue corrects"), 0u);
  EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
}

// 10,000 of them with TRAPLINE_SIM_FULL set.
TEST(sim, W11_connects_failures_and_closes_without_end_leave_nothing_behind) {
  auto s = quiet(0.02);
  s.budget = false;
  s.feed.channels = {"trade", "books", "ticker"};
  s.feed.stable_after = 100 * ms;
  world w(s);
  w.trader.active = false;
  w.run(2 * hour);  // until what the simulation itself remembers of the venue has its full size
  const int cycles = full_length() ? 10'000 : 400;
  std::int64_t resident = 0;
  for (int i = 0; i < cycles; ++i) {
    if (i == cycles / 4) resident = resident_bytes();
    ASSERT_TRUE(goes_live(w)) << i;
    w.run(200 * ms);
    if (i % 3 == 0) w.network.cut();
    else if (i % 3 == 1) w.inflict("close_storm 0");
    else w.network.half_open();
    ASSERT_TRUE(w.run_until([&] { return !w.live(); }, minute)) << i;
    w.logs.clear();
    w.states.clear();
  }
  ASSERT_TRUE(goes_live(w));
  w.run(15 * second);
  EXPECT_EQ(w.network.connections(), 2u);
  EXPECT_EQ(w.venue->sessions(), 2u);
  EXPECT_LT(w.network.waiting(), 200u);
  if (!sanitized) {
    EXPECT_LT(resident_bytes() - resident, 2 << 20);
  }
  EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
}

// Every event, log line and report is searched while it is published; here with what goes wrong around secrets.
TEST(sim, W17_no_piece_of_a_secret_is_in_any_output_when_logins_and_requests_are_refused) {
  auto s = quiet(0.2);
  s.budget = false;
  world w(s);
  ASSERT_TRUE(goes_live(w));
  w.check_text("the debug report", w.feed().debug_json());
  w.inflict("login_refused 2");
  w.inflict("rest_error 400 5");
  w.network.cut();
  w.run(30 * second);
  EXPECT_EQ(w.feed().private_state(), TRAPLINE_FEED_FAILED);
  w.check_text("the debug report", w.feed().debug_json());
  w.passphrase = w.secret.substr(3);
  w.restart_feed();
  w.run(30 * second);
  w.check_text("the debug report", w.feed().debug_json());
  EXPECT_GT(w.logs.size(), 10u);
  EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
  w.check_text("a line that holds one", "x" + w.secret.substr(5, 6));
  EXPECT_EQ(w.findings.count(), 1u) << "the search itself finds nothing";
}

TEST(sim, W21_an_address_of_another_environment_is_never_connected_to) {
  const test::temp_dir dir;
  const auto file = dir.path() + "/endpoint.json";
  std::ofstream(file) << R"({"public":"wss://localhost:1/v2/ws/public","private":"wss://localhost:1/v2/ws/private",)"
                      << R"("rest":"https://localhost:1","ca_file":""})";
  using enum mm_ws::environment;
  for (const auto e : {paper, live, demo}) {
    auto s = quiet();
    s.feed.endpoint_file = file;
    s.feed.environment = e;
    world w(s);
    w.run(minute);
    EXPECT_EQ(w.connects, e == paper ? 2u : 0u);
    EXPECT_EQ(w.rest_calls, e == paper ? 1u : 0u);
    EXPECT_EQ(w.lines_with("correct the address or the environment") > 0, e != paper);
  }
}

TEST(sim, W22_a_refused_login_names_its_cause_and_is_not_repeated_without_end) {
  struct wrong {
    std::string world::*what;
    const char* advice;
  };
  for (const auto& [what, advice] :
       {wrong{&world::key, "check credentials.key"}, wrong{&world::passphrase, "check credentials.passphrase"},
        wrong{&world::secret, "check credentials.secret"}}) {
    auto s = quiet(0.1);
    s.feed.rest_enabled = false;  // which would find out by itself
    s.budget = false;
    world w(s);
    w.*what = "SomethingThatIsNot";
    w.restart_feed();
    int logins = 0;
    w.to_server = [&](std::string_view, std::string& text) {
      logins += text.find("\"op\":\"login\"") != text.npos;
      return true;
    };
    w.run(20 * minute);
    EXPECT_EQ(logins, 2) << advice;
    EXPECT_EQ(w.feed().private_state(), TRAPLINE_FEED_FAILED);
    EXPECT_GT(w.lines_with(advice), 0u);
    EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
  }
}

TEST(sim, W22_an_error_that_repeats_for_ten_minutes_is_at_most_a_line_a_minute) {
  world w(quiet(0.1));
  ASSERT_TRUE(goes_live(w));
  w.inflict("rest_error 503 100000");
  w.logs.clear();
  w.run(10 * minute);
  EXPECT_LE(w.lines_with("was not reconciled"), 11u);
  EXPECT_GE(w.lines_with("40725"), 1u);
  EXPECT_EQ(w.findings.count(), 0u) << w.findings.text();
}

}  // namespace trapline::sim
