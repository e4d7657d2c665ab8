#include "supervise/watchdog.hpp"

#include <pthread.h>

#include <algorithm>
#include <string>

#include "trapline/sdk/text.hpp"

namespace trapline::supervise {
namespace {

constexpr std::int64_t millisecond = 1'000'000;
constexpr std::int64_t shortest_tick = millisecond, longest_tick = 50 * millisecond;
constexpr int looks_per_budget = 5;

}  // namespace

watchdog::watchdog(runtime& rt, std::deque<bus::lane>& lanes, std::int64_t hang_limit)
    : rt_(rt), hang_limit_(hang_limit) {
  for (auto& l : lanes) watches_.push_back({&l});
  set_tick();
  if (rt.steps) return;
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, std::chrono::nanoseconds(tick_), [this] { return ending_; })) {
      lock.unlock();
      look(rt_.clock.mono());
      lock.lock();
    }
  });
  ::pthread_setname_np(thread_.native_handle(), "watchdog");
}

watchdog::~watchdog() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

// By the shortest budget; instances come and go.
void watchdog::set_tick() {
  tick_ = std::min(longest_tick, hang_limit_ / looks_per_budget);
  for (const auto& w : watches_)
    for (std::size_t place = 1; place <= bus::lane::max_instances; ++place)
      if (const auto* i = w.lane->at(place)) tick_ = std::min(tick_, i->budget() / looks_per_budget);
  tick_ = std::max(tick_, shortest_tick);
}

void watchdog::look(std::int64_t mono) {
  const std::lock_guard lock(looking_);
  // Never more than two ticks: if this thread did not run, the lanes may not have run either.
  const std::int64_t passed = last_look_ == 0 ? 0 : std::min(mono - last_look_, 2 * tick_);
  last_look_ = mono;
  for (auto& w : watches_) look_at(w, mono, passed);
  set_tick();
}

void watchdog::look_at(watch& w, std::int64_t mono, std::int64_t passed) {
  std::uint64_t call = 0, still = 0;
  plugin::instance* who = w.lane->running(call);
  const std::int64_t may_wait = w.lane->activity().may_wait.load(std::memory_order_acquire);
  w.lane->running(still);
  if (!who || call != w.call || call != still) {
    w.call = call;
    w.running = 0;
    w.told = false;
    return;
  }
  w.running += passed;
  const std::int64_t took = w.running - may_wait;
  if (took > who->budget() && !w.told) {
    w.told = true;
    who->over_budget(took, mono);
  }
  if (took > hang_limit_ && !w.lane->given_up.exchange(true)) hangs(*w.lane, *who, took);
}

void watchdog::hangs(bus::lane& l, plugin::instance& i, std::int64_t took) {
  const std::string text =
      sdk::cat("a callback has not returned for ", took / millisecond, " ms; lane ", l.name(), " hangs");
  if (l.policy() == bus::overflow::gate) {
    i.fault(TRAPLINE_E_TIMEOUT, text);
    i.give_up(text);
    return rt_.request_stop(stop_kind::fault, i.name() + ": " + text + ", and the bus would have to wait for it");
  }
  for (std::size_t place = 1; place <= bus::lane::max_instances; ++place)
    if (auto* other = l.at(place)) {
      other->fault(TRAPLINE_E_TIMEOUT, text);
      other->give_up(text + "; it is left behind");
    }
}

}  // namespace trapline::supervise
