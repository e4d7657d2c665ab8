// A lane: one thread that walks the bus and calls an ordered list of instances, one event at a time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bus/ring.hpp"
#include "config/engine_config.hpp"
#include "plugin/instance.hpp"
#include "runtime.hpp"
#include "time/timers.hpp"

namespace trapline::bus {

class lane final : public sleeper {
 public:
  // Before the ring has wrapped once.
  lane(runtime& rt, const config::lane_config& c);
  ~lane() override;

  const std::string& name() const noexcept { return name_; }

  // [control], before run()
  void add(plugin::instance& i);
  void run();  // starts the thread
  // Ends the thread; the lane's instances are stopped already. False: it hangs, and this object must outlive it.
  bool end(std::int64_t limit);

  // Runs `f` on the lane's thread, between two events, and waits until it has run. False: it took longer than `limit`
  // ns; `f` may still run later, so it must own what it touches. [control]
  bool call(std::function<void()> f, std::int64_t limit);

  // [lane]
  time::timers& timers() noexcept { return timers_; }
  void forget_routes() noexcept { routes_stale_ = true; }  // from the next event on
  void set_driver(plugin::instance* i);
  bool dry() const noexcept { return !reader_.ready(false); }

  void wake() noexcept override;

  // Lines behind the newest event; what a lag lane has copied out already does not count. Any thread.
  std::uint64_t lag() const noexcept {
    const std::uint64_t position = reader_.position();  // first: the tail is never behind it
    return rt_.ring.tail() - position;
  }
  std::uint64_t events() const noexcept { return events_.load(std::memory_order_relaxed); }

 private:
  struct target {
    plugin::instance* who = nullptr;
    std::uint64_t type_mask = 0;
  };
  struct route {
    bool resolved = false;
    std::vector<target> targets;
  };

  void loop();
  std::size_t drain_bus(std::size_t most);
  void dispatch(const trapline_event* e);
  void hand_over(plugin::instance& i, const trapline_event* e);
  void tell_loss(const loss& lost, const trapline_event* next);
  const route& resolve(std::uint32_t topic);
  void fire_timers();
  void run_commands();
  void wait();
  std::int64_t wait_time() const;

  runtime& rt_;
  std::string name_;
  config::wait_strategy wait_;
  ring::reader& reader_;
  std::vector<plugin::instance*> instances_;
  std::vector<route> routes_;  // by topic id
  bool routes_stale_ = false;
  time::timers timers_;
  std::int64_t idle_since_ = 0;  // for spin_park
  std::uint64_t* lost_total_ = nullptr;

  std::mutex driver_mutex_;  // a wake-up must not reach a driver that is being destroyed
  plugin::instance* driver_ = nullptr;

  std::mutex command_mutex_;
  std::condition_variable command_done_;
  std::deque<std::function<void()>> commands_;
  std::atomic<bool> has_commands_{false};
  bool ending_ = false;  // of the lane's thread

  std::atomic<std::uint64_t> events_{0};
  std::thread thread_;
};

}  // namespace trapline::bus
