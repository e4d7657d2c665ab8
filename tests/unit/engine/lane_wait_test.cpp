// How a lane waits that has a driver: the lane's `wait` decides whether the driver may sleep.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "support/bus_rig.hpp"

namespace {

using trapline::config::wait_strategy;

// Notes how long it was allowed to wait, and never does.
class noting_driver : public trapline::sdk::plugin<noting_driver> {
 public:
  static constexpr auto info = trapline::sdk::plugin_info{
      .id = "noting_driver", .version = "1.0.0", .summary = "notes its waits", .flags = TRAPLINE_PLUGIN_SOURCE};
  explicit noting_driver(const trapline_host* h) : plugin(h) {}
  void poll(std::int64_t max_wait) { waits.push_back(max_wait); }
  void wake() {}

  std::vector<std::int64_t> waits;
};

std::vector<std::int64_t> waits_of_idle_lane(wait_strategy wait) {
  test::bus_rig rig(1 << 20);
  auto& lane = rig.lane(wait);
  auto& driver = rig.add<noting_driver>(lane);
  rig.start_here(lane);
  for (int i = 0; i < 100; ++i) lane.turn();
  return driver.waits;
}

TEST(lane_wait, a_spinning_lane_polls_its_driver_every_turn_and_never_lets_it_sleep) {
  const auto waits = waits_of_idle_lane(wait_strategy::spin);
  EXPECT_EQ(waits, std::vector<std::int64_t>(100, 0));
}

TEST(lane_wait, a_parking_lane_lets_its_driver_sleep_as_soon_as_there_is_nothing_to_do) {
  const auto waits = waits_of_idle_lane(wait_strategy::park);
  ASSERT_GE(waits.size(), 100u);
  EXPECT_GT(std::count_if(waits.begin(), waits.end(), [](auto w) { return w > 0; }), 90);
}

}  // namespace
