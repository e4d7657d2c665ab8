// The rules by which relayed entries go onto the bus, without Redis.
#include "ingest_order.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <vector>

namespace trapline::redis_bridge {
namespace {

relayed entry_of(std::string_view boot, std::uint64_t seq, relay_count count, std::string_view type = relayed_event) {
  relayed r;
  r.type = type;
  r.boot_id = boot;
  r.seq = seq;
  r.count = count;
  r.topic = "md.trade.bitget.BTCUSDT";
  return r;
}

struct reader {
  ingest_order order;
  judgement trade(std::string_view boot, std::uint64_t seq, relay_count count, bool unfinished = false) {
    return order.judge(entry_of(boot, seq, count), TRAPLINE_EVENT_TRADE, false, false, unfinished);
  }
  judgement delta(std::string_view boot, std::uint64_t seq, relay_count count) {
    return order.judge(entry_of(boot, seq, count), TRAPLINE_EVENT_BOOK_DELTA, false, false, false);
  }
  judgement state(std::string_view boot, std::uint64_t seq, relay_count count) {
    return order.judge(entry_of(boot, seq, count, relayed_state), TRAPLINE_EVENT_BOOK_SNAPSHOT, false, false, false);
  }
};

TEST(ingest_order, passes_an_entry_on_once) {
  reader r;
  EXPECT_TRUE(r.trade("a", 1, {1, 0}).publish);
  const auto again = r.trade("a", 1, {1, 0});
  EXPECT_FALSE(again.publish);
  EXPECT_TRUE(again.repeated);
  EXPECT_TRUE(r.trade("a", 2, {2, 0}).publish);
}

TEST(ingest_order, begins_in_the_middle_of_a_stream_without_a_gap_because_nothing_was_promised) {
  reader r;
  const auto j = r.trade("a", 500, {300, 100});
  EXPECT_TRUE(j.publish);
  EXPECT_FALSE(j.trades_lost());
}

TEST(ingest_order, counts_what_a_trimmed_stream_has_lost_by_kind) {
  reader r;
  r.trade("a", 1, {1, 0});
  const auto j = r.trade("a", 100, {41, 50});
  EXPECT_TRUE(j.publish);
  EXPECT_EQ(j.trades, 39u);
  EXPECT_EQ(j.books, 50u);
  EXPECT_EQ(j.entries, 98u);
  EXPECT_EQ(j.flags, TRAPLINE_FLAG_AFTER_GAP);
  EXPECT_EQ(r.trade("a", 101, {42, 50}).flags, 0);
  EXPECT_EQ(r.delta("a", 102, {42, 51}).flags, TRAPLINE_FLAG_AFTER_GAP);
}

TEST(ingest_order, counts_what_the_spool_of_the_writer_gave_up_without_numbers) {
  reader r;
  r.trade("a", 1, {1, 0});
  EXPECT_FALSE(r.order.judge(entry_of("a", 2, {}, "gap"), 0, false, false, false).publish);
  const auto j = r.trade("a", 3, {12, 3});
  EXPECT_EQ(j.trades, 10u);
  EXPECT_EQ(j.books, 3u);
}

TEST(ingest_order, announces_no_gap_for_lost_tickers_alone) {
  reader r;
  r.trade("a", 1, {1, 0});
  const auto j = r.trade("a", 9, {2, 0});
  EXPECT_FALSE(j.trades_lost() || j.books_lost());
  EXPECT_EQ(j.entries, 7u);
}

TEST(ingest_order, a_new_run_of_the_writer_is_a_gap_of_unknown_size) {
  reader r;
  r.trade("a", 1, {1, 0});
  const auto j = r.trade("b", 1, {1, 0});
  EXPECT_TRUE(j.publish && j.unknown && j.trades_lost() && j.books_lost());
  EXPECT_FALSE(r.trade("b", 2, {2, 0}).trades_lost());
}

TEST(ingest_order, a_lapped_writer_is_a_gap_of_unknown_size_and_its_own_event_stays_away) {
  reader r;
  r.trade("a", 1, {1, 0});
  const auto j = r.order.judge(entry_of("a", 2, {1, 0}), TRAPLINE_EVENT_GAP, true, false, false);
  EXPECT_TRUE(j.unknown);
  EXPECT_FALSE(j.publish);
}

TEST(ingest_order, the_whole_book_is_for_those_who_do_not_have_it) {
  reader r;
  EXPECT_TRUE(r.state("a", 1, {0, 7}).publish);
  EXPECT_TRUE(r.delta("a", 2, {0, 8}).publish);
  EXPECT_FALSE(r.state("a", 3, {0, 8}).publish) << "the listener has it";
  EXPECT_EQ(r.delta("a", 6, {0, 11}).books, 2u);
  EXPECT_TRUE(r.state("a", 7, {0, 11}).publish) << "its book is lost";
  EXPECT_FALSE(r.state("a", 8, {0, 11}).publish);
  r.order.judge(entry_of("a", 9, {0, 11}), TRAPLINE_EVENT_GAP, false, true, false);  // the feed's own gap
  EXPECT_TRUE(r.state("a", 10, {0, 11}).publish);
}

TEST(ingest_order, the_instrument_is_for_those_who_have_not_seen_it) {
  reader r;
  const auto state = [&](std::uint64_t seq) {
    return r.order.judge(entry_of("a", seq, {}, relayed_state), TRAPLINE_EVENT_INSTRUMENT, false, false, false).publish;
  };
  EXPECT_TRUE(state(1));
  EXPECT_FALSE(state(2));
  EXPECT_TRUE(state(9)) << "it may have changed among what was lost";
}

TEST(ingest_order, what_another_reader_left_unfinished_counts_as_lost_with_the_entry_behind_it) {
  reader r;
  r.order.adopt({"a", 10, {5, 5}});
  EXPECT_FALSE(r.trade("a", 11, {6, 5}, true).publish);
  EXPECT_FALSE(r.trade("a", 12, {7, 5}, true).publish);
  const auto j = r.trade("a", 13, {8, 5});
  EXPECT_EQ(j.trades, 2u);
  EXPECT_EQ(j.entries, 2u);
  EXPECT_FALSE(r.order.owes());
}

TEST(ingest_order, what_the_first_reader_ever_left_unfinished_is_counted_from_the_streams_beginning) {
  reader r;
  r.trade("a", 1, {1, 0}, true);
  r.trade("a", 2, {2, 0}, true);
  const auto j = r.trade("a", 3, {3, 0});
  EXPECT_FALSE(j.unknown);
  EXPECT_EQ(j.trades, 2u);
  EXPECT_EQ(j.entries, 2u);
}

TEST(ingest_order, what_was_left_unfinished_is_told_when_nothing_comes_behind_it) {
  reader r;
  r.order.adopt({"a", 10, {5, 5}});
  r.trade("a", 11, {6, 5}, true);
  ASSERT_TRUE(r.order.owes());
  const auto j = r.order.settle();
  EXPECT_EQ(j.trades, 1u);
  EXPECT_EQ(j.entries, 1u);
  EXPECT_FALSE(r.order.owes());
  EXPECT_FALSE(r.trade("a", 12, {7, 5}).trades_lost());
}

TEST(ingest_order, a_gap_behind_what_was_left_unfinished_does_not_turn_the_watermark_back) {
  reader r;
  r.order.adopt({"a", 10, {5, 5}});
  r.trade("a", 11, {6, 5}, true);
  EXPECT_FALSE(r.order.judge(entry_of("a", 12, {}, "gap"), 0, false, false, false).publish);
  const auto j = r.order.settle();
  EXPECT_EQ(j.trades, 1u);
  EXPECT_EQ(j.entries, 2u) << "the one that is owed, and the number of the gap itself";
  EXPECT_EQ(r.order.at().seq, 12u);
  EXPECT_TRUE(r.trade("a", 12, {7, 5}).repeated);
}

TEST(ingest_order, what_redis_remembers_does_not_turn_back_what_was_passed_on) {
  reader r;
  r.trade("a", 5, {5, 0});
  r.order.adopt({"a", 3, {3, 0}});
  EXPECT_TRUE(r.trade("a", 5, {5, 0}).repeated);
}

// Whatever is trimmed, repeated or left unfinished: each trade is passed on once and in order, or counted in a gap in
// its place.
RC_GTEST_PROP(ingest_order, every_trade_is_passed_on_once_or_counted_as_lost, ()) {
  const auto fates = *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 8)));
  ingest_order order;
  order.judge(entry_of("a", 1, {1, 0}), TRAPLINE_EVENT_TRADE, false, false, false);
  std::uint64_t seq = 1, trades = 1, passed = 1, lost = 0;
  for (const int fate : fates) {
    ++seq;
    ++trades;
    if (fate == 0) continue;  // trimmed
    if (fate == 1) {
      --seq;
      continue;
    }  // never written: the spool was full
    const auto e = entry_of("a", seq, {trades, 0});
    const auto j = order.judge(e, TRAPLINE_EVENT_TRADE, false, false, fate == 2);
    lost += j.trades;
    passed += j.publish;
    if (j.publish) RC_ASSERT(passed + lost == trades);
    if (fate == 3) RC_ASSERT(!order.judge(e, TRAPLINE_EVENT_TRADE, false, false, false).publish);
  }
  if (order.owes()) {
    lost += order.settle().trades;
    RC_ASSERT(passed + lost <= trades);
  }
  const auto end = order.judge(entry_of("a", seq + 1, {trades + 1, 0}), TRAPLINE_EVENT_TRADE, false, false, false);
  RC_ASSERT(passed + lost + end.trades == trades);
}

}  // namespace
}  // namespace trapline::redis_bridge
