#include "trapline/sdk/book.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <vector>

namespace sdk = trapline::sdk;

namespace {

struct message {
  trapline_book head{};
  std::vector<trapline_level> levels;
};

message make(std::vector<trapline_level> bids, std::vector<trapline_level> asks, int price_exp = -1,
             int size_exp = -3) {
  message m;
  m.head.bid_count = static_cast<std::uint32_t>(bids.size());
  m.head.ask_count = static_cast<std::uint32_t>(asks.size());
  m.head.price_exp = static_cast<std::int8_t>(price_exp);
  m.head.size_exp = static_cast<std::int8_t>(size_exp);
  m.levels = std::move(bids);
  m.levels.insert(m.levels.end(), asks.begin(), asks.end());
  return m;
}

bool snapshot(sdk::book& b, const message& m) { return b.apply_snapshot(m.head, m.levels); }
bool delta(sdk::book& b, const message& m) { return b.apply_delta(m.head, m.levels); }

}  // namespace

TEST(book, best_levels_come_first_after_a_snapshot) {
  sdk::book b;
  ASSERT_TRUE(snapshot(b, make({{100, 5}, {99, 6}}, {{101, 7}, {102, 8}})));
  EXPECT_EQ(b.bid(0).price, 100);
  EXPECT_EQ(b.bid(1).price, 99);
  EXPECT_EQ(b.ask(0).price, 101);
  EXPECT_EQ(b.ask(1).price, 102);
}

TEST(book, is_invalid_until_its_first_snapshot) {
  sdk::book b;
  EXPECT_FALSE(b.valid());
  EXPECT_FALSE(delta(b, make({{100, 5}}, {})));
  EXPECT_FALSE(b.valid());
}

TEST(book, is_invalid_when_a_delta_crosses_it) {
  sdk::book b;
  ASSERT_TRUE(snapshot(b, make({{100, 5}}, {{101, 7}})));
  EXPECT_FALSE(delta(b, make({{101, 1}}, {})));
  EXPECT_FALSE(b.valid());
}

TEST(book, refuses_a_snapshot_that_is_out_of_order_or_has_an_empty_level) {
  sdk::book b;
  EXPECT_FALSE(snapshot(b, make({{99, 5}, {100, 5}}, {{101, 7}})));
  EXPECT_FALSE(snapshot(b, make({{100, 0}}, {{101, 7}})));
  EXPECT_FALSE(snapshot(b, make({{100, 1}}, {{100, 7}})));
}

TEST(book, adopts_a_finer_exponent_without_rounding) {
  sdk::book b;
  ASSERT_TRUE(snapshot(b, make({{100, 5}}, {{101, 7}}, -1, -3)));
  ASSERT_TRUE(delta(b, make({{1005, 50}}, {}, -2, -4)));
  EXPECT_EQ(b.price_exp(), -2);
  EXPECT_EQ(b.bid(0).price, 1005);
  EXPECT_EQ(b.bid(0).size, 50);
  EXPECT_EQ(b.bid(1).price, 1000);
  EXPECT_EQ(b.bid(1).size, 50);
}

TEST(book, agrees_with_a_map_over_any_sequence_of_deltas) {
  rc::check([] {
    sdk::book b;
    std::map<std::int64_t, std::int64_t, std::greater<>> bids;
    std::map<std::int64_t, std::int64_t> asks;
    ASSERT_TRUE(snapshot(b, make({{1000, 1}}, {{1001, 1}})));
    bids[1000] = asks[1001] = 1;
    const auto steps = *rc::gen::container<std::vector<std::tuple<bool, int, int>>>(
        rc::gen::tuple(rc::gen::arbitrary<bool>(), rc::gen::inRange(0, 40), rc::gen::inRange(0, 4)));
    for (const auto& [bid, offset, size] : steps) {
      const trapline_level l{bid ? 1000 - offset : 1001 + offset, size};
      ASSERT_TRUE(delta(b, bid ? make({l}, {}) : make({}, {l})));
      if (bid && size == 0) bids.erase(l.price);
      if (bid && size != 0) bids[l.price] = size;
      if (!bid && size == 0) asks.erase(l.price);
      if (!bid && size != 0) asks[l.price] = size;
    }
    RC_ASSERT(b.bid_count() == bids.size());
    RC_ASSERT(b.ask_count() == asks.size());
    std::size_t i = 0;
    for (const auto& [price, size] : bids) {
      RC_ASSERT(b.bid(i).price == price);
      RC_ASSERT(b.bid(i++).size == size);
    }
    i = 0;
    for (const auto& [price, size] : asks) {
      RC_ASSERT(b.ask(i).price == price);
      RC_ASSERT(b.ask(i++).size == size);
    }
  });
}
