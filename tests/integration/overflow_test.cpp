// The three overflow policies, with the ring full and a lane that stands still.
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>

#include "engine_fixture.hpp"
#include "support/eventually.hpp"
#include "trapline/abi/market.h"

using trapline::engine;

namespace {

class overflow_policies : public engine_fixture {
 protected:
  // One instance of `blocks` on a lane with `policy` beside a source that publishes without pause.
  void run(engine& e, const std::string& policy) {
    start(e,
          "lanes: {side: {overflow: " + policy +
              "}}\nplugins:\n  flood: {use: flood}\n  side: {use: blocks, lane: side, "
              "options: {until: " +
              release_file() + "}}\n",
          "ring_size: 256KiB, hang_limit: 10m");
    ASSERT_TRUE(test::eventually([&] {
      return e.metrics_text().find("trapline_blocks_in_callback{instance=\"side\"} 1") != std::string::npos;
    }));
  }
  std::string release_file() const { return dir_.path() + "/go"; }
  void release() const { std::ofstream(release_file()) << "go"; }
};

constexpr std::uint64_t laps = 50'000;  // events: a dozen times what the ring holds

}  // namespace

TEST_F(overflow_policies, gate_refuses_publishers_and_loses_nothing) {
  engine e(options());
  std::atomic<std::uint64_t> published{0};
  e.observe("watch", {"test.>"}, [&](const trapline_event& ev) { published = ev.source_seq; });
  run(e, "gate");
  EXPECT_TRUE(test::eventually([&] { return e.bus_refusals() > 1000; }));
  EXPECT_LE(published, 256u * 1024 / 128);  // what the ring holds
  release();
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("blocks_trades_total") > laps; }));
  stop(e);
  EXPECT_EQ(e.metric_total("blocks_trades_total"), published);
  EXPECT_EQ(e.metric_total("blocks_gaps_total"), 0u);
}

TEST_F(overflow_policies, lag_loses_the_oldest_and_is_told_how_many) {
  engine e(options());
  std::atomic<std::uint64_t> published{0}, of_the_host{0};
  e.observe("watch", {"test.>", "sys.>"}, [&](const trapline_event& ev) {
    if (ev.source == 0) ++of_the_host;
    else published = ev.source_seq;
  });
  run(e, "lag");
  const std::uint64_t gaps = e.metric_total("blocks_gaps_total");
  EXPECT_TRUE(test::eventually([&] { return published > laps; }));
  release();
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("blocks_trades_total") > 10; }));
  stop(e);
  EXPECT_GT(e.metric_total("blocks_gaps_total"), gaps);
  // What was lost are events of the bus, the host's own among them.
  const std::uint64_t told = e.metric_total("blocks_trades_total") + e.metric_total("blocks_lost_total");
  EXPECT_GE(told, published);
  EXPECT_LE(told, published + of_the_host);
}

TEST_F(overflow_policies, conflate_ends_with_the_last_value) {
  engine e(options());
  std::atomic<std::uint64_t> published{0};
  std::atomic<std::int64_t> last{-1};
  std::atomic<std::uint64_t> of_the_host{0};
  e.observe("watch", {"test.>", "sys.>"}, [&](const trapline_event& ev) {
    if (ev.source == 0) {
      ++of_the_host;
      return;
    }
    published = ev.source_seq;
    last = reinterpret_cast<const trapline_trade*>(&ev + 1)->price;
  });
  run(e, "conflate");
  EXPECT_TRUE(test::eventually([&] { return published > laps; }));
  release();
  EXPECT_TRUE(test::eventually([&] { return e.metric_total("blocks_conflated_total") > 0; }));
  stop(e);
  EXPECT_NE(e.metrics_text().find("trapline_blocks_last_price{instance=\"side\"} " + std::to_string(last) + "\n"),
            std::string::npos);
  // Every event was either seen, or dropped for a later one, and counted.
  const std::uint64_t told = e.metric_total("blocks_trades_total") + e.metric_total("lane_conflated_events_total");
  EXPECT_GE(told, published);
  EXPECT_LE(told, published + of_the_host);
  EXPECT_EQ(e.metric_total("blocks_gaps_total"), 0u);
}
