#include "spool.hpp"

#include <gtest/gtest.h>

#include <random>

#include "entries.hpp"
#include "fake_environment.hpp"

namespace trapline::redis_bridge {
namespace {

using namespace test;

class spool_of_three : public ::testing::Test {
 protected:
  void add(std::uint32_t log, int n, std::size_t padding = 0) {
    entry e;
    e.type = "trade";
    e.ts = 1000 + n;
    e.fields.add("n", std::int64_t{n});
    if (padding > 0) e.fields.add("p", std::string(padding, 'x'));
    s.append(log, std::move(e));
  }
  // Sends up to `n` commands; returns them.
  std::vector<std::string> send(int n, std::int64_t mono = 0) {
    std::vector<std::string> out;
    for (int i = 0; i < n; ++i) {
      std::string command;
      std::uint32_t index = 0;
      if (!s.next(command, index, mono)) break;
      out.push_back(command);
      sent.push_back(index);
    }
    return out;
  }
  static bool has(const std::string& command, std::string_view name, std::string_view value) {
    std::string pair;
    append(pair, name);
    append(pair, value);
    return command.find(pair) != std::string::npos;
  }
  static void append(std::string& out, std::string_view v) {
    out += "$" + std::to_string(v.size()) + "\r\n" + std::string(v) + "\r\n";
  }

  fake_environment env;
  meters m;
  spool s{10, 1 << 20, "boot-a", env, m};
  std::uint32_t trades = s.open("t", family::trades, false, 100);
  std::uint32_t books = s.open("b", family::books, false, 100);
  std::uint32_t orders = s.open("o", family::orders, false, 100);
  std::vector<std::uint32_t> sent;
};

TEST_F(spool_of_three, entries_are_numbered_from_one_per_log) {
  add(trades, 7);
  add(trades, 8);
  add(books, 9);
  const auto out = send(9);
  ASSERT_EQ(out.size(), 3u);
  EXPECT_TRUE(has(out[0], "n", "7") && has(out[0], "seq", "1") && has(out[0], "boot_id", "boot-a"));
  EXPECT_TRUE(has(out[1], "n", "8") && has(out[1], "seq", "2"));
  EXPECT_TRUE(has(out[2], "n", "9") && has(out[2], "seq", "1"));
}

TEST_F(spool_of_three, the_account_goes_before_market_data) {
  add(trades, 1);
  add(orders, 2);
  send(2);
  EXPECT_EQ(sent, (std::vector<std::uint32_t>{orders, trades}));
}

TEST_F(spool_of_three, a_full_spool_gives_up_the_oldest_market_data_first_and_says_how_much) {
  for (int n = 1; n <= 8; ++n) add(trades, n);
  for (int n = 1; n <= 6; ++n) add(orders, n);
  EXPECT_EQ(s.commands(), 10u);
  EXPECT_EQ(s.dropped(), 4u);
  const auto out = send(20);
  ASSERT_EQ(out.size(), 6u + 1u + 4u);
  for (int n = 0; n < 6; ++n) EXPECT_TRUE(has(out[static_cast<std::size_t>(n)], "n", std::to_string(n + 1)));
  EXPECT_TRUE(has(out[6], "type", "gap") && has(out[6], "lost", "4") && has(out[6], "reason", "spool_overflow") &&
              has(out[6], "seq", "1"));
  EXPECT_TRUE(has(out[6], "first_ts", "1001") && has(out[6], "last_ts", "1004"));
  EXPECT_TRUE(has(out[7], "n", "5") && has(out[7], "seq", "2"));
}

TEST_F(spool_of_three, a_spool_full_of_orders_gives_up_newly_arriving_trades) {
  for (int n = 1; n <= 10; ++n) add(orders, n);
  add(trades, 1);
  add(trades, 2);
  EXPECT_EQ(s.dropped(), 2u);
  const auto out = send(20);
  ASSERT_EQ(out.size(), 11u);
  EXPECT_TRUE(has(out[10], "type", "gap") && has(out[10], "lost", "2"));
}

TEST_F(spool_of_three, orders_are_given_up_when_nothing_else_is_left) {
  for (int n = 1; n <= 12; ++n) add(orders, n);
  EXPECT_EQ(s.dropped(), 2u);
  const auto out = send(20);
  ASSERT_EQ(out.size(), 11u);
  EXPECT_TRUE(has(out[0], "lost", "2"));
  EXPECT_TRUE(has(out[1], "n", "3"));
}

TEST_F(spool_of_three, orders_and_fills_outlive_positions_and_signals) {
  const auto fills = s.open("f", family::fills, false, 100), positions = s.open("p", family::positions, false, 100),
             signals = s.open("s", family::signals, false, 100);
  for (int n = 1; n <= 5; ++n) {
    add(orders, n);
    add(fills, n);
  }
  for (int n = 1; n <= 5; ++n) {
    add(positions, n);
    add(signals, n);
  }
  EXPECT_EQ(s.dropped(), 10u);
  int kept = 0, markers = 0;
  for (const auto& c : send(20)) (has(c, "type", "gap") ? markers : kept) += 1;
  EXPECT_EQ(kept, 10) << "all orders and fills";
  EXPECT_EQ(markers, 2) << "one for the positions, one for the signals";
}

TEST_F(spool_of_three, the_limit_in_bytes_holds) {
  for (int n = 0; n < 5; ++n) add(books, n, 400'000);
  EXPECT_LE(s.bytes(), std::uint64_t{1} << 20);
  EXPECT_EQ(s.dropped(), 3u);
}

TEST_F(spool_of_three, what_is_in_flight_is_never_given_up) {
  for (int n = 1; n <= 10; ++n) add(trades, n);
  send(10);
  for (int n = 11; n <= 15; ++n) add(trades, n);
  EXPECT_EQ(s.dropped(), 5u);
  s.connection_lost();
  s.resume(trades, 0);
  const auto out = send(20);
  ASSERT_EQ(out.size(), 11u);
  EXPECT_TRUE(has(out[0], "n", "1") && has(out[0], "seq", "1"));
  EXPECT_TRUE(has(out[10], "lost", "5") && has(out[10], "seq", "11"));
}

TEST_F(spool_of_three, after_a_break_a_log_goes_on_behind_what_arrived) {
  for (int n = 1; n <= 6; ++n) add(trades, n);
  send(6);
  s.answered(trades, false, 0);
  s.connection_lost();
  EXPECT_TRUE(s.wants_resume(trades));
  EXPECT_TRUE(send(1).empty()) << "nothing goes out before the log is read back";
  s.resume(trades, 4);
  const auto out = send(9);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_TRUE(has(out[0], "n", "5") && has(out[0], "seq", "5"));
  EXPECT_TRUE(has(out[1], "n", "6") && has(out[1], "seq", "6"));
  EXPECT_EQ(s.dropped(), 0u);
}

TEST_F(spool_of_three, a_second_break_while_resending_loses_and_repeats_nothing) {
  for (int n = 1; n <= 6; ++n) add(trades, n);
  send(6);
  s.connection_lost();
  s.resume(trades, 2);
  send(2);  // 3 and 4 are out again
  s.connection_lost();
  s.resume(trades, 3);
  const auto out = send(9);
  ASSERT_EQ(out.size(), 3u);
  EXPECT_TRUE(has(out[0], "n", "4") && has(out[0], "seq", "4"));
  EXPECT_TRUE(has(out[2], "n", "6") && has(out[2], "seq", "6"));
}

TEST_F(spool_of_three, confirmed_entries_that_redis_lost_are_announced_under_the_number_of_the_last) {
  for (int n = 1; n <= 6; ++n) add(trades, n);
  send(6);
  for (int n = 1; n <= 4; ++n) s.answered(trades, false, 0);
  s.connection_lost();
  s.resume(trades, 0);
  const auto out = send(9);
  ASSERT_EQ(out.size(), 3u);
  EXPECT_TRUE(has(out[0], "type", "gap") && has(out[0], "reason", "redis_lost") && has(out[0], "lost", "4"));
  EXPECT_TRUE(has(out[0], "from_seq", "1") && has(out[0], "to_seq", "4") && has(out[0], "seq", "4"));
  EXPECT_TRUE(has(out[0], "repeated_at_most", "2"));
  EXPECT_TRUE(has(out[1], "n", "5") && has(out[1], "seq", "5"));
  EXPECT_EQ(s.dropped(), 4u);
  EXPECT_EQ(env.logged("has lost 4 confirmed entries"), 1);
}

TEST_F(spool_of_three, refused_entries_are_sent_again_in_order_after_the_wait) {
  for (int n = 1; n <= 3; ++n) add(trades, n);
  send(2);
  s.answered(trades, true, 1000);
  EXPECT_TRUE(send(1).empty()) << "not before the fate of those in flight is known";
  s.answered(trades, true, 1000);
  EXPECT_TRUE(send(1, 999).empty());
  s.wake_all();
  const auto first = send(9, 1000);
  ASSERT_EQ(first.size(), 1u) << "one at first: it may be refused again";
  EXPECT_TRUE(has(first[0], "n", "1") && has(first[0], "seq", "1"));
  s.answered(trades, true, 2000);
  EXPECT_TRUE(send(1, 1999).empty());
  s.wake_all();
  ASSERT_EQ(send(9, 2000).size(), 1u);
  s.answered(trades, false, 0);
  const auto out = send(9, 2000);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_TRUE(has(out[1], "n", "3") && has(out[1], "seq", "3"));
  EXPECT_EQ(s.dropped(), 0u);
}

TEST_F(spool_of_three, an_entry_refused_in_front_of_a_taken_one_is_announced_as_lost) {
  for (int n = 1; n <= 4; ++n) add(trades, n);
  send(3);
  s.answered(trades, true, 1000);
  s.answered(trades, false, 1000);
  s.answered(trades, false, 1000);
  const auto out = send(9);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_TRUE(has(out[0], "type", "gap") && has(out[0], "reason", "redis_refused") && has(out[0], "lost", "1"));
  EXPECT_TRUE(has(out[0], "from_seq", "1") && has(out[0], "to_seq", "1"));
  EXPECT_TRUE(has(out[1], "n", "4"));
  EXPECT_EQ(s.dropped(), 1u);
}

TEST_F(spool_of_three, an_order_refused_in_front_of_a_taken_one_comes_again_under_a_new_number) {
  for (int n = 1; n <= 4; ++n) add(orders, n);
  send(4);
  s.answered(orders, false, 0);
  s.answered(orders, true, 100);
  s.answered(orders, true, 100);
  s.answered(orders, false, 0);
  const auto out = send(9);
  ASSERT_EQ(out.size(), 3u);
  EXPECT_TRUE(has(out[0], "reason", "reordered") && has(out[0], "lost", "0") && has(out[0], "from_seq", "2") &&
              has(out[0], "to_seq", "3") && has(out[0], "seq", "5"));
  EXPECT_TRUE(has(out[1], "n", "2") && has(out[1], "seq", "6"));
  EXPECT_TRUE(has(out[2], "n", "3") && has(out[2], "seq", "7"));
  for (int i = 0; i < 3; ++i) s.answered(orders, false, 0);
  EXPECT_TRUE(s.empty());
  EXPECT_EQ(s.bytes(), 0u);
  EXPECT_EQ(s.dropped(), 0u);
}

// As above, where the answers to the last ones are lost with the connection.
TEST_F(spool_of_three, refused_orders_come_again_after_a_broken_connection_too) {
  for (int n = 1; n <= 3; ++n) add(orders, n);
  send(3);
  s.answered(orders, true, 100);
  s.connection_lost();
  sent.clear();
  s.resume(orders, 3);  // Redis holds the third
  const auto out = send(9);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_TRUE(has(out[0], "reason", "reordered") && has(out[0], "from_seq", "1"));
  EXPECT_TRUE(has(out[1], "n", "1") && has(out[1], "seq", "5"));
  for (int i = 0; i < 2; ++i) s.answered(orders, false, 0);
  EXPECT_TRUE(s.empty());
  EXPECT_EQ(s.bytes(), 0u);
}

TEST_F(spool_of_three, a_dropped_gap_keeps_its_count) {
  auto e = make_entry(gap(TRAPLINE_GAP_BUS, 50, topic_sys), {});
  s.append(trades, std::move(e));
  for (int n = 1; n <= 10; ++n) add(trades, n);  // pushes the gap out
  const auto out = send(1);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_TRUE(has(out[0], "type", "gap") && has(out[0], "lost", "50"));
  EXPECT_EQ(s.dropped(), 0u) << "those were lost on the bus, not here";
}

TEST_F(spool_of_three, the_accounts_of_commands_and_bytes_end_at_zero) {
  std::mt19937 random(7);
  int n = 0;
  for (int round = 0; round < 20'000; ++round) {
    const auto log = static_cast<std::uint32_t>(random() % 3);
    switch (random() % 8) {
      case 0:
      case 1:
      case 2:
        add(log, ++n, random() % 50);
        break;
      case 3:
      case 4: {
        std::string command;
        std::uint32_t index = 0;
        s.wake_all();
        if (sent.size() < 5 && s.next(command, index, round)) sent.push_back(index);
        break;
      }
      case 5:
      case 6:
        if (!sent.empty()) {
          s.answered(sent.front(), random() % 10 == 0, round + 3);
          sent.erase(sent.begin());
        }
        break;
      default:
        if (random() % 20 == 0) {
          sent.clear();
          s.connection_lost();
          for (std::uint32_t i = 0; i < 3; ++i) s.wants_resume(i) ? s.repeat_unconfirmed(i) : s.skip_resume(i);
        }
    }
    ASSERT_LE(s.commands(), 10u + 5u) << "beyond the limit are at most what is in flight";
  }
  for (int round = 0; round < 1000 && !s.empty(); ++round) {
    s.wake_all();
    send(100, 1'000'000);
    for (const auto i : sent) s.answered(i, false, 0);
    sent.clear();
  }
  EXPECT_TRUE(s.empty());
  EXPECT_EQ(s.commands(), 0u);
  EXPECT_EQ(s.bytes(), 0u);
}

}  // namespace
}  // namespace trapline::redis_bridge
