#include "trapline/sdk/book.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstring>
#include <map>
#include <vector>

#include "trapline/sdk/host.hpp"

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

namespace {

// An event as it stands on the bus.
class event {
 public:
  event(std::uint16_t type, const message& m, std::uint16_t flags = TRAPLINE_FLAG_LAST_IN_BATCH) {
    const auto tail = m.levels.size() * sizeof(trapline_level);
    const auto size = sizeof(trapline_event) + sizeof(trapline_book) + tail;
    words_.resize(size / 8);
    auto* bytes = reinterpret_cast<char*>(words_.data());
    trapline_event head = sdk::make_event(type, 1, 1, 0, 0, flags);
    head.size = static_cast<std::uint32_t>(size);
    std::memcpy(bytes, &head, sizeof head);
    std::memcpy(bytes + sizeof head, &m.head, sizeof m.head);
    if (tail > 0) std::memcpy(bytes + sizeof head + sizeof m.head, m.levels.data(), tail);
  }
  bool to(sdk::book& b) const {
    const auto& e = *reinterpret_cast<const trapline_event*>(words_.data());
    return b.apply(e, *sdk::payload<trapline_book>(e));
  }
  trapline_event& head() { return *reinterpret_cast<trapline_event*>(words_.data()); }

 private:
  std::vector<std::uint64_t> words_;
};

message numbered(message m, std::uint64_t seq, std::uint64_t prev) {
  m.head.venue_seq = seq;
  m.head.venue_prev_seq = prev;
  return m;
}

const message start = numbered(make({{100, 5}, {99, 6}}, {{102, 7}}), 10, 0);

}  // namespace

TEST(book, follows_the_numbers_of_the_venue) {
  sdk::book b;
  ASSERT_TRUE(event(TRAPLINE_EVENT_BOOK_SNAPSHOT, start).to(b));
  EXPECT_TRUE(event(TRAPLINE_EVENT_BOOK_DELTA, numbered(make({{100, 6}}, {}), 12, 10)).to(b));
  EXPECT_TRUE(event(TRAPLINE_EVENT_BOOK_DELTA, numbered(make({{100, 7}}, {}), 15, 12)).to(b));
  EXPECT_EQ(b.venue_seq(), 15u);
  EXPECT_EQ(b.bid(0).size, 7);
}

TEST(book, is_invalid_after_a_sequence_gap_until_the_next_snapshot) {
  sdk::book b;
  ASSERT_TRUE(event(TRAPLINE_EVENT_BOOK_SNAPSHOT, start).to(b));
  EXPECT_FALSE(event(TRAPLINE_EVENT_BOOK_DELTA, numbered(make({{100, 6}}, {}), 12, 11)).to(b));
  EXPECT_FALSE(b.valid());
  EXPECT_FALSE(event(TRAPLINE_EVENT_BOOK_DELTA, numbered(make({{100, 6}}, {}), 12, 10)).to(b));
  EXPECT_TRUE(event(TRAPLINE_EVENT_BOOK_SNAPSHOT, start).to(b));
  EXPECT_TRUE(b.valid());
}

TEST(book, is_invalid_after_a_delta_before_which_events_were_dropped) {
  for (const auto flag : {TRAPLINE_FLAG_CONFLATED, TRAPLINE_FLAG_AFTER_GAP}) {
    const auto flags = static_cast<std::uint16_t>(TRAPLINE_FLAG_LAST_IN_BATCH | flag);
    sdk::book b;
    ASSERT_TRUE(event(TRAPLINE_EVENT_BOOK_SNAPSHOT, start, flags).to(b)) << "a snapshot needs nothing before it";
    EXPECT_FALSE(event(TRAPLINE_EVENT_BOOK_DELTA, make({{100, 6}}, {}), flags).to(b));
    EXPECT_FALSE(b.valid());
  }
}

TEST(book, is_invalid_after_a_gap_event_that_concerns_it) {
  for (const int channel : {TRAPLINE_GAP_BUS, TRAPLINE_GAP_BOOK, TRAPLINE_GAP_TRADE, TRAPLINE_GAP_PRIVATE}) {
    sdk::book b;
    ASSERT_TRUE(event(TRAPLINE_EVENT_BOOK_SNAPSHOT, start).to(b));
    trapline_gap gap{};
    gap.channel = static_cast<std::uint8_t>(channel);
    b.apply(gap);
    EXPECT_EQ(b.valid(), channel == TRAPLINE_GAP_TRADE || channel == TRAPLINE_GAP_PRIVATE) << channel;
  }
}

TEST(book, waits_for_the_end_of_a_message_of_several_events) {
  sdk::book b;
  ASSERT_TRUE(event(TRAPLINE_EVENT_BOOK_SNAPSHOT, start).to(b));
  EXPECT_TRUE(event(TRAPLINE_EVENT_BOOK_DELTA, make({{103, 1}}, {}), 0).to(b));
  EXPECT_FALSE(b.valid()) << "the bids have moved through the asks, which are to follow";
  EXPECT_TRUE(event(TRAPLINE_EVENT_BOOK_DELTA, make({}, {{102, 0}, {104, 1}})).to(b));
  EXPECT_TRUE(b.valid());
  EXPECT_TRUE(event(TRAPLINE_EVENT_BOOK_DELTA, make({{105, 1}}, {}), 0).to(b));
  EXPECT_FALSE(event(TRAPLINE_EVENT_BOOK_DELTA, make({}, {})).to(b)) << "still crossed at the end";
}

TEST(book, refuses_an_event_with_fewer_levels_than_it_says) {
  sdk::book b;
  ASSERT_TRUE(event(TRAPLINE_EVENT_BOOK_SNAPSHOT, start).to(b));
  event cut(TRAPLINE_EVENT_BOOK_DELTA, make({{100, 6}, {98, 1}}, {}));
  cut.head().size -= 8;
  EXPECT_FALSE(cut.to(b));
  EXPECT_FALSE(b.valid());
}

TEST(book, refuses_to_grow_beyond_its_bound) {
  sdk::book b(2);
  EXPECT_FALSE(snapshot(b, make({{100, 1}, {99, 1}, {98, 1}}, {})));
  ASSERT_TRUE(snapshot(b, make({{100, 1}, {99, 1}}, {})));
  EXPECT_TRUE(delta(b, make({{100, 2}, {99, 0}, {98, 1}}, {})));
  EXPECT_FALSE(delta(b, make({{97, 1}}, {})));
  EXPECT_FALSE(b.valid());
}

TEST(book, refuses_numbers_that_its_exponents_cannot_hold) {
  sdk::book b;
  ASSERT_TRUE(snapshot(b, make({{INT64_MAX / 2, 5}}, {}, 0, 0)));
  EXPECT_FALSE(delta(b, make({{1, 5}}, {}, -1, 0)));
  EXPECT_FALSE(b.valid());
}

// The reference: two maps, and the rules of the ABI written down plainly.
RC_GTEST_PROP(book, agrees_with_a_map_over_any_sequence_of_events, ()) {
  sdk::book b;
  std::map<std::int64_t, std::int64_t, std::greater<>> bids;
  std::map<std::int64_t, std::int64_t> asks;
  bool valid = false;
  std::uint64_t seq = 0;
  const auto steps = *rc::gen::inRange(0, 200);
  for (int step = 0; step < steps; ++step) {
    const auto what = *rc::gen::inRange(0, 20);
    if (what == 0) {
      b.invalidate();
      valid = false;
      continue;
    }
    const bool fresh = what == 1 || step == 0;
    const bool torn = what == 2, conflated = what == 3;
    std::map<std::int64_t, std::int64_t, std::greater<>> bid_changes;
    std::map<std::int64_t, std::int64_t> ask_changes;
    const auto changes = *rc::gen::inRange(0, 30);
    // The bids of a delta may, rarely, reach the asks: then the book is crossed.
    for (int i = 0; i < changes; ++i) {
      const auto size = *rc::gen::inRange(fresh ? 1 : 0, 4);
      if (*rc::gen::arbitrary<bool>()) bid_changes[*rc::gen::inRange(900, fresh ? 1000 : 1002)] = size;
      else ask_changes[*rc::gen::inRange(1001, 1100)] = size;
    }
    std::vector<trapline_level> bid_levels, ask_levels;
    for (const auto& [price, size] : bid_changes) bid_levels.push_back({price, size});
    for (const auto& [price, size] : ask_changes) ask_levels.push_back({price, size});
    const auto m = numbered(make(bid_levels, ask_levels), seq + 1, fresh ? 0 : torn ? seq + 7 : seq);
    const auto flags =
        static_cast<std::uint16_t>(TRAPLINE_FLAG_LAST_IN_BATCH | (conflated ? TRAPLINE_FLAG_CONFLATED : 0));
    event(fresh ? TRAPLINE_EVENT_BOOK_SNAPSHOT : TRAPLINE_EVENT_BOOK_DELTA, m, flags).to(b);

    if (fresh) {
      bids.clear();
      asks.clear();
      valid = true;
    }
    valid = valid && (fresh || (!conflated && (!torn || seq == 0)));
    if (valid) {
      for (const auto& [price, size] : bid_changes) bids[price] = size;
      for (const auto& [price, size] : ask_changes) asks[price] = size;
      std::erase_if(bids, [](const auto& l) { return l.second == 0; });
      std::erase_if(asks, [](const auto& l) { return l.second == 0; });
      seq += 1;
      valid = bids.empty() || asks.empty() || bids.begin()->first < asks.begin()->first;
    }
    RC_ASSERT(b.valid() == valid);
    if (!valid) continue;
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
  }
}
