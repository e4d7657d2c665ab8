#include "order_book.hpp"

#include <gtest/gtest.h>

#include "book_feed.hpp"
#include "crc32.hpp"

namespace {

using namespace trapline::paper_venue;

order_book two_sided() {
  order_book b;
  b.add(side::buy, 99, 10);
  b.add(side::buy, 98, 20);
  b.add(side::sell, 101, 5);
  b.add(side::sell, 103, 7);
  return b;
}

TEST(order_book, refuses_an_order_that_would_cross) {
  auto b = two_sided();
  EXPECT_FALSE(b.add(side::buy, 101, 1));
  EXPECT_FALSE(b.add(side::sell, 99, 1));
  EXPECT_TRUE(b.add(side::buy, 100, 1));
  EXPECT_EQ(b.best(side::buy), 100);
}

TEST(order_book, a_taker_eats_from_the_best_price_up_to_its_limit) {
  auto b = two_sided();
  std::vector<fill> fills;
  b.take(side::buy, 9, 102, fills);
  ASSERT_EQ(fills.size(), 1u);
  EXPECT_EQ(fills[0].tick, 101);
  EXPECT_EQ(fills[0].lots, 5);
  EXPECT_EQ(b.best(side::sell), 103);
  fills.clear();
  b.take(side::sell, 15, 1, fills);
  ASSERT_EQ(fills.size(), 2u);
  EXPECT_EQ(fills[1].lots, 5);
  EXPECT_EQ(b.at(side::buy, 98), 15);
}

TEST(order_book, pinned_lots_outlive_cancels_but_not_trades) {
  auto b = two_sided();
  b.add(side::buy, 99, 4);
  b.pin(side::buy, 99, 4);
  EXPECT_EQ(b.cancel(side::buy, 99, 100), 10);
  EXPECT_EQ(b.at(side::buy, 99), 4);
  std::vector<fill> fills;
  b.take(side::sell, 3, 99, fills);
  EXPECT_EQ(b.pinned(side::buy, 99), 1);
  b.unpin(side::buy, 99, 1);
  EXPECT_EQ(b.cancel(side::buy, 99, 100), 1);
  EXPECT_EQ(b.best(side::buy), 98);
}

TEST(book_feed, tells_each_change_once_and_deletes_only_what_was_told) {
  auto b = two_sided();
  book_feed feed(1000);
  ASSERT_TRUE(feed.publish(b, 7));
  EXPECT_EQ(feed.seq(), 1007);
  EXPECT_FALSE(feed.publish(b, 7));
  EXPECT_EQ(feed.seq(), 1007);
  b.add(side::buy, 97, 1);
  b.cancel(side::buy, 97, 1);  // came and went between two pushes: never told
  b.cancel(side::sell, 103, 7);
  b.add(side::buy, 99, 1);
  ASSERT_TRUE(feed.publish(b, 3));
  EXPECT_EQ(feed.previous_seq(), 1007);
  EXPECT_EQ(feed.seq(), 1010);
  ASSERT_EQ(feed.bid_changes().size(), 1u);
  EXPECT_EQ(feed.bid_changes()[0].lots, 11);
  ASSERT_EQ(feed.ask_changes().size(), 1u);
  EXPECT_EQ(feed.ask_changes()[0].tick, 103);
  EXPECT_EQ(feed.ask_changes()[0].lots, 0);
}

// Vectors of the protocol reference.
TEST(checksum, agrees_with_published_vectors) {
  EXPECT_EQ(static_cast<std::int32_t>(crc32("43231.1:4:43232.8:9:43231:6:43232.9:8")), -1504501796);
  EXPECT_EQ(static_cast<std::int32_t>(crc32("3366.1:7:3366.8:9:3368:8:3372:8")), 831078360);
}

TEST(checksum, alternates_sides_and_skips_a_side_that_has_ended) {
  order_book b;
  b.add(side::buy, 33661, 70);
  for (const auto& [tick, lots] : {std::pair{33668, 90}, {33680, 80}, {33720, 80}}) b.add(side::sell, tick, lots);
  book_feed feed(1);
  feed.publish(b, 1);
  const instrument i{"X", -1, -1};
  EXPECT_EQ(feed.checksum(i), static_cast<std::int32_t>(crc32("3366.1:7.0:3366.8:9.0:3368.0:8.0:3372.0:8.0")));
}

TEST(order_book, an_own_order_waits_for_everything_that_was_displayed_before_it) {
  order_book b;
  b.add(side::buy, 99, 10);
  ASSERT_TRUE(b.rest(side::buy, 99, 5, 7));
  b.add(side::buy, 99, 20);  // behind it
  EXPECT_EQ(b.at(side::buy, 99), 35);
  EXPECT_EQ(b.ahead(side::buy, 99, 7), 10);
  std::vector<fill> fills;
  b.take(side::sell, 10, 99, fills);
  EXPECT_EQ(fills.size(), 1u);
  EXPECT_EQ(fills[0].order_id, 0u);
  fills.clear();
  b.take(side::sell, 8, 99, fills);
  ASSERT_EQ(fills.size(), 2u);
  EXPECT_EQ(fills[0].order_id, 7u);
  EXPECT_EQ(fills[0].lots, 5);
  EXPECT_EQ(fills[1].lots, 3);
  EXPECT_EQ(b.at(side::buy, 99), 17);
}

TEST(order_book, those_behind_an_own_order_cancel_first) {
  order_book b;
  b.add(side::sell, 101, 10);
  b.rest(side::sell, 101, 5, 7);
  b.add(side::sell, 101, 4);
  EXPECT_EQ(b.cancel(side::sell, 101, 4), 4);
  EXPECT_EQ(b.ahead(side::sell, 101, 7), 10);
  EXPECT_EQ(b.cancel(side::sell, 101, 100), 10);
  EXPECT_EQ(b.ahead(side::sell, 101, 7), 0);
  EXPECT_EQ(b.at(side::sell, 101), 5) << "an own order is not canceled by others";
  EXPECT_EQ(b.cancel(side::sell, 101, 1), 0);
}

TEST(order_book, own_orders_of_a_tick_fill_in_the_order_of_their_coming) {
  order_book b;
  b.rest(side::buy, 99, 5, 7);
  b.add(side::buy, 99, 3);
  b.rest(side::buy, 99, 5, 8);
  std::vector<fill> fills;
  b.take(side::sell, 11, 1, fills);
  ASSERT_EQ(fills.size(), 3u);
  EXPECT_EQ(fills[0].order_id, 7u);
  EXPECT_EQ(fills[1].order_id, 0u);
  EXPECT_EQ(fills[2].order_id, 8u);
  EXPECT_EQ(fills[2].lots, 3);
  EXPECT_EQ(b.withdraw(side::buy, 99, 8), 2);
  EXPECT_EQ(b.withdraw(side::buy, 99, 8), 0);
  EXPECT_TRUE(b.empty(side::buy));
}

}  // namespace
