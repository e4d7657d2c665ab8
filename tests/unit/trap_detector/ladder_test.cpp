// Which orders that leave the book together are a ladder of one hand.
#include "patterns/ladder.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace trapline::trap {
namespace {

constexpr std::int64_t ms = 1'000'000;

// A bid of 10 coins that stood for two seconds, `bp` from a mid of 60,000.
rung order(double bp, double size = 10) {
  rung r;
  r.posted = 1'000 * ms, r.withdrawn = 3'000 * ms;
  r.size = size, r.bp = bp, r.price = 60'000 - 6 * bp, r.fits = true;
  return r;
}

struct leaving {
  layering_settings settings;
  ladder_watch watch{settings};
  std::vector<rung> standing;
  double weight = 30;
  // What the last one makes of all of them.
  ladder all(const std::vector<rung>& orders) {
    ladder out;
    for (const auto& r : orders) out = watch.leave(r, standing, 0, weight);
    return out;
  }
};

TEST(ladder, three_orders_alike_at_successive_prices_that_came_and_left_together_are_one) {
  leaving x;
  const ladder found = x.all({order(2), order(2.5, 11), order(3, 9)});
  EXPECT_EQ(found.of, ladder::lack::none);
  EXPECT_EQ(found.count, 3u);
  EXPECT_DOUBLE_EQ(found.size, 30);
  EXPECT_DOUBLE_EQ(found.bp, 2.5);
}

TEST(ladder, orders_strewn_over_the_side_are_none) {
  leaving x;
  EXPECT_EQ(x.all({order(2), order(7.5), order(13)}).of, ladder::lack::number);
  x.watch.reset();
  // Each is near the one in the middle, but not all of them are near each other.
  EXPECT_EQ(x.all({order(2), order(11), order(6.5)}).of, ladder::lack::likeness);
}

TEST(ladder, a_stranger_far_from_it_that_stays_is_not_of_it_and_one_among_its_orders_is) {
  for (const bool near : {false, true}) {
    leaving x;
    for (const double bp : {2.2, 2.8}) {
      rung stays = order(near ? bp : bp + 8);
      stays.withdrawn = 0, stays.fits = false;
      x.standing.push_back(stays);
    }
    EXPECT_EQ(x.all({order(2), order(2.5), order(3)}).of, near ? ladder::lack::leavers : ladder::lack::none);
  }
}

TEST(ladder, orders_of_all_sizes_that_leave_from_one_place_are_no_company_for_a_ladder) {
  for (const bool near : {false, true}) {
    leaving x;
    std::vector<rung> orders;
    for (const double size : {20.0, 40.0, 80.0}) orders.push_back(order(near ? 2.2 + 0.01 * size : 6.5, size));
    for (const double bp : {2.0, 2.5, 3.0}) orders.push_back(order(bp));
    EXPECT_EQ(x.all(orders).of, near ? ladder::lack::company : ladder::lack::none);
  }
}

TEST(ladder, one_order_that_a_stranger_mirrors_or_follows_makes_no_quote_of_it_and_half_of_them_do) {
  struct {
    bool rung::*of;
    ladder::lack makes;
  } const traits[] = {{&rung::mirrored, ladder::lack::one_side}, {&rung::followed, ladder::lack::place}};
  for (const auto& trait : traits)
    for (const std::size_t marked : {0, 1, 2, 3}) {
      leaving x;
      std::vector<rung> orders{order(2), order(2.5), order(3)};
      for (std::size_t i = 0; i < marked; ++i) orders[i].*trait.of = true;
      EXPECT_EQ(x.all(orders).of, marked < 2 ? ladder::lack::none : trait.makes) << marked;
    }
}

TEST(ladder, a_small_order_among_large_ones_is_of_it_and_a_ladder_of_small_ones_is_too_light) {
  leaving x;
  EXPECT_EQ(x.all({order(2, 8), order(2.5, 12), order(3, 11)}).count, 3u);
  x.watch.reset();
  EXPECT_EQ(x.all({order(2, 8), order(2.5, 9), order(3, 8)}).of, ladder::lack::weight);
  // One more of them, and it weighs as much.
  EXPECT_EQ(x.all({order(3.5, 8)}).count, 4u);
}

TEST(ladder, orders_that_left_one_after_the_other_are_none) {
  leaving x;
  std::vector<rung> orders{order(2), order(2.5), order(3)};
  for (std::size_t i = 0; i < 3; ++i) orders[i].withdrawn += static_cast<std::int64_t>(i) * 1'500 * ms;
  EXPECT_EQ(x.all(orders).of, ladder::lack::number);
}

TEST(ladder, an_order_that_was_traded_is_none_of_its_rungs_but_one_that_did_not_leave_with_it) {
  leaving x;
  std::vector<rung> orders{order(2), order(2.5), order(3), order(3.5), order(4)};
  for (const std::size_t i : {0, 1}) orders[i].fits = false, orders[i].filled = 10;
  EXPECT_EQ(x.all(orders).of, ladder::lack::leavers) << "two of five";
  x.watch.reset();
  EXPECT_EQ(x.all({orders[1], orders[2], orders[3], orders[4]}).count, 3u) << "one of four";
}

}  // namespace
}  // namespace trapline::trap
