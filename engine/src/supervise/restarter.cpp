#include "supervise/restarter.hpp"

#include <algorithm>
#include <string>

#include "bus/lane.hpp"
#include "supervise/lifecycle.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::supervise {
namespace {

constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t longest_pause = 60'000 * millisecond;
constexpr std::int64_t ran_well = 600'000 * millisecond;  // then earlier restarts count no more

}  // namespace

void restarter::look_at(plugin::instance& i, const config::supervision& policy) {
  if (i.state() != TRAPLINE_INSTANCE_RESTARTING) return;
  const std::int64_t mono = rt_.clock.mono();
  restart& r = restarts_[&i];
  if (r.due == 0) return postpone(i, r, policy, mono);
  if (mono >= r.due) make_anew(i, r, mono);
}

// Stops what faulted and sets the time of the next attempt, or gives up.
void restarter::postpone(plugin::instance& i, restart& r, const config::supervision& policy, std::int64_t mono) {
  if (r.last_made != 0 && mono - r.last_made > ran_well) r.made = 0;
  std::string what;
  if (!r.stopped && !stop(i, false, {}, what)) {
    // Its lane is busy with something else: it stays as it is until the lane comes to it, or is given up.
    if (i.lane->given_up) return i.give_up("cannot be restarted: its lane hangs");
    if (!std::exchange(r.told, true))
      rt_.log.write(TRAPLINE_LOG_WARN, i.name(), "waits to be restarted: " + what + "its lane is busy");
    return;
  }
  r.stopped = true;
  r.told = false;
  if (r.made >= policy.max_restarts)
    return i.give_up(sdk::cat("has been restarted ", r.made, " times; last fault: ", i.reason()));
  const std::int64_t pause = std::min(policy.restart_backoff << std::min(r.made, 20), longest_pause);
  r.due = mono + pause;
  rt_.log.write(TRAPLINE_LOG_WARN, i.name(), sdk::cat("will be made anew in ", pause / millisecond, " ms"));
}

void restarter::make_anew(plugin::instance& i, restart& r, std::int64_t mono) {
  ++r.made;
  r.last_made = mono;
  r.due = 0;
  trapline_error error{};
  auto result = start_result::refused;
  if (i.remake(error)) result = start(i, error);
  if (result == start_result::hangs)  // it is in start() now, or will be: nobody may touch it
    return i.give_up(sdk::cat("restart ", r.made, ": ", sdk::view(error.text)));
  if (result == start_result::refused)
    return i.fault(TRAPLINE_E_FAILED, sdk::cat("restart ", r.made, ": ", sdk::view(error.text)));
  r.stopped = false;
  if (auto* n = rt_.metrics.counter(i.name(), "instance_restarts_total", {}))
    std::atomic_ref(*n).fetch_add(1, std::memory_order_relaxed);
  rt_.log.write(TRAPLINE_LOG_WARN, i.name(), sdk::cat("runs again, restart ", r.made));
}

}  // namespace trapline::supervise
