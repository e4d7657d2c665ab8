// Timers and metrics as objects.
#include <gtest/gtest.h>

#include <limits>
#include <utility>
#include <vector>

#include "fake_host.hpp"
#include "trapline/sdk/timer.hpp"

namespace sdk = trapline::sdk;
using trapline::test::fake_host;
using ids = std::vector<std::uint64_t>;

namespace {

struct handles : testing::Test {
  fake_host fake;
  sdk::host host{fake.table()};

  void SetUp() override {
    host.resolve();
    host.enter_lane();
  }
  static trapline_timer_event expiry(std::uint64_t id) { return {id, 0, 0, 0, 0}; }
};

TEST_F(handles, timer_is_cancelled_at_the_end_of_its_scope) {
  {
    sdk::timer t(host);
    t.set(5'000);
    EXPECT_EQ(fake.timer_at, 5'000);
    EXPECT_EQ(fake.timer_period, 0);
    EXPECT_TRUE(fake.cancelled.empty());
  }
  EXPECT_EQ(fake.cancelled, (ids{1}));
}

TEST_F(handles, timer_that_repeats_is_first_due_after_one_period) {
  sdk::timer t(host);
  t.every(250);
  EXPECT_EQ(fake.timer_at, fake.now + 250);
  EXPECT_EQ(fake.timer_period, 250);
}

TEST_F(handles, timer_refuses_a_period_that_cannot_be) {
  sdk::timer t(host);
  for (const std::int64_t period : {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::max()})
    EXPECT_THROW(t.every(period), sdk::error);
  EXPECT_EQ(fake.timers, 0u);
}

TEST_F(handles, timer_that_is_set_anew_forgets_the_old_expiry) {
  sdk::timer t(host);
  t.set(1);
  t.set(2);
  EXPECT_EQ(fake.cancelled, (ids{1}));
  EXPECT_FALSE(t.owns(expiry(1)));
  EXPECT_TRUE(t.owns(expiry(2)));
}

TEST_F(handles, timer_that_is_not_set_owns_nothing_and_cancels_nothing) {
  sdk::timer t(host);
  EXPECT_FALSE(t.owns(expiry(0)));
  t.cancel();
  EXPECT_TRUE(fake.cancelled.empty());
}

TEST_F(handles, timer_can_be_moved_and_is_cancelled_once) {
  {
    sdk::timer a(host), b(host);
    a.set(1);
    b.set(2);
    b = std::move(a);
    EXPECT_EQ(fake.cancelled, (ids{2}));
    EXPECT_TRUE(b.owns(expiry(1)));
    const sdk::timer c(std::move(b));
    EXPECT_EQ(c.id(), 1u);
    EXPECT_EQ(b.id(), 0u);  // NOLINT: what a moved-from timer says is part of the test
  }
  EXPECT_EQ(fake.cancelled, (ids{2, 1}));
}

TEST_F(handles, timer_makes_no_lane_call_once_the_instance_has_left_its_lane) {
  {
    sdk::timer t(host);
    t.set(1);
    host.leave_lane();
  }
  EXPECT_TRUE(fake.cancelled.empty());
}

TEST_F(handles, metrics_reach_the_words_of_the_host) {
  auto c = host.counter("a_total", sdk::label("k", "v"));
  c.add();
  c.add(2);
  auto g = host.gauge("b");
  g.set(7);
  g.add(-2);
  const double bounds[] = {1, 2};
  auto h = host.histogram("c", bounds);
  h.record(1.5);
  EXPECT_EQ(fake.count, 3u);
  EXPECT_EQ(fake.level, 5);
  EXPECT_EQ(fake.recorded, 1.5);
}

TEST_F(handles, metrics_that_do_not_exist_count_nowhere) {
  const auto use = [](const sdk::host& h, std::string_view name) {
    const double bounds[] = {1};
    h.counter(name).add();
    h.gauge(name).set(1);
    h.gauge(name).add(1);
    h.histogram(name, bounds).record(1);
  };
  use(host, "");  // a name that the host refuses
  fake.with_metrics = false;
  sdk::host without(fake.table());
  use(without, "x");  // before the services were looked up
  without.resolve();
  use(without, "x");
  EXPECT_EQ(fake.count, 0u);
  EXPECT_EQ(fake.level, 0);
  EXPECT_EQ(fake.recorded, 0);
}

TEST_F(handles, histogram_counts_nowhere_on_a_host_of_before_it_existed) {
  fake.metrics_size = TRAPLINE_SIZE_UP_TO(trapline_metrics, gauge);
  sdk::host old(fake.table());
  old.resolve();
  const double bounds[] = {1};
  old.histogram("x", bounds).record(1);
  EXPECT_EQ(fake.recorded, 0);
}

TEST(metrics, label_holds_any_text) {
  EXPECT_EQ(sdk::label("symbol", "BTCUSDT"), "symbol=\"BTCUSDT\"");
  EXPECT_EQ(sdk::label("symbol", "a\"b\\c\n"), "symbol=\"a_b_c_\"");
}

}  // namespace
