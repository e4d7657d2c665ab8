#include "exchange_fixture.hpp"

namespace {

using namespace trapline::paper_venue;

TEST_F(exchange_test, a_market_order_walks_the_book_and_pays_the_taker_fee) {
  EXPECT_EQ(place(at_market(side::buy, 150)), 0);
  EXPECT_EQ(last().status, order_status::filled);
  ASSERT_EQ(sink_.executions.size(), 2u);
  EXPECT_EQ(sink_.executions[0].tick, mid + 1);
  EXPECT_EQ(sink_.executions[0].lots, 100);
  EXPECT_EQ(sink_.executions[1].tick, mid + 2);
  EXPECT_FALSE(sink_.executions[1].maker);
  // (640001 * 100 + 640002 * 50) * 10^-5 USDT * 0.0006
  EXPECT_EQ(last().fees, (640'001LL * 100 + 640'002LL * 50) * 10'000 * 6 / 10'000);
  ASSERT_EQ(sink_.orders.size(), 3u);
  EXPECT_EQ(sink_.orders[0].status, order_status::live);
  EXPECT_EQ(sink_.orders[1].status, order_status::partially_filled);
  EXPECT_EQ(sink_.orders[2].status, order_status::filled);
}

TEST_F(exchange_test, a_market_order_larger_than_the_book_is_canceled_for_the_rest) {
  EXPECT_EQ(place(at_market(side::buy, 1'500)), 0);
  EXPECT_EQ(last().filled, 1'000);
  EXPECT_EQ(last().status, order_status::canceled);
  EXPECT_EQ(last().cause, cancel_cause::not_filled);
}

TEST_F(exchange_test, a_limit_order_takes_to_its_price_and_rests_behind_what_is_displayed_there) {
  EXPECT_EQ(place(limit(side::buy, mid + 1, 130)), 0);
  EXPECT_EQ(last().status, order_status::partially_filled);
  EXPECT_EQ(last().filled, 100);
  EXPECT_EQ(market_.book().best(side::buy), mid + 1);
  EXPECT_EQ(place(limit(side::buy, mid - 1, 50)), 0);
  EXPECT_EQ(market_.book().ahead(side::buy, mid - 1, placed_.id), 100);
}

TEST_F(exchange_test, a_resting_order_fills_when_the_flow_reaches_it_and_pays_the_maker_fee) {
  EXPECT_EQ(place(limit(side::buy, mid - 1, 50)), 0);
  market_.others_take(side::sell, 100);
  step();
  EXPECT_EQ(last().filled, 0);
  market_.others_take(side::sell, 20);
  step();
  EXPECT_EQ(last().status, order_status::partially_filled);
  EXPECT_EQ(last().filled, 20);
  market_.others_take(side::sell, 200);
  step();
  EXPECT_EQ(last().status, order_status::filled);
  EXPECT_TRUE(sink_.executions.back().maker);
  EXPECT_EQ(last().fees, 639'999LL * 50 * 10'000 * 2 / 10'000);
}

TEST_F(exchange_test, post_only_never_takes) {
  auto r = limit(side::buy, mid + 1, 10);
  r.force = time_in_force::post_only;
  EXPECT_EQ(place(r), 0);
  EXPECT_EQ(last().status, order_status::canceled);
  EXPECT_EQ(last().cause, cancel_cause::would_take);
  r.tick = mid;
  EXPECT_EQ(place(r), 0);
  EXPECT_EQ(last().status, order_status::live);
  EXPECT_TRUE(sink_.executions.empty());
}

TEST_F(exchange_test, ioc_takes_what_is_there_and_fok_all_or_nothing) {
  auto r = limit(side::buy, mid + 1, 130);
  r.force = time_in_force::fok;
  EXPECT_EQ(place(r), 0);
  EXPECT_EQ(last().filled, 0);
  EXPECT_EQ(last().status, order_status::canceled);
  r.force = time_in_force::ioc;
  EXPECT_EQ(place(r), 0);
  EXPECT_EQ(last().filled, 100);
  EXPECT_EQ(last().status, order_status::canceled);
  EXPECT_EQ(market_.book().best(side::sell), mid + 2);
  EXPECT_EQ(market_.book().best(side::buy), mid - 1);
  r.force = time_in_force::fok;
  r.tick = mid + 3;
  EXPECT_EQ(place(r), 0);
  EXPECT_EQ(last().status, order_status::filled);
}

TEST_F(exchange_test, cancel_takes_the_order_out_of_the_book_and_a_second_one_finds_nothing) {
  place(limit(side::sell, mid, 10));
  const auto which = placed_;
  order_ref canceled;
  EXPECT_EQ(exchange_->cancel({0, which.client_id}, ++now_, canceled), nullptr);
  EXPECT_EQ(canceled.id, which.id);
  EXPECT_EQ(market_.book().at(side::sell, mid), 0);
  EXPECT_EQ(exchange_->cancel(which, ++now_, canceled)->code, refusals::nothing_to_cancel.code);
  EXPECT_EQ(exchange_->cancel({4711, {}}, ++now_, canceled)->code, refusals::no_such_order.code);
  EXPECT_EQ(exchange_->order_margin(), 0);
}

TEST_F(exchange_test, orders_that_break_a_rule_are_refused_and_change_nothing) {
  auto r = limit(side::buy, mid, 0);
  EXPECT_EQ(place(r), refusals::below_minimum.code);
  r.lots = 1'000'000'000;
  EXPECT_EQ(place(r), refusals::above_maximum.code);
  r = limit(side::buy, mid * 106 / 100, 10);
  EXPECT_EQ(place(r), refusals::price_too_high.code);
  EXPECT_EQ(place(limit(side::sell, mid * 94 / 100, 10)), refusals::price_too_low.code);
  EXPECT_EQ(place(limit(side::buy, 0, 10)), refusals::bad_parameter.code);
  EXPECT_EQ(place(limit(side::buy, 100'000, 1)), refusals::below_notional.code);
  r = limit(side::buy, mid, 10);
  r.closing = true;
  EXPECT_EQ(place(r), refusals::wrong_mode.code);
  r = limit(side::buy, mid, 10);
  r.reduce_only = true;
  EXPECT_EQ(place(r), refusals::no_position.code);
  r = limit(side::buy, mid - 5, 10);
  r.take_profit = mid - 10;
  EXPECT_EQ(place(r), refusals::long_profit_too_low.code);
  r.take_profit = 0;
  r.client_id = "no spaces";
  EXPECT_EQ(place(r), refusals::bad_parameter.code);
  EXPECT_TRUE(sink_.orders.empty());
  EXPECT_EQ(exchange_->available(), 10'000 * usdt);
}

TEST_F(exchange_test, a_client_order_id_is_unique_for_ever_on_v2_and_among_open_orders_on_v3) {
  auto r = limit(side::buy, mid - 5, 10);
  r.client_id = "mine";
  EXPECT_EQ(place(r), 0);
  EXPECT_EQ(place(r), refusals::duplicate_client_id.code);
  r.reuse_client_id = true;
  EXPECT_EQ(place(r), refusals::duplicate_client_id.code);
  order_ref canceled;
  exchange_->cancel(placed_, ++now_, canceled);
  EXPECT_EQ(place(r), 0);
  EXPECT_EQ(exchange_->find({0, "mine"})->id, placed_.id);
  exchange_->cancel(placed_, ++now_, canceled);
  r.reuse_client_id = false;
  EXPECT_EQ(place(r), refusals::duplicate_client_id.code);
}

TEST_F(exchange_test, margin_is_reserved_by_open_orders_and_checked_with_the_fee) {
  // 10,000 USDT at leverage 20: 200,000 USDT of position, less fees.
  EXPECT_EQ(place(limit(side::buy, mid - 1, 31'300)), refusals::exceeds_balance.code);
  EXPECT_EQ(place(limit(side::buy, mid - 1, 20'000)), 0);
  EXPECT_EQ(exchange_->order_margin(), 639'999LL * 20'000 * 10'000 / 20);
  EXPECT_EQ(exchange_->available(), 10'000 * usdt - exchange_->order_margin());
  EXPECT_EQ(place(limit(side::buy, mid - 1, 12'000)), refusals::exceeds_balance.code);
  EXPECT_EQ(exchange_->set_leverage(0, 5), &refusals::exceeds_balance);
  EXPECT_EQ(exchange_->set_leverage(0, 126), &refusals::bad_leverage);
  EXPECT_EQ(exchange_->set_leverage(0, 50), nullptr);
  EXPECT_EQ(place(limit(side::buy, mid - 1, 12'000)), 0);
}

TEST_F(exchange_test, an_order_that_only_closes_the_position_needs_no_margin) {
  remake(position_mode::one_way, 330 * usdt);
  EXPECT_EQ(place(at_market(side::buy, 1'000)), 0);
  EXPECT_LT(exchange_->available(), 20 * usdt);
  EXPECT_EQ(place(limit(side::sell, mid + 1, 1'000)), 0);
  EXPECT_EQ(exchange_->order_margin(), 0);
  EXPECT_EQ(place(limit(side::sell, mid + 2, 1'000)), refusals::exceeds_balance.code);
}

TEST_F(exchange_test, amending_keeps_the_id_and_loses_the_place_in_the_queue) {
  place(limit(side::buy, mid - 1, 50));
  const auto id = placed_.id;
  market_.others_rest(side::buy, mid - 1, 70);
  EXPECT_EQ(exchange_->amend({id, {}}, mid - 1, 60, ++now_), nullptr);
  EXPECT_EQ(market_.book().ahead(side::buy, mid - 1, id), 170);
  EXPECT_EQ(exchange_->amend({id, {}}, mid + 1, 40, ++now_), nullptr);
  EXPECT_EQ(exchange_->find({id, {}})->status, order_status::filled);
  EXPECT_EQ(exchange_->amend({id, {}}, mid, 40, ++now_), &refusals::not_open);
}

TEST_F(exchange_test, a_refused_amendment_leaves_the_order_as_it_was) {
  place(limit(side::buy, mid - 1, 50));
  const auto id = placed_.id;
  EXPECT_EQ(exchange_->amend({id, {}}, mid - 1, 10'000'000, ++now_), &refusals::exceeds_balance);
  EXPECT_EQ(exchange_->find({id, {}})->lots, 50);
  EXPECT_EQ(market_.book().ahead(side::buy, mid - 1, id), 100);
}

TEST_F(exchange_test, replacing_ends_the_old_order_and_makes_a_new_one_under_the_new_client_id) {
  auto r = limit(side::buy, mid - 1, 50);
  r.client_id = "old";
  place(r);
  order_ref placed;
  EXPECT_EQ(exchange_->replace({0, "old"}, mid - 2, 60, "old", ++now_, placed), &refusals::duplicate_client_id);
  EXPECT_TRUE(exchange_->find({0, "old"})->open());
  EXPECT_EQ(exchange_->replace({0, "old"}, mid - 2, 60, "new", ++now_, placed), nullptr);
  EXPECT_EQ(exchange_->find({0, "old"})->cause, cancel_cause::replaced);
  EXPECT_EQ(exchange_->find({0, "new"})->lots, 60);
}

TEST_F(exchange_test, cancel_all_takes_every_order_of_the_symbol) {
  place(limit(side::buy, mid - 1, 50));
  place(limit(side::sell, mid + 1, 50));
  EXPECT_EQ(exchange_->cancel_all(++now_, 0).size(), 2u);
  EXPECT_EQ(exchange_->order_margin(), 0);
  EXPECT_TRUE(exchange_->cancel_all(++now_).empty());
}

TEST_F(exchange_test, an_account_that_meets_its_own_order_trades_with_itself_on_both_sides) {
  place(limit(side::sell, mid, 40));
  EXPECT_EQ(place(at_market(side::buy, 40)), 0);
  ASSERT_EQ(sink_.executions.size(), 2u);
  EXPECT_EQ(sink_.executions[0].trade_id, sink_.executions[1].trade_id);
  EXPECT_NE(sink_.executions[0].maker, sink_.executions[1].maker);
  EXPECT_TRUE(money().positions().empty());
}

TEST_F(exchange_test, old_orders_are_forgotten_and_open_ones_never) {
  auto r = limit(side::buy, mid - 10, 10);
  r.client_id = "kept";
  place(r);
  const auto kept = placed_;
  order_ref canceled;
  for (std::size_t i = 0; i < exchange::history_kept + 100; ++i) {
    place(limit(side::buy, mid - 10, 10));
    exchange_->cancel(placed_, ++now_, canceled);
  }
  step();
  EXPECT_EQ(exchange_->orders().size(), exchange::history_kept);
  EXPECT_TRUE(exchange_->find(kept)->open());
}

}  // namespace
