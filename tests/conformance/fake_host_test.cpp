// The fake host and the guest by themselves, as the unit tests of a plugin use them.
#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <thread>

#include "changed_events.hpp"
#include "event_source.hpp"
#include "payload_rules.hpp"
#include "trapline/sdk/plugin.hpp"
#include "trapline/testkit/guest.hpp"

namespace {

using namespace trapline;
using testkit::breach;

// Publishes the price of every trade it sees, and counts timers.
class doubler : public sdk::plugin<doubler> {
 public:
  static constexpr auto info = sdk::plugin_info{.id = "doubler", .version = "1.0.0", .summary = "doubles prices"};
  explicit doubler(const trapline_host* h) : plugin(h) {}
  void start() {
    host().subscribe("md.trade.>", TRAPLINE_TYPE_BIT(TRAPLINE_EVENT_TRADE));
    topic_ = host().topic("out.double");
    host().set_timer(host().now() + 1'000'000'000, 1'000'000'000, 7);
  }
  void on(const trapline_event&, const trapline_trade& t) {
    now = host().now();
    trapline_trade out = t;
    out.price *= 2;
    last = host().publish(sdk::make_event(TRAPLINE_EVENT_TRADE, topic_), out);
  }
  void on(const trapline_event&, const trapline_timer_event& t) { timers += t.cookie == 7; }

  std::int64_t now = 0;
  trapline_status last = TRAPLINE_OK;
  int timers = 0;

 private:
  std::uint32_t topic_ = 0;
};

struct running_guest {
  explicit running_guest(testkit::fake_host_options options = {})
      : host(std::move(options)), guest(*doubler::entry(), host) {
    EXPECT_TRUE(guest.create().ok());
    EXPECT_TRUE(guest.configure("{}").ok());
    const auto started = guest.start();
    EXPECT_TRUE(started.ok()) << started.describe();
  }
  doubler& plugin() { return doubler::of(guest.table()); }
  testkit::fake_host host;
  testkit::guest guest;
};

struct trade_event {
  trapline_event head{};
  trapline_trade trade{};
};
trade_event make_trade(testkit::fake_host& h, std::int64_t price) {
  trade_event e;
  e.head.size = sizeof e;
  e.head.type = TRAPLINE_EVENT_TRADE;
  e.head.topic = h.topic("md.trade.bitget.BTCUSDT");
  e.head.ts_recv = h.now() + 5;
  e.trade.price = price;
  return e;
}

}  // namespace

TEST(fake_host, keeps_what_the_plugin_publishes) {
  running_guest r;
  const auto e = make_trade(r.host, 21);
  EXPECT_TRUE(r.host.wants(e.head.topic, 0, TRAPLINE_EVENT_TRADE));
  EXPECT_FALSE(r.host.wants(e.head.topic, 0, TRAPLINE_EVENT_TICKER));
  EXPECT_TRUE(r.guest.deliver(e.head).ok());
  ASSERT_EQ(r.host.published().size(), 1u);
  trapline_trade out;
  std::memcpy(&out, r.host.published()[0].payload.data(), sizeof out);
  EXPECT_EQ(out.price, 42);
  EXPECT_EQ(r.host.topic_name(r.host.published()[0].head.topic), "out.double");
}

TEST(fake_host, the_clock_stands_at_the_event_and_goes_on_after_it) {
  running_guest r;
  const auto e = make_trade(r.host, 1);
  r.guest.deliver(e.head);
  EXPECT_EQ(r.plugin().now, e.head.ts_recv);
  EXPECT_EQ(r.host.now(), e.head.ts_recv);
}

TEST(fake_host, timers_fire_when_the_time_has_come) {
  running_guest r;
  EXPECT_EQ(r.guest.fire_timers(), 0u);
  r.host.advance(1'000'000'000);
  EXPECT_EQ(r.guest.fire_timers(), 1u);
  r.host.advance(2'500'000'000);
  EXPECT_EQ(r.guest.fire_timers(), 1u);  // periods that passed are skipped, not queued
  EXPECT_EQ(r.plugin().timers, 2);
}

TEST(fake_host, answers_publish_as_it_is_told) {
  running_guest r;
  r.host.answer_publish(TRAPLINE_E_AGAIN);
  r.guest.deliver(make_trade(r.host, 1).head);
  EXPECT_EQ(r.plugin().last, TRAPLINE_E_AGAIN);
  EXPECT_EQ(r.host.published().size(), 0u);
  EXPECT_EQ(r.host.publish_attempts(), 1u);
}

TEST(fake_host, refuses_what_it_is_told_to_and_hands_on_the_error) {
  testkit::fake_host host;
  host.answers.topic = TRAPLINE_E_LIMIT;
  testkit::guest guest(*doubler::entry(), host);
  ASSERT_TRUE(guest.create().ok());
  ASSERT_TRUE(guest.configure("{}").ok());
  const auto o = guest.start();
  EXPECT_EQ(o.status, TRAPLINE_E_LIMIT);
  EXPECT_NE(o.text.find("out.double"), std::string::npos) << o.text;
}

TEST(fake_host, a_withheld_service_is_not_there) {
  testkit::fake_host_options options;
  options.withheld = {TRAPLINE_SERVICE_CLOCK};
  testkit::fake_host host(options);
  testkit::guest guest(*doubler::entry(), host);
  ASSERT_TRUE(guest.create().ok());
  EXPECT_EQ(guest.configure("{}").status, TRAPLINE_E_NOT_FOUND);
}

TEST(fake_host, notes_lane_functions_on_other_threads_and_calls_after_the_end) {
  running_guest r;
  const auto* timer =
      static_cast<const trapline_timer*>(r.host.table()->get_service(r.host.table(), TRAPLINE_SERVICE_TIMER));
  std::uint64_t id = 0;
  std::thread([&] { EXPECT_EQ(timer->set(r.host.table(), 0, 0, 0, &id), TRAPLINE_E_STATE); }).join();
  EXPECT_EQ(r.host.breaches(breach::wrong_thread).size(), 1u);
  EXPECT_EQ(r.host.breaches(breach::call_after_stop).size(), 0u);
  r.guest.stop();
  r.host.table()->get_service(r.host.table(), "x");
  EXPECT_EQ(r.host.breaches(breach::call_after_stop).size(), 1u);
}

TEST(fake_host, a_host_of_an_older_minor_does_not_offer_what_came_later) {
  testkit::fake_host_options options;
  options.abi_minor = 0;
  testkit::fake_host old(options);
  const auto* m = static_cast<const trapline_metrics*>(old.table()->get_service(old.table(), TRAPLINE_SERVICE_METRICS));
  EXPECT_TRUE(TRAPLINE_HAS(trapline_metrics, m, gauge));
  EXPECT_FALSE(TRAPLINE_HAS(trapline_metrics, m, histogram));
}

TEST(event_source, makes_only_legal_events_and_the_same_for_the_same_seed) {
  testkit::fake_host host;
  host.enter(testkit::stage::start);
  host.bind_lane();
  const auto* bus = static_cast<const trapline_bus*>(host.table()->get_service(host.table(), TRAPLINE_SERVICE_BUS));
  ASSERT_EQ(bus->subscribe(host.table(), sdk::str("md.*.>"), TRAPLINE_TYPE_ALL), TRAPLINE_OK);
  testkit::event_source one(host, 5), two(host, 5), other(host, 6);
  std::set<std::uint16_t> types;
  std::int64_t last = 0;
  bool differs = false;
  for (int n = 0; n < 20'000; ++n) {
    const auto& e = one.next();
    const auto& same = two.next();
    ASSERT_EQ(e.size, same.size);
    ASSERT_EQ(std::memcmp(&e, &same, e.size), 0);
    differs = differs || e.type != other.next().type;
    EXPECT_EQ(testkit::payload_fault(e, &e + 1, static_cast<std::uint32_t>(e.size - sizeof e)), "");
    EXPECT_EQ(e.size % 8, 0u);
    EXPECT_TRUE(host.wants(e.topic, e.space, e.type));
    EXPECT_GE(e.ts_recv, last);
    last = e.ts_recv;
    types.insert(e.type);
  }
  EXPECT_TRUE(differs);
  EXPECT_EQ(types.size(), 18u);  // all but timers, which the host makes
}

TEST(guarded_event_death, ends_where_memory_ends_and_can_be_sealed) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  testkit::guarded_event g;
  trade_event e;
  e.head.size = sizeof e;
  const volatile auto* at = reinterpret_cast<const volatile char*>(&g.place(e.head, 72));
  EXPECT_EQ(at[71], 0);
  EXPECT_DEATH((void)at[72], "");
  auto& sealed = g.place(e.head);
  sealed.flags = 1;
  g.seal();
  EXPECT_DEATH(sealed.flags = 2, "");
}
