#include "exchange/account.hpp"

#include <gtest/gtest.h>

namespace {

using namespace trapline::paper_venue;

class account_test : public testing::Test {
 protected:
  std::vector<instrument> instruments_{{.symbol = "BTCUSDT", .price_exp = -1, .size_exp = -4}};
  account account_{10'000 * usdt, instruments_};

  order make(side s, std::int64_t lots) {
    order o;
    o.id = 1;
    o.direction = s;
    o.lots = lots;
    o.market = true;
    return o;
  }
};

TEST_F(account_test, books_profit_and_fees_of_a_round_trip_to_the_last_digit) {
  auto open = make(side::buy, 100);
  account_.fill_order(open, 640'005, 60, false, 1, 0);
  EXPECT_EQ(open.status, order_status::partially_filled);
  account_.fill_order(open, 640'010, 40, false, 2, 0);
  EXPECT_EQ(open.status, order_status::filled);
  // 0.0060 * 64000.5 + 0.0040 * 64001.0 = 640.007; fee 0.0006 of it.
  EXPECT_EQ(open.fees, 384'004'200);
  auto shut = make(side::sell, 100);
  account_.fill_order(shut, 641'000, 100, true, 3, 0);
  EXPECT_EQ(shut.profit, 641 * usdt - 640'007'000'000);
  EXPECT_EQ(shut.fees, 128'200'000);
  EXPECT_TRUE(account_.positions().empty());
  EXPECT_EQ(account_.balance(), 10'000 * usdt + 993'000'000 - 384'004'200 - 128'200'000);
}

TEST_F(account_test, an_order_larger_than_the_position_turns_it_over) {
  auto open = make(side::sell, 50);
  account_.fill_order(open, 640'000, 50, false, 1, 0);
  auto turn = make(side::buy, 80);
  account_.fill_order(turn, 630'000, 80, false, 2, 0);
  ASSERT_EQ(account_.positions().size(), 1u);
  EXPECT_EQ(account_.positions()[0].direction, side::buy);
  EXPECT_EQ(account_.positions()[0].lots, 30);
  EXPECT_EQ(turn.profit, 5 * usdt);
}

TEST_F(account_test, at_the_liquidation_price_the_equity_is_the_maintenance_margin) {
  for (const side s : {side::buy, side::sell}) {
    account a(1'000 * usdt, instruments_);
    auto o = make(s, 2'000);
    a.fill_order(o, 640'000, 2'000, false, 1, 0);
    const auto tick = a.liquidation_tick(a.positions()[0], {640'000});
    ASSERT_GT(tick, 0);
    const double equity = static_cast<double>(a.equity({tick}));
    const double value = static_cast<double>(notional(instruments_[0], static_cast<__int128>(tick) * 2'000));
    EXPECT_NEAR(equity, 0.004 * value, 0.2 * 2'000 * 1e4 * 10);
  }
}

TEST_F(account_test, in_hedge_mode_long_and_short_stand_side_by_side_and_only_closing_orders_touch_the_other_side) {
  auto buy = make(side::buy, 50);
  buy.mode = position_mode::hedge;
  account_.fill_order(buy, 640'000, 50, false, 1, 0);
  auto sell = make(side::sell, 30);
  sell.mode = position_mode::hedge;
  account_.fill_order(sell, 641'000, 30, false, 2, 0);
  ASSERT_EQ(account_.positions().size(), 2u);
  auto close_long = make(side::sell, 50);
  close_long.mode = position_mode::hedge;
  close_long.closing = true;
  std::optional<position> ended;
  account_.fill_order(close_long, 642'000, 50, false, 3, 0, &ended);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->realised, usdt);  // 0.0050 * 200.0
  EXPECT_EQ(ended->opened_lots, 50);
  ASSERT_EQ(account_.positions().size(), 1u);
  EXPECT_EQ(account_.positions()[0].direction, side::sell);
  EXPECT_EQ(account_.positions()[0].lots, 30);
}

TEST_F(account_test, a_long_pays_a_positive_funding_rate_and_a_short_receives_it) {
  auto o = make(side::buy, 10'000);
  account_.fill_order(o, 640'000, 10'000, false, 1, 0);
  const auto before = account_.balance();
  account_.settle_funding(0, 640'000, 100, 0);  // 0.01 % of 64,000
  EXPECT_EQ(before - account_.balance(), 6'400'000'000);
  EXPECT_EQ(account_.positions()[0].funding, 6'400'000'000);
  account_.settle_funding(0, 640'000, -100, 0);
  EXPECT_EQ(before, account_.balance());
}

TEST_F(account_test, fees_of_an_order_that_turns_a_position_over_are_shared_by_both_positions) {
  auto open = make(side::sell, 50);
  account_.fill_order(open, 640'000, 50, false, 1, 0);
  auto turn = make(side::buy, 80);
  std::optional<position> ended;
  account_.fill_order(turn, 640'000, 80, false, 2, 0, &ended);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->close_fees + account_.positions()[0].open_fees, turn.fees);
  EXPECT_EQ(ended->close_fees, turn.fees * 50 / 80);
}

TEST_F(account_test, what_is_missing_after_a_liquidation_is_paid_by_the_insurance) {
  account a(10 * usdt, instruments_);
  auto o = make(side::buy, 100);
  a.fill_order(o, 640'000, 100, false, 1, 0);
  auto shut = make(side::sell, 100);
  a.fill_order(shut, 600'000, 100, false, 2, 0);
  const auto lost = a.balance();
  ASSERT_LT(lost, 0);
  a.cover_deficit();
  EXPECT_EQ(a.balance(), 0);
  EXPECT_EQ(a.insurance(), -lost);
  EXPECT_EQ(a.balance(), 10 * usdt + a.profits() - a.fees() - a.funding() + a.insurance());
}

}  // namespace
