// The detector without an engine: trades with times of our choosing.
#include "burst.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace {

using volume_burst::detector;
using volume_burst::taker;

constexpr std::int64_t second = 1'000'000'000;

// A quiet market: ten trades a second of size 1, buys and sells in turn, at an unchanged price.
class market {
 public:
  explicit market(detector& d) : detector_(d) {}

  void quiet(int seconds) {
    for (int i = 0; i < seconds * 10; ++i) trade(1, i % 2 == 0 ? taker::buy : taker::sell, 0);
  }
  // `seconds` of `size` times the quiet volume, all on one side; each trade moves the price by `step`.
  void push(int seconds, double size, taker side, double step) {
    for (int i = 0; i < seconds * 10; ++i) trade(size, side, step);
  }
  void pause(std::int64_t ns) { now_ += ns; }
  std::int64_t now() const { return now_; }

 private:
  void trade(double size, taker side, double step) {
    now_ += second / 10;
    price_ += step;
    detector_.add(now_, price_, size, side);
  }

  detector& detector_;
  std::int64_t now_ = 1'700'000'000 * second;
  double price_ = 60000;
};

}  // namespace

TEST(burst, of_one_sided_volume_that_moves_the_price_is_found_and_ends) {
  detector d({});
  market m(d);
  m.quiet(200);
  ASSERT_TRUE(d.now().warm);
  ASSERT_NEAR(d.now().ratio, 1, 0.15);
  ASSERT_FALSE(d.bursting());
  const auto before = m.now();
  m.push(5, 8, taker::buy, 1);
  EXPECT_TRUE(d.bursting());
  EXPECT_GT(d.onset(), before);
  EXPECT_TRUE(d.now().up);
  EXPECT_NEAR(d.now().ratio, 7, 1);  // its newest eighth is not full
  EXPECT_GT(d.now().move_bp, 2);
  m.quiet(10);
  EXPECT_FALSE(d.bursting());
}

TEST(burst, of_sales_is_down) {
  detector d({});
  market m(d);
  m.quiet(200);
  m.push(5, 8, taker::sell, -1);
  EXPECT_TRUE(d.bursting());
  EXPECT_FALSE(d.now().up);
  EXPECT_LT(d.now().move_bp, -2);
}

TEST(burst, is_none_where_the_price_stands_or_goes_the_other_way) {
  for (const double step : {0.0, -1.0}) {
    detector d({});
    market m(d);
    m.quiet(200);
    m.push(5, 8, taker::buy, step);
    EXPECT_GE(d.now().ratio, 4);
    EXPECT_FALSE(d.bursting()) << step;
  }
}

TEST(burst, is_none_where_both_sides_trade) {
  detector d({});
  market m(d);
  m.quiet(200);
  for (int i = 0; i < 25; ++i) {
    m.push(1, 8, taker::buy, 1);
    m.push(1, 8, taker::sell, 1);
    EXPECT_FALSE(d.bursting());
  }
  EXPECT_LT(d.now().share, 0.7);
}

TEST(burst, is_none_in_a_window_with_too_few_trades) {
  volume_burst::settings s;
  s.trades = 60;  // the market below makes 50 in a window
  detector d(s);
  market m(d);
  m.quiet(200);
  m.push(5, 8, taker::buy, 1);
  EXPECT_GE(d.now().ratio, 4);
  EXPECT_FALSE(d.bursting());
}

TEST(burst, is_not_looked_for_before_the_baseline_is_complete) {
  detector d({});
  market m(d);
  m.quiet(100);
  m.push(5, 8, taker::buy, 1);
  EXPECT_FALSE(d.now().warm);
  EXPECT_FALSE(d.bursting());
}

TEST(burst, ends_and_the_baseline_begins_anew_after_a_loss) {
  detector d({});
  market m(d);
  m.quiet(200);
  m.push(5, 8, taker::buy, 1);
  ASSERT_TRUE(d.bursting());
  d.reset();
  EXPECT_FALSE(d.bursting());
  m.push(5, 80, taker::buy, 1);
  EXPECT_FALSE(d.bursting());
}

TEST(burst, silence_longer_than_everything_known_leaves_no_old_volume_behind) {
  detector d({});
  market m(d);
  m.quiet(200);
  m.pause(3600 * second);
  m.push(1, 8, taker::buy, 1);
  EXPECT_FALSE(d.now().warm);  // nothing to compare with
  EXPECT_FALSE(d.bursting());
}

TEST(burst, late_trades_count_as_now_and_wild_times_do_no_harm) {
  detector d({});
  market m(d);
  m.quiet(200);
  const auto trades = d.now().trades;
  d.add(m.now() - second, 60000, 1, taker::buy);
  EXPECT_EQ(d.now().trades, trades + 1);
  for (const auto ts :
       {std::numeric_limits<std::int64_t>::max(), std::int64_t{0}, std::numeric_limits<std::int64_t>::min()})
    d.add(ts, 60000, 1, taker::unknown);
  market again(d);  // a leap forward: nothing of before is left
  again.quiet(200);
  EXPECT_TRUE(d.now().warm);
  EXPECT_NEAR(d.now().ratio, 1, 0.15);
}
