// An engine without threads of its own: the host's loop calls run_once(), and everything happens there.
#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "engine_impl.hpp"

namespace trapline {

void engine::impl::wake() noexcept {
  if (options.wake && !woken.exchange(true)) options.wake();
}

std::uint64_t engine::impl::step_lanes(std::uint64_t most) {
  std::uint64_t n = 0;
  for (auto& l : lanes) n += l.visit(static_cast<std::size_t>(most - n));
  return n;
}

// The caller waits for what an instance does by itself, so if nothing moves a socket may have to.
void engine::impl::pass() {
  if (step_lanes(~std::uint64_t{0}) == 0) std::this_thread::sleep_for(std::chrono::microseconds(100));
  rt->log.pump();
}

bool engine::impl::has_work() const {
  return control.has_posted() || std::any_of(lanes.begin(), lanes.end(), [](const auto& l) { return l.has_work(); });
}

void engine::impl::rise() noexcept {
  woken = false;
  if (!std::exchange(resting, false)) return;
  for (auto& l : lanes) l.rise();
}

// Every lane looks for work after it said that it rests, as sleeping lanes do, so nothing that comes between is missed.
// Who asks for no wake-ups does not pay for them.
bool engine::impl::rest() noexcept {
  if (!options.wake) return !has_work();
  resting = true;
  bool idle = true;
  for (auto& l : lanes) idle = l.rest() && idle;
  return idle && !control.has_posted();
}

run_result engine::impl::run_once(run_limits limits) {
  if (!options.host_driven) throw std::logic_error("run_once() is for engines with the option host_driven");
  if (stepping) throw std::logic_error("run_once() was called within a callback of the same engine");
  if (!running) return {};
  const busy_mark now_stepping(stepping);
  rise();
  const bool timed = limits.max_ns > 0;
  const auto end =
      timed ? supervise::steady::now() + std::chrono::nanoseconds(limits.max_ns) : supervise::steady::time_point{};
  run_result out;
  while (out.events < limits.max_events) {
    control.visit();
    const std::uint64_t n = step_lanes(limits.max_events - out.events);
    out.events += n;
    if (n == 0 && !has_work()) break;
    if (timed && supervise::steady::now() >= end) break;
  }
  rt->log.pump();
  out.more = !rest();
  return out;
}

std::int64_t engine::impl::next_deadline() const {
  if (!running) return never;
  const std::int64_t now = clock.now();
  if (has_work()) return now;
  std::int64_t due = never;
  for (const auto& l : lanes) {
    due = std::min(due, l.next_due());
    if (l.has_driver()) due = std::min(due, now + options.poll_interval);
  }
  if (control.listens()) due = std::min(due, now + options.poll_interval);
  if (const auto at = control.tick_at(); at != never)
    due = std::min(due, now + std::max<std::int64_t>(at - clock.mono(), 0));
  return due;
}

run_result engine::run_once(run_limits limits) { return impl_->run_once(limits); }
std::int64_t engine::next_deadline() const { return impl_->next_deadline(); }

}  // namespace trapline
