// The control thread of a running engine.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

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
  // be called again. Both on the thread.
  void run(std::function<void(request)> handle, std::function<std::int64_t()> tick);

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
  void loop(const std::function<std::int64_t()>& tick);
  void run_posted();

  const time::clock& clock_;
  server server_;
  descriptor event_;  // eventfd(2): something was posted
  std::function<void(request)> handle_;
  std::mutex mutex_;
  std::deque<std::function<void()>> posted_;
  std::atomic<bool> ending_{false};
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace trapline::control
