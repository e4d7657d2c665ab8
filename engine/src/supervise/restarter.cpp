#include "supervise/restarter.hpp"

#include <pthread.h>

#include <algorithm>
#include <string>

#include "bus/lane.hpp"
#include "supervise/alternate_stack.hpp"
#include "supervise/lifecycle.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::supervise {
namespace {

constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t tick = 10 * millisecond;  // only where an instance wants to be restarted at all
constexpr std::int64_t longest_pause = 60'000 * millisecond;
constexpr std::int64_t ran_well = 600'000 * millisecond;  // then earlier restarts count no more

}  // namespace

restarter::restarter(runtime& rt, const std::vector<std::unique_ptr<plugin::instance>>& instances) : rt_(rt) {
  for (const auto& i : instances)
    if (i->supervision.on_fault == config::fault_policy::restart) restarts_.push_back({i.get()});
  if (restarts_.empty()) return;
  thread_ = std::thread([this] { loop(); });
  ::pthread_setname_np(thread_.native_handle(), "restarter");
}

restarter::~restarter() { end(call_limit); }

bool restarter::end(std::int64_t limit) {
  if (!thread_.joinable()) return true;
  {
    std::unique_lock lock(mutex_);
    ending_ = true;
    wake_.notify_all();
    if (!wake_.wait_for(lock, std::chrono::nanoseconds(limit), [this] { return ended_; })) return false;
  }
  thread_.join();
  for (auto& r : restarts_)
    if (r.who->state() == TRAPLINE_INSTANCE_RESTARTING) r.who->give_up("the engine stopped before it was made anew");
  return true;
}

void restarter::loop() {
  const alternate_stack for_signals;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::nanoseconds(tick), [this] { return ending_; })) {
    lock.unlock();
    for (auto& r : restarts_) look_at(r, rt_.clock.mono());
    lock.lock();
  }
  ended_ = true;
  wake_.notify_all();
}

void restarter::look_at(restart& r, std::int64_t mono) {
  if (r.who->state() != TRAPLINE_INSTANCE_RESTARTING) return;
  if (r.due == 0) return postpone(r, mono);
  if (mono >= r.due) make_anew(r, mono);
}

// Stops what faulted and sets the time of the next attempt, or gives up.
void restarter::postpone(restart& r, std::int64_t mono) {
  const auto& policy = r.who->supervision;
  if (r.last_made != 0 && mono - r.last_made > ran_well) r.made = 0;
  std::string what;
  if (!r.stopped && !stop(*r.who, false, {}, what)) {
    // Its lane is busy with something else: it stays as it is until the lane comes to it, or is given up.
    if (r.who->lane->given_up) return r.who->give_up("cannot be restarted: its lane hangs");
    if (!std::exchange(r.told, true))
      rt_.log.write(TRAPLINE_LOG_WARN, r.who->name(), "waits to be restarted: " + what + "its lane is busy");
    return;
  }
  r.stopped = true;
  r.told = false;
  if (r.made >= policy.max_restarts)
    return r.who->give_up(sdk::cat("has been restarted ", r.made, " times; last fault: ", r.who->reason()));
  const std::int64_t pause = std::min(policy.restart_backoff << std::min(r.made, 20), longest_pause);
  r.due = mono + pause;
  rt_.log.write(TRAPLINE_LOG_WARN, r.who->name(), sdk::cat("will be made anew in ", pause / millisecond, " ms"));
}

void restarter::make_anew(restart& r, std::int64_t mono) {
  ++r.made;
  r.last_made = mono;
  r.due = 0;
  trapline_error error{};
  auto result = start_result::refused;
  if (r.who->remake(error)) result = start(*r.who, error);
  if (result == start_result::hangs)  // it is in start() now, or will be: nobody may touch it
    return r.who->give_up(sdk::cat("restart ", r.made, ": ", sdk::view(error.text)));
  if (result == start_result::refused)
    return r.who->fault(TRAPLINE_E_FAILED, sdk::cat("restart ", r.made, ": ", sdk::view(error.text)));
  r.stopped = false;
  if (auto* n = rt_.metrics.counter(r.who->name(), "instance_restarts_total", {}))
    std::atomic_ref(*n).fetch_add(1, std::memory_order_relaxed);
  rt_.log.write(TRAPLINE_LOG_WARN, r.who->name(), sdk::cat("runs again, restart ", r.made));
}

}  // namespace trapline::supervise
