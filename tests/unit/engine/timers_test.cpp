#include "time/timers.hpp"

#include <gtest/gtest.h>

using trapline::time::timers;

TEST(timers, fire_in_due_order_and_then_by_id) {
  timers t;
  std::uint64_t a = 0, b = 0, c = 0;
  t.set(1, 200, 0, 10, a);
  t.set(1, 100, 0, 11, b);
  t.set(1, 100, 0, 12, c);
  EXPECT_FALSE(t.due(99));
  for (const std::uint64_t expect : {b, c, a}) {
    const auto e = t.due(500);
    ASSERT_TRUE(e);
    EXPECT_EQ(e->id, expect);
    t.taken(e->id, 500);
    EXPECT_TRUE(t.delivered(e->id));
  }
  EXPECT_FALSE(t.due(1000));
}

TEST(timers, periods_that_passed_are_skipped_not_queued) {
  timers t;
  std::uint64_t id = 0;
  t.set(1, 100, 50, 0, id);
  t.taken(t.due(430)->id, 430);
  EXPECT_EQ(t.next_due(), 450);
}

TEST(timers, a_cancelled_expiry_in_flight_is_not_delivered) {
  timers t;
  std::uint64_t id = 0;
  t.set(1, 100, 0, 0, id);
  t.taken(t.due(100)->id, 100);
  EXPECT_EQ(t.cancel(1, id), TRAPLINE_OK);
  EXPECT_FALSE(t.delivered(id));
  EXPECT_EQ(t.cancel(1, id), TRAPLINE_E_NOT_FOUND);
}

TEST(timers, belong_to_the_instance_that_set_them) {
  timers t;
  std::uint64_t id = 0;
  t.set(1, 100, 0, 0, id);
  EXPECT_EQ(t.cancel(2, id), TRAPLINE_E_NOT_FOUND);
  t.cancel_all(1);
  EXPECT_EQ(t.next_due(), timers::never);
}

TEST(timers, a_one_shot_lost_with_its_lane_fires_again) {
  timers t;
  std::uint64_t id = 0;
  t.set(1, 100, 0, 0, id);
  t.taken(t.due(100)->id, 100);
  EXPECT_FALSE(t.due(200));
  t.requeue_lost();
  ASSERT_TRUE(t.due(200));
  t.taken(id, 200);
  EXPECT_TRUE(t.delivered(id));
}

TEST(timers, are_limited_per_instance) {
  timers t;
  std::uint64_t id = 0;
  for (std::size_t i = 0; i < timers::max_per_instance; ++i) ASSERT_EQ(t.set(1, 100, 0, 0, id), TRAPLINE_OK);
  EXPECT_EQ(t.set(1, 100, 0, 0, id), TRAPLINE_E_LIMIT);
  EXPECT_EQ(t.set(2, 100, 0, 0, id), TRAPLINE_OK);
  EXPECT_EQ(t.set(2, 100, -1, 0, id), TRAPLINE_E_INVALID);
}

TEST(timers, a_one_shot_that_was_requeued_and_arrives_after_all_is_gone) {
  timers t;
  std::uint64_t id = 0;
  ASSERT_EQ(t.set(1, 100, 0, 7, id), TRAPLINE_OK);
  ASSERT_TRUE(t.due(100));
  t.taken(id, 100);
  t.requeue_lost();  // the lane lost something, perhaps this
  EXPECT_TRUE(t.delivered(id));
  EXPECT_FALSE(t.due(1000));
  EXPECT_EQ(t.next_due(), timers::never);
}

TEST(timers, of_an_instance_are_numbered_by_it_alone) {
  timers alone, shared;
  std::uint64_t a = 0, b = 0, other = 0;
  for (int n = 0; n < 5; ++n) {
    ASSERT_EQ(alone.set(7, 100, 0, 0, a), TRAPLINE_OK);
    ASSERT_EQ(shared.set(2, 100, 0, 0, other), TRAPLINE_OK);
    ASSERT_EQ(shared.set(7, 100, 0, 0, b), TRAPLINE_OK);
    EXPECT_EQ(a, b);
    EXPECT_NE(b, other);
  }
}

TEST(timers, an_expiry_of_before_a_restart_is_not_taken_for_a_new_timer) {
  timers t;
  std::uint64_t before = 0, after = 0;
  ASSERT_EQ(t.set(1, 100, 0, 0, before), TRAPLINE_OK);
  t.taken(t.due(100)->id, 100);
  t.cancel_all(1);
  ASSERT_EQ(t.set(1, 100, 0, 0, after), TRAPLINE_OK);
  EXPECT_NE(before, after);
  EXPECT_FALSE(t.delivered(before));
}

TEST(timers, set_elsewhere_go_on_here_with_their_numbers) {
  timers here, there;
  std::uint64_t once = 0, again = 0, later = 0, other = 0;
  ASSERT_EQ(there.set(1, 100, 0, 5, once), TRAPLINE_OK);
  ASSERT_EQ(there.set(1, 50, 30, 6, again), TRAPLINE_OK);
  ASSERT_EQ(here.set(2, 60, 0, 7, other), TRAPLINE_OK);
  there.taken(there.due(50)->id, 50);
  here.take_over(there, 1);
  EXPECT_EQ(there.next_due(), timers::never);
  EXPECT_EQ(here.due(60)->id, other);
  here.taken(other, 60);
  EXPECT_EQ(here.due(80)->id, again);
  here.taken(again, 80);
  EXPECT_EQ(here.due(100)->cookie, 5u);
  ASSERT_EQ(here.set(1, 90, 0, 8, later), TRAPLINE_OK);
  EXPECT_NE(later, once);
  EXPECT_NE(later, again);
  EXPECT_EQ(here.cancel(1, once), TRAPLINE_OK);
}

TEST(timers, a_recorded_expiry_is_compared_with_what_was_set) {
  using recorded = timers::recorded;
  timers t;
  std::uint64_t once = 0, often = 0, gone = 0;
  ASSERT_EQ(t.set(3, 100, 0, 10, once), TRAPLINE_OK);
  ASSERT_EQ(t.set(3, 200, 50, 11, often), TRAPLINE_OK);
  ASSERT_EQ(t.set(3, 300, 0, 12, gone), TRAPLINE_OK);
  ASSERT_EQ(t.cancel(3, gone), TRAPLINE_OK);
  EXPECT_EQ(t.expired({once, 10, 3, 101}), recorded::differs) << "another time";
  EXPECT_EQ(t.expired({once, 99, 3, 100}), recorded::differs) << "another cookie";
  EXPECT_EQ(t.expired({once, 10, 3, 100}), recorded::deliver);
  EXPECT_TRUE(t.delivered(once));
  EXPECT_EQ(t.expired({once, 10, 3, 100}), recorded::cancelled) << "it has been";
  EXPECT_EQ(t.expired({often, 11, 3, 300}), recorded::deliver) << "two periods were skipped";
  EXPECT_EQ(t.expired({often, 11, 3, 300}), recorded::differs) << "the next is due later";
  EXPECT_EQ(t.expired({often, 11, 3, 350}), recorded::deliver);
  EXPECT_EQ(t.expired({gone, 12, 3, 300}), recorded::cancelled);
  EXPECT_EQ(t.expired({gone + 1, 0, 3, 300}), recorded::never_set);
  EXPECT_EQ(t.expired({once, 10, 4, 100}), recorded::never_set);
}
