// Trigger orders, take profit and stop loss.
#include "exchange_fixture.hpp"

namespace {

using namespace trapline::paper_venue;

class plan_test : public exchange_test {
 protected:
  static plan_request closing(plan_kind kind, std::int64_t trigger, std::int64_t lots = 0) {
    plan_request r;
    r.kind = kind;
    r.trigger_tick = trigger;
    r.lots = lots;
    return r;
  }
  int plan(const plan_request& r) {
    const auto* no = exchange_->place_plan(r, ++now_, planned_);
    return no ? no->code : 0;
  }
  plan_status status() const { return exchange_->find_plan(planned_)->status; }
  order_ref planned_;
};

TEST_F(plan_test, a_stop_loss_closes_the_position_when_the_mark_reaches_it_and_not_before) {
  place(at_market(side::buy, 100));
  EXPECT_EQ(plan(closing(plan_kind::stop_loss, mid - 50, 100)), 0);
  market_.mark = mid - 49;
  step();
  EXPECT_EQ(status(), plan_status::live);
  market_.mark = mid - 50;
  step();
  EXPECT_EQ(status(), plan_status::executed);
  EXPECT_TRUE(money().positions().empty());
  std::vector<plan_status> told;
  for (const auto& p : sink_.plans) told.push_back(p.status);
  EXPECT_EQ(told, (std::vector{plan_status::live, plan_status::executing, plan_status::executed}));
  EXPECT_EQ(exchange_->find({exchange_->find_plan(planned_)->order_id, {}})->origin, order_origin::plan);
}

TEST_F(plan_test, the_last_price_triggers_where_that_is_asked_for) {
  place(at_market(side::sell, 100));
  auto r = closing(plan_kind::take_profit, mid - 3, 100);
  r.position = side::sell;
  r.by = trigger_price::last;
  EXPECT_EQ(plan(r), 0);
  market_.mark = mid - 100;
  step();
  EXPECT_EQ(status(), plan_status::live);
  market_.others_take(side::sell, 250);
  step();
  EXPECT_EQ(status(), plan_status::executed);
}

TEST_F(plan_test, triggers_on_the_wrong_side_of_the_price_are_refused) {
  EXPECT_EQ(plan(closing(plan_kind::stop_loss, mid - 50, 100)), refusals::plan_without_position.code);
  place(at_market(side::buy, 100));
  EXPECT_EQ(plan(closing(plan_kind::stop_loss, mid + 50, 100)), refusals::long_stop_too_high.code);
  EXPECT_EQ(plan(closing(plan_kind::take_profit, mid - 50, 100)), refusals::long_profit_too_low.code);
  EXPECT_EQ(plan(closing(plan_kind::take_profit, 0, 100)), refusals::bad_parameter.code);
  EXPECT_EQ(plan(closing(plan_kind::take_profit, mid + 50, 0)), refusals::below_minimum.code);
}

TEST_F(plan_test, plans_that_close_a_position_end_with_it) {
  place(at_market(side::buy, 100));
  plan(closing(plan_kind::stop_loss, mid - 50, 100));
  const auto stop = planned_;
  plan(closing(plan_kind::position_take_profit, mid + 50));
  place(at_market(side::sell, 100));
  EXPECT_EQ(status(), plan_status::canceled);
  EXPECT_EQ(exchange_->find_plan(stop)->status, plan_status::canceled);
}

TEST_F(plan_test, a_whole_position_plan_follows_the_size_and_there_is_one_of_a_kind) {
  place(at_market(side::buy, 100));
  plan(closing(plan_kind::position_stop_loss, mid - 50));
  const auto first = planned_;
  plan(closing(plan_kind::position_stop_loss, mid - 40));
  EXPECT_EQ(exchange_->find_plan(first)->status, plan_status::canceled);
  place(at_market(side::buy, 200));
  market_.mark = mid - 45;
  step();
  EXPECT_EQ(sink_.orders.back().lots, 300);
  EXPECT_TRUE(money().positions().empty());
}

TEST_F(plan_test, a_trigger_order_sends_a_limit_order_of_its_own) {
  plan_request r;
  r.direction = side::sell;
  r.trigger_tick = mid + 30;
  r.execute_tick = mid + 40;
  r.lots = 25;
  EXPECT_EQ(plan(r), 0);
  market_.mark = mid + 30;
  step();
  EXPECT_EQ(status(), plan_status::executed);
  const auto* o = exchange_->find({exchange_->find_plan(planned_)->order_id, {}});
  ASSERT_TRUE(o && o->open());
  EXPECT_EQ(market_.book().at(side::sell, mid + 40), 25);
}

TEST_F(plan_test, a_plan_whose_order_is_refused_says_so) {
  plan_request r;
  r.direction = side::buy;
  r.trigger_tick = mid + 30;
  r.lots = 1'000'000;
  EXPECT_EQ(plan(r), 0);
  market_.mark = mid + 31;
  step();
  EXPECT_EQ(status(), plan_status::failed);
  EXPECT_TRUE(sink_.orders.empty());
}

TEST_F(plan_test, an_order_brings_its_own_take_profit_and_stop_loss_once_it_is_done) {
  auto r = limit(side::buy, mid - 1, 50);
  r.take_profit = mid + 30;
  r.stop_loss = mid - 30;
  EXPECT_EQ(place(r), 0);
  EXPECT_TRUE(sink_.plans.empty());
  market_.others_take(side::sell, 200, mid - 1);
  step();
  ASSERT_EQ(sink_.plans.size(), 2u);
  EXPECT_EQ(sink_.plans[0].kind, plan_kind::take_profit);
  EXPECT_EQ(sink_.plans[1].kind, plan_kind::stop_loss);
  market_.mark = mid + 30;
  step();
  EXPECT_TRUE(money().positions().empty());
  EXPECT_EQ(sink_.plans.back().kind, plan_kind::take_profit);
  EXPECT_EQ(exchange_->find_plan({sink_.plans[1].id, {}})->status, plan_status::canceled);
}

TEST_F(plan_test, a_stop_takes_the_place_of_a_resting_reduce_only_order_and_names_the_order_that_it_sent) {
  place(at_market(side::buy, 100));
  auto r = limit(side::sell, mid + 50, 100);
  r.reduce_only = true;
  place(r);
  plan(closing(plan_kind::stop_loss, mid - 50, 100));
  market_.mark = mid - 50;
  step();
  EXPECT_TRUE(money().positions().empty());
  const auto id = exchange_->find_plan(planned_)->order_id;
  ASSERT_NE(id, 0u);
  EXPECT_EQ(exchange_->find({id, {}})->status, order_status::filled);
}

TEST_F(plan_test, a_plan_can_be_moved_and_canceled) {
  place(at_market(side::buy, 100));
  plan(closing(plan_kind::stop_loss, mid - 50, 100));
  EXPECT_EQ(exchange_->amend_plan(planned_, mid + 50, 0, 0, ++now_), &refusals::long_stop_too_high);
  EXPECT_EQ(exchange_->amend_plan(planned_, mid - 20, 0, 60, ++now_), nullptr);
  market_.mark = mid - 30;
  step();
  EXPECT_EQ(money().positions()[0].lots, 40);
  plan(closing(plan_kind::stop_loss, mid - 100, 10));
  order_ref canceled;
  EXPECT_EQ(exchange_->cancel_plan(planned_, ++now_, canceled), nullptr);
  EXPECT_EQ(exchange_->cancel_plan(planned_, ++now_, canceled), &refusals::no_such_plan);
}

TEST_F(plan_test, in_hedge_mode_a_stop_closes_its_own_side_only) {
  remake(position_mode::hedge);
  place(at_market(side::buy, 100));
  place(at_market(side::sell, 100));
  plan(closing(plan_kind::position_stop_loss, mid - 50));
  market_.mark = mid - 60;
  step();
  ASSERT_EQ(money().positions().size(), 1u);
  EXPECT_EQ(money().positions()[0].direction, side::sell);
}

}  // namespace
