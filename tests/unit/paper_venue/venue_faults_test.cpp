#include <gtest/gtest.h>

#include "client_book.hpp"
#include "venue_fixture.hpp"

namespace {

using namespace trapline::paper_venue;
using nlohmann::json;

TEST_F(venue_test, faults_happen_when_the_script_says_and_each_is_logged_once) {
  settings_.faults =
      parse_faults({"1 seq_gap", "2 wrong_checksum", "3 truncate", "4 silence ticker", "5 notice_30033 1"});
  auto& l = connect();
  run(10);  // the script's clock begins with the first subscription
  say(l, sub_books);
  say(l, subscribe("ticker"));
  int gaps = 0, bad_sums = 0, torn = 0, notices = 0, tickers = 0;
  std::int64_t seq = 0;
  client_book book;
  for (int k = 0; k < 40; ++k) {
    run(0.2);
    for (const auto& text : std::exchange(l.texts, {})) {
      const auto m = json::parse(text, nullptr, false);
      if (m.is_discarded()) {
        ++torn;
        seq = 0;
        continue;
      }
      notices += m.contains("code") && m["code"] == 30033;
      if (!m.contains("arg") || m.contains("event")) continue;
      tickers += m["arg"]["channel"] == "ticker" && k >= 25;
      if (m["arg"]["channel"] != "books") continue;
      const auto& d = m["data"][0];
      gaps += m["action"] == "update" && seq != 0 && d["pseq"] != seq;
      seq = d["seq"];
      book.seq = d["pseq"];
      if (m["action"] == "update" && gaps > 0) continue;  // its book is broken from here on
      book.apply(m);
      bad_sums += d["checksum"] != book.checksum();
    }
  }
  EXPECT_EQ(gaps, 1);
  EXPECT_EQ(bad_sums, 0);
  EXPECT_EQ(torn, 1);
  EXPECT_EQ(notices, 1);
  EXPECT_EQ(tickers, 0);
  EXPECT_TRUE(l.aborted);
  EXPECT_EQ(logs_.size(), 5u);
  EXPECT_EQ(venue_->counts().faults, 5u);
}

TEST_F(venue_test, a_falsified_checksum_is_wrong_once) {
  settings_.faults = parse_faults({"1 wrong_checksum"});
  auto& l = connect();
  say(l, sub_books);
  client_book book;
  int wrong = 0, right = 0;
  for (int k = 0; k < 20; ++k) {
    run(0.2);
    for (const auto& m : l.take()) {
      if (m.contains("event")) continue;
      book.apply(m);
      (m["data"][0]["checksum"] == book.checksum() ? right : wrong)++;
    }
  }
  EXPECT_EQ(wrong, 1);
  EXPECT_GT(right, 15);
}

TEST_F(venue_test, a_refused_login_and_a_drop_come_from_the_script_too) {
  settings_.faults = parse_faults({"0 login_refused", "1 drop"});
  auto& l = connect("/v2/ws/private");
  say(l, sub_books);
  run(0.1);
  say(l, login());
  EXPECT_EQ(json::parse(l.texts.back())["code"], 30005);
  EXPECT_NE(l.close_code, 0);
  auto& second_try = connect("/v2/ws/private");
  say(second_try, login());
  EXPECT_EQ(json::parse(second_try.texts.back())["code"], 0);
  EXPECT_FALSE(second_try.aborted);
  run(2);
  EXPECT_TRUE(second_try.aborted);
}

TEST_F(venue_test, a_close_storm_closes_every_new_connection_while_it_lasts) {
  settings_.faults = parse_faults({"1 close_storm 5"});
  auto& l = connect();
  say(l, sub_books);
  run(1.1);
  EXPECT_EQ(l.close_code, 1001);
  EXPECT_EQ(connect().close_code, 1001);
  run(5);
  EXPECT_EQ(connect().close_code, 0);
}

TEST_F(venue_test, in_a_black_hole_nothing_is_heard_and_nothing_is_said) {
  settings_.faults = parse_faults({"1 black_hole 5"});
  auto& l = connect();
  say(l, sub_books);
  run(1.1);
  l.texts.clear();
  say(l, "ping");
  run(3);
  EXPECT_TRUE(l.texts.empty());
  EXPECT_EQ(l.close_code, 0);
  EXPECT_FALSE(l.aborted);
  run(3);
  EXPECT_FALSE(l.texts.empty());
}

TEST_F(venue_test, a_lost_ack_leaves_the_subscription_in_force) {
  auto& l = connect();
  say(l, subscribe("ticker"));
  venue_->inflict(parse_fault("0 lost_ack"));
  l.texts.clear();
  say(l, sub_books);
  EXPECT_EQ(only(l)["action"], "snapshot");
}

TEST_F(venue_test, random_faults_come_from_the_seed_at_their_rate) {
  settings_.faults_per_minute = 30;
  settings_.ping_timeout = 100'000 * second;
  std::vector<std::string> logs[2];
  for (auto& log : logs) {
    venue_.reset();
    links_.clear();
    logs_.clear();
    wall_ = virtual_ = start;
    auto& l = connect();
    say(l, sub_books);
    run(60);
    log = logs_;
  }
  EXPECT_EQ(logs[0], logs[1]);
  EXPECT_GT(logs[0].size(), 12u);
}

}  // namespace
