// The control thread of a running engine.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "control/request.hpp"
#include "control/server.hpp"
#include "time/clock.hpp"

namespace trapline::control {

// Everything that changes which instances there are (swaps, reloads, restarts after a fault) happens on this one
// thread, one thing after the other, so that no two of them can meet. It also owns the control socket, which costs
// nothing: it sleeps in poll(2) anyway. A request may take seconds (it waits for lanes); others then wait for it.
class thread {
 public:
  static constexpr std::size_t max_waiting = 256;

  explicit thread(const time::clock& clock);
  ~thread();

  // Before run(). Empty: it listens. Else why not.
  std::string listen(const std::string& path) { return server_.open(path); }
  // `handle` carries out a request; `tick` looks after what else is to be done and returns in how many ns it wants to
  // be called again, or `never` if only a request can change that. Both on the thread.
  void run(std::function<void(request)> handle, std::function<std::int64_t()> tick);
  // The same without a thread: the caller's looks after it by visit(). `wake` [any]: there is something to do.
  void run_by_visits(std::function<void(request)> handle, std::function<std::int64_t()> tick);
  void set_wake(std::function<void()> wake) { on_wake_ = std::move(wake); }  // before the first submit()
  void visit();
  bool has_posted() const;
  bool listens() const noexcept { return server_.listens(); }
  std::int64_t tick_at() const noexcept { return tick_at_; }  // mono; never: nothing is to be looked after
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

  // Requests wait until run(). False: too many wait, or it has ended. [any]
  bool submit(request r);
  // It is to end: what takes long should stop. [any]
  bool ending() const noexcept { return ending_.load(std::memory_order_relaxed); }
  const std::atomic<bool>& ending_flag() const noexcept { return ending_; }
  // Ends the thread after what is under way. False: that takes longer than `limit` ns, and this object must outlive it.
  bool end(std::int64_t limit);

 private:
  bool post(std::function<void()> f, bool bounded);
  void wake() const noexcept;
  void loop();
  void run_posted();
  void look_after(std::int64_t wait);

  const time::clock& clock_;
  server server_;
  descriptor event_;  // eventfd(2): something was posted
  std::function<void(request)> handle_;
  std::function<std::int64_t()> tick_;
  std::function<void()> on_wake_;
  std::int64_t tick_at_ = never;
  std::vector<pollfd> fds_;
  mutable std::mutex mutex_;
  std::deque<std::function<void()>> posted_;
  std::atomic<bool> ending_{false};
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace trapline::control
