// An engine with threads of its own in another program: events both ways, the host's log and clock.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "control/client.hpp"
#include "engine_fixture.hpp"
#include "support/eventually.hpp"
#include "trapline/abi/market.h"
#include "trapline/sdk/event.hpp"

using trapline::engine;

namespace {

class embedding : public engine_fixture {};

}  // namespace

TEST_F(embedding, threads_of_the_host_publish_and_every_event_comes_once_in_each_ones_order) {
  constexpr int threads = 3, each = 2'000;
  engine e(options());
  std::vector<std::int64_t> last(threads, -1);  // of the observer's thread
  std::atomic<int> seen{0}, disorder{0};
  std::atomic<std::uint64_t> expected{1};
  e.observe("watch", {"host.>"}, [&](const trapline_event& ev) {
    const auto* t = trapline::sdk::payload<trapline_trade>(ev);
    if (!t || ev.source != engine::program_source || ev.source_seq != expected++ || ev.ts_recv == 0) ++disorder;
    if (!t) return;
    auto& before = last[static_cast<std::size_t>(t->price / each)];
    if (t->price % each != before + 1) ++disorder;
    before = t->price % each;
    ++seen;
  });
  start(e, "plugins: {tally: {use: tally}}\n");
  const auto topic = e.topic_id("host.trade");
  std::vector<std::thread> publishers;
  for (int n = 0; n < threads; ++n)
    publishers.emplace_back([&, n] {
      for (int k = 0; k < each; ++k)
        while (publish(e, topic, n * each + k) == TRAPLINE_E_AGAIN) std::this_thread::yield();
    });
  for (auto& p : publishers) p.join();
  EXPECT_TRUE(test::eventually([&] { return seen == threads * each; }));
  EXPECT_EQ(disorder, 0);
  stop(e);
  EXPECT_EQ(publish(e, topic, 0), TRAPLINE_E_CLOSED);
}

TEST_F(embedding, what_cannot_be_published_is_refused) {
  engine e(options());
  EXPECT_EQ(publish(e, 1, 0), TRAPLINE_E_STATE);
  EXPECT_EQ(e.topic_id("early"), 0u);
  start(e, "plugins: {tally: {use: tally}}\n", "ring_size: 256KiB");
  const auto topic = e.topic_id("host.trade");
  EXPECT_EQ(e.topic_id("host.trade"), topic);
  EXPECT_EQ(e.topic_id("not a name"), 0u);
  EXPECT_EQ(e.symbol(e.instrument_id("bitget", "BTCUSDT")), "BTCUSDT");
  EXPECT_EQ(e.venue(e.instrument_id("bitget", "BTCUSDT")), "bitget");
  EXPECT_EQ(e.publish(nullptr, 1), TRAPLINE_E_INVALID);
  EXPECT_EQ(publish(e, 0, 0), TRAPLINE_E_INVALID);
  EXPECT_EQ(publish(e, 60'000, 0), TRAPLINE_E_INVALID);
  trapline_event ev{};
  ev.topic = topic;
  std::vector<char> large(TRAPLINE_EVENT_MAX);
  const trapline_frame f{&ev, large.data(), static_cast<std::uint32_t>(large.size()), 0};
  EXPECT_EQ(e.publish(&f, 1), TRAPLINE_E_LIMIT);
  stop(e);
}

TEST_F(embedding, the_log_goes_to_the_host_and_to_no_file) {
  ::setenv("TRAPLINE_TEST_KEY", "canary-9f8e7d6c5b4a", 1);
  std::mutex mutex;
  std::string all;
  {
    auto o = options();
    o.log_sink = [&](int, std::string_view who, std::string_view text) {
      const std::lock_guard lock(mutex);
      all += std::string(who) + ": " + std::string(text) + "\n";
    };
    engine e(std::move(o));
    start(e, "plugins: {tally: {use: tally, options: {key: env:TRAPLINE_TEST_KEY}}}");
    EXPECT_EQ(e.log_file(), "");
    stop(e);
  }
  ::unsetenv("TRAPLINE_TEST_KEY");
  EXPECT_NE(all.find("tally: the key is ***\n"), std::string::npos) << all;
  EXPECT_EQ(all.find("canary"), std::string::npos);
  EXPECT_EQ(log(), "");
}

TEST_F(embedding, events_carry_the_hosts_time) {
  auto o = options();
  std::atomic<std::int64_t> now{1'000};
  o.now = [&] { return now.load(); };
  engine e(std::move(o));
  std::atomic<std::int64_t> stamped{0};
  e.observe("watch", {"host.>"}, [&](const trapline_event& ev) { stamped = ev.ts_recv; });
  start(e, "plugins: {tally: {use: tally}}\n");
  now = 77'000;
  EXPECT_EQ(publish(e, e.topic_id("host.trade"), 1), TRAPLINE_OK);
  EXPECT_TRUE(test::eventually([&] { return stamped == 77'000; }));
  stop(e);
}

TEST_F(embedding, health_is_json_and_tells_who_is_not_well) {
  engine e(options());
  start(e, "plugins:\n  ticks: {use: ticks}\n  bad: {use: throws}\n");
  nlohmann::json j;
  EXPECT_TRUE(test::eventually([&] {  // the reason may be seen after the state
    j = nlohmann::json::parse(e.health_json());
    return j["instances"][1].value("reason", "") != "";
  }));
  EXPECT_EQ(state_of(e, "bad"), "quarantined");
  EXPECT_EQ(j["health"], "failed");
  EXPECT_EQ(j["stop"], "none");
  EXPECT_EQ(j["instances"][1]["name"], "bad");
  EXPECT_EQ(j["instances"][1]["reason"], "third event");
  EXPECT_EQ(j["lanes"].size(), 2u);
  stop(e);
}

TEST_F(embedding, what_an_observer_throws_quarantines_it_and_nobody_else) {
  engine e(options());
  e.observe("watch", {"test.>"}, [](const trapline_event&) { throw std::runtime_error("the host's mistake"); });
  start(e, "plugins:\n  ticks: {use: ticks, options: {count: 100}}\n  tally: {use: tally}\n");
  EXPECT_TRUE(test::eventually([&] { return state_of(e, "watch") == "quarantined"; }));
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("tally_trades_total") == 100; }));
  EXPECT_TRUE(test::eventually([&] { return instance(e, "watch").reason == "the host's mistake"; }));
  stop(e);
}

TEST_F(embedding, one_engine_loads_one_configuration_and_starts_it_once) {
  engine e(options());
  std::string error;
  EXPECT_FALSE(e.start(error));
  EXPECT_NE(error.find("nothing to start"), std::string::npos);
  ASSERT_TRUE(e.load_text(engine_section() + "plugins: {tally: {use: tally}}", "t").empty());
  EXPECT_EQ(e.load_text(engine_section() + "plugins: {tally: {use: tally}}", "t").size(), 1u);
  EXPECT_TRUE(e.start(error)) << error;
  EXPECT_TRUE(e.running());
  EXPECT_FALSE(e.start(error));
  stop(e);
  EXPECT_FALSE(e.running());
  EXPECT_FALSE(e.start(error));
}

TEST_F(embedding, another_thread_publishes_and_asks_while_the_host_steps) {
  auto o = options();
  o.host_driven = true;
  o.control_socket = true;
  std::atomic<int> woken{0};
  o.wake = [&] { ++woken; };
  engine e(std::move(o));
  int seen = 0;
  e.observe("watch", {"host.>"}, [&](const trapline_event&) { ++seen; });
  start(e, "plugins: {tally: {use: tally}}\n");
  const auto topic = e.topic_id("host.trade");
  std::string answer, error;
  bool asked = false;
  std::atomic<bool> done{false};
  std::thread other([&] {
    for (int n = 0; n < 1'000; ++n) publish(e, topic, n);
    trapline::control::client c;
    asked = c.connect(dir_.path() + "/run/control.sock", error) &&
            c.ask(R"({"id":1,"cmd":"status"})", answer, 60'000'000'000, error);
    done = true;
  });
  EXPECT_LE(e.next_deadline(),
            std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
                    .count() +
                1'000'000);  // the control socket wants to be looked at
  while (!done) e.run_once();
  other.join();
  e.run_once();
  EXPECT_EQ(seen, 1'000);
  EXPECT_TRUE(asked) << error;
  EXPECT_NE(answer.find("\"tally\""), std::string::npos) << answer;
  stop(e);
}

TEST_F(embedding, an_engine_without_a_configuration_has_empty_answers) {
  const auto expect_empty = [](engine& e) {
    e.request_stop("too early");
    EXPECT_EQ(e.stop_requested(), trapline::stop_cause::none);
    EXPECT_EQ(e.stop_reason(), "");
    EXPECT_EQ(e.topic(1), "");
    EXPECT_EQ(e.symbol(1), "");
    EXPECT_EQ(e.venue(1), "");
    EXPECT_EQ(e.metrics_text(), "");
    EXPECT_EQ(e.metric_total("x"), 0u);
    EXPECT_EQ(e.bus_bytes(), 0u);
    EXPECT_EQ(e.bus_refusals(), 0u);
    EXPECT_EQ(nlohmann::json::parse(e.health_json())["stop"], "none");
  };
  engine fresh(options());
  expect_empty(fresh);
  engine first(options());
  ASSERT_TRUE(first.load_text(engine_section() + "plugins: {tally: {use: tally}}\n", "t.yaml").empty());
  engine second(options());  // the run directory is taken
  EXPECT_FALSE(second.load_text(engine_section() + "plugins: {tally: {use: tally}}\n", "t.yaml").empty());
  expect_empty(second);
}
