#include "supervise/supervisor.hpp"

#include <pthread.h>

#include <algorithm>
#include <string>

#include "supervise/lifecycle.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::supervise {
namespace {

constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t shortest_tick = millisecond, longest_tick = 50 * millisecond;
constexpr int looks_per_budget = 5;
constexpr std::int64_t longest_pause = 60'000 * millisecond;
constexpr std::int64_t ran_well = 600'000 * millisecond;  // then earlier restarts count no more

}  // namespace

supervisor::supervisor(runtime& rt, std::deque<bus::lane>& lanes,
                       std::vector<std::unique_ptr<plugin::instance>>& instances, std::int64_t hang_limit)
    : rt_(rt), hang_limit_(hang_limit), tick_(std::min(longest_tick, hang_limit / looks_per_budget)) {
  for (auto& l : lanes) watches_.push_back({&l});
  for (auto& i : instances) {
    tick_ = std::min(tick_, i->supervision.budget / looks_per_budget);
    if (i->supervision.on_fault == config::fault_policy::restart) restarts_.push_back({i.get()});
  }
  tick_ = std::max(tick_, shortest_tick);
}

supervisor::~supervisor() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void supervisor::run() {
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, std::chrono::nanoseconds(tick_), [this] { return ending_; })) {
      lock.unlock();
      look(rt_.clock.mono());
      lock.lock();
    }
  });
  ::pthread_setname_np(thread_.native_handle(), "supervisor");
}

void supervisor::look(std::int64_t mono) {
  // Never more than two ticks: if this thread did not run, the lanes may not have run either.
  const std::int64_t passed = last_look_ == 0 ? 0 : std::min(mono - last_look_, 2 * tick_);
  last_look_ = mono;
  for (auto& w : watches_) look_at(w, mono, passed);
  for (auto& r : restarts_) look_at(r, mono);
}

// ---------------------------------------------------------------- watchdog

void supervisor::look_at(watch& w, std::int64_t mono, std::int64_t passed) {
  std::uint64_t call = 0;
  plugin::instance* who = w.lane->running(call);
  if (!who || call != w.call) {
    w.call = call;
    w.running = 0;
    w.told = false;
    return;
  }
  w.running += passed;
  const std::int64_t took = w.running - w.lane->activity().may_wait.load(std::memory_order_relaxed);
  if (took > who->supervision.budget && !w.told) {
    w.told = true;
    who->over_budget(took, mono);
  }
  if (took > hang_limit_ && !w.lane->given_up.exchange(true)) hangs(*w.lane, *who, took);
}

void supervisor::hangs(bus::lane& l, plugin::instance& i, std::int64_t took) {
  const std::string text =
      sdk::cat("a callback has not returned for ", took / millisecond, " ms; lane ", l.name(), " hangs");
  if (l.policy() == bus::overflow::gate) {
    i.fault(TRAPLINE_E_TIMEOUT, text);
    return rt_.request_stop(stop_kind::fault, i.name() + ": " + text + ", and the bus would have to wait for it");
  }
  for (auto* other : l.instances()) {
    other->fault(TRAPLINE_E_TIMEOUT, text);
    other->give_up(text + "; it is left behind");
  }
}

// ---------------------------------------------------------------- restarts

void supervisor::look_at(restart& r, std::int64_t mono) {
  if (r.who->state() != TRAPLINE_INSTANCE_RESTARTING) return;
  if (r.due == 0) return postpone(r, mono);
  if (mono >= r.due) make_anew(r, mono);
}

// Stops what faulted and sets the time of the next attempt, or gives up.
void supervisor::postpone(restart& r, std::int64_t mono) {
  const auto& policy = r.who->supervision;
  if (r.last_made != 0 && mono - r.last_made > ran_well) r.made = 0;
  std::string what;
  if (!r.stopped && !stop(*r.who, false, {}, what)) {
    rt_.log.write(TRAPLINE_LOG_ERROR, r.who->name(), "cannot be restarted: " + what);
    return r.who->give_up("cannot be restarted: " + what);
  }
  r.stopped = true;
  if (r.made >= policy.max_restarts) {
    const std::string text = sdk::cat("has been restarted ", r.made, " times; last fault: ", r.who->reason());
    rt_.log.write(TRAPLINE_LOG_ERROR, r.who->name(), text);
    return r.who->give_up(text);
  }
  const std::int64_t pause = std::min(policy.restart_backoff << std::min(r.made, 20), longest_pause);
  r.due = mono + pause;
  rt_.log.write(TRAPLINE_LOG_WARN, r.who->name(), sdk::cat("will be made anew in ", pause / millisecond, " ms"));
}

void supervisor::make_anew(restart& r, std::int64_t mono) {
  ++r.made;
  r.last_made = mono;
  r.due = 0;
  trapline_error error{};
  if (r.who->remake(error) && start(*r.who, error) == start_result::running) {
    r.stopped = false;
    if (auto* n = rt_.metrics.counter(r.who->name(), "instance_restarts_total", {}))
      std::atomic_ref(*n).fetch_add(1, std::memory_order_relaxed);
    return rt_.log.write(TRAPLINE_LOG_WARN, r.who->name(), sdk::cat("runs again, restart ", r.made));
  }
  r.who->fault(TRAPLINE_E_FAILED, sdk::cat("restart ", r.made, ": ", sdk::view(error.text)));
}

}  // namespace trapline::supervise
