// Reduce-only and hedge mode, funding, liquidation.
#include "exchange_fixture.hpp"

namespace {

using namespace trapline::paper_venue;

TEST_F(exchange_test, a_reduce_only_order_has_no_more_than_the_position) {
  place(at_market(side::buy, 100));
  auto r = at_market(side::sell, 500);
  r.reduce_only = true;
  EXPECT_EQ(place(r), 0);
  EXPECT_EQ(last().lots, 100);
  EXPECT_TRUE(money().positions().empty());
  ASSERT_EQ(sink_.closed.size(), 1u);
  EXPECT_EQ(sink_.closed[0].closed_lots, 100);
}

TEST_F(exchange_test, a_newer_reduce_only_order_takes_the_place_of_older_ones_and_then_no_id_is_told) {
  place(at_market(side::buy, 100));
  auto r = limit(side::sell, mid + 20, 60);
  r.reduce_only = true;
  place(r);
  const auto first = placed_;
  r.tick = mid + 21;
  r.lots = 40;
  place(r);
  EXPECT_NE(placed_.id, 0u);
  r.lots = 50;
  r.client_id = "third";
  EXPECT_EQ(place(r), 0);
  EXPECT_EQ(placed_.id, 0u);
  EXPECT_EQ(exchange_->find(first)->cause, cancel_cause::replaced);
  EXPECT_TRUE(exchange_->find({0, "third"})->open());
  EXPECT_EQ(exchange_->frozen(money().positions()[0]), 90);
}

TEST_F(exchange_test, reduce_only_orders_end_with_their_position) {
  place(at_market(side::buy, 100));
  auto r = limit(side::sell, mid + 20, 100);
  r.reduce_only = true;
  place(r);
  const auto resting = placed_;
  place(at_market(side::sell, 100));
  EXPECT_EQ(exchange_->find(resting)->cause, cancel_cause::no_position);
  EXPECT_EQ(market_.book().at(side::sell, mid + 20), 0);
}

TEST_F(exchange_test, a_reduce_only_order_never_opens_a_position_even_if_another_closes_it_in_the_same_moment) {
  place(at_market(side::buy, 100));
  place(limit(side::sell, mid + 12, 100));
  auto r = limit(side::sell, mid + 13, 100);
  r.reduce_only = true;
  place(r);
  market_.others_take(side::buy, 5'000);  // both, before the exchange looks
  step();
  EXPECT_TRUE(money().positions().empty());
  EXPECT_EQ(last().filled, 0);
  EXPECT_EQ(last().cause, cancel_cause::no_position);
}

TEST_F(exchange_test, a_reduce_only_order_gets_what_another_leaves_of_the_position_in_the_same_moment) {
  place(at_market(side::buy, 100));
  place(limit(side::sell, mid + 12, 60));
  auto r = limit(side::sell, mid + 13, 100);
  r.reduce_only = true;
  place(r);
  market_.others_take(side::buy, 5'000);
  step();
  EXPECT_TRUE(money().positions().empty());
  EXPECT_EQ(last().filled, 40);
  EXPECT_EQ(last().status, order_status::canceled);
  EXPECT_EQ(last().cause, cancel_cause::no_position);
}

TEST_F(exchange_test, hedge_mode_holds_both_sides_and_closes_what_is_not_frozen) {
  remake(position_mode::hedge);
  EXPECT_EQ(place(at_market(side::buy, 100)), 0);
  EXPECT_EQ(place(at_market(side::sell, 60)), 0);
  EXPECT_EQ(money().positions().size(), 2u);
  auto close_part = limit(side::sell, mid + 20, 70);
  close_part.closing = true;
  EXPECT_EQ(place(close_part), 0);
  EXPECT_EQ(exchange_->frozen(*money().find(0, side::buy)), 70);
  auto close_rest = at_market(side::sell, 50);
  close_rest.closing = true;
  EXPECT_EQ(place(close_rest), 0);
  EXPECT_EQ(last().lots, 30);
  EXPECT_EQ(money().find(0, side::buy)->lots, 70);
  EXPECT_EQ(money().find(0, side::sell)->lots, 60);
  EXPECT_EQ(place(close_rest), refusals::no_position.code);
  auto reduce = at_market(side::sell, 10);
  reduce.reduce_only = true;
  EXPECT_EQ(place(reduce), refusals::wrong_mode.code);
}

TEST_F(exchange_test, the_mode_changes_only_without_positions_and_orders) {
  place(limit(side::buy, mid - 5, 10));
  EXPECT_EQ(exchange_->set_mode(position_mode::hedge), &refusals::mode_in_use);
  EXPECT_EQ(exchange_->set_mode(position_mode::one_way), nullptr);
  exchange_->cancel_all(++now_);
  EXPECT_EQ(exchange_->set_mode(position_mode::hedge), nullptr);
  place(at_market(side::buy, 10));
  EXPECT_EQ(exchange_->set_mode(position_mode::one_way), &refusals::mode_in_use);
}

TEST_F(exchange_test, flash_close_sells_the_whole_position) {
  place(at_market(side::buy, 100));
  EXPECT_EQ(exchange_->flash_close(0, side::sell, ++now_, placed_), &refusals::no_position);
  EXPECT_EQ(exchange_->flash_close(0, side::buy, ++now_, placed_), nullptr);
  EXPECT_TRUE(money().positions().empty());
}

TEST_F(exchange_test, funding_is_settled_on_open_positions_and_told) {
  place(at_market(side::buy, 100));
  const auto before = money().balance();
  exchange_->settle_funding(++now_);
  EXPECT_EQ(before - money().balance(), notional(instruments_[0], mid * 100) / 10'000);
  EXPECT_EQ(sink_.fundings.size(), 1u);
  exchange_->flash_close(0, side::buy, ++now_, placed_);
  exchange_->settle_funding(++now_);
  EXPECT_EQ(sink_.fundings.size(), 1u);
}

TEST_F(exchange_test, a_position_is_liquidated_at_its_liquidation_price_and_not_before) {
  remake(position_mode::one_way, 400 * usdt);
  place(at_market(side::buy, 1'000));
  place(limit(side::buy, mid - 300, 10));
  const auto at = money().liquidation_tick(money().positions()[0], {mid});
  ASSERT_GT(at, 0);
  market_.mark = at + 2;
  step();
  EXPECT_EQ(money().positions().size(), 1u);
  for (int i = 0; i < 20; ++i) market_.others_rest(side::buy, mid - 20 - i, 200);
  market_.mark = at - 1;
  step();
  EXPECT_TRUE(money().positions().empty());
  EXPECT_EQ(sink_.orders.back().origin, order_origin::liquidation);
  EXPECT_EQ(exchange_->order_margin(), 0) << "open orders go first";
  EXPECT_GE(money().balance(), 0);
}

TEST_F(exchange_test, a_liquidation_that_finds_too_thin_a_book_goes_on_in_the_next_step_and_never_leaves_a_debt) {
  remake(position_mode::one_way, 400 * usdt);
  place(at_market(side::buy, 1'000));
  market_.others_take(side::sell, 10'000);  // nobody is left
  market_.mark = mid / 2;
  for (int i = 0; i < 50 && !money().positions().empty(); ++i) {
    step();
    market_.others_rest(side::buy, mid / 2, 40);
  }
  EXPECT_TRUE(money().positions().empty());
  EXPECT_EQ(money().balance(), 0);
  EXPECT_GT(money().insurance(), 0);
}

}  // namespace
