// A lane: one thread that walks the bus and calls an ordered list of instances, one event at a time.
#pragma once

#include <array>
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

// What a lane's thread is doing right now, for the watchdog and for crash records. Written by the thread alone.
struct activity {
  // Callbacks entered so far * 2^16 + place in the lane's list of the instance that was entered last, from 1; 0: none
  // runs.
  std::atomic<std::uint64_t> call{0};
  std::atomic<std::uint64_t> seq{0};      // of the event handed over last
  std::atomic<std::int64_t> may_wait{0};  // ns that the callback may take over its budget: a driver's wait
};

class lane final : public sleeper {
 public:
  // Before the ring has wrapped once.
  lane(runtime& rt, const config::lane_config& c);
  ~lane() override;

  const std::string& name() const noexcept { return name_; }
  overflow policy() const noexcept { return reader_.policy(); }
  static constexpr std::size_t max_instances = 256;  // at once, those on their way out included
  // In the order in which they are called. [lane], or before run()
  const std::vector<plugin::instance*>& instances() const noexcept { return instances_; }
  // The one that has `place`, from 1, or nullptr. Any thread.
  plugin::instance* at(std::size_t place) const noexcept { return places_[place - 1].load(std::memory_order_acquire); }
  // The instance whose callback runs, or nullptr; `call` tells callbacks apart. Any thread, signal handlers included.
  plugin::instance* running(std::uint64_t& call) const noexcept {
    call = activity_.call.load(std::memory_order_acquire);
    const std::size_t place = call & 0xffff;
    return place == 0 ? nullptr : at(place);
  }
  const bus::activity& activity() const noexcept { return activity_; }
  // For a message about a lane that does not answer: whose callback runs, and how the kernel sees its thread. Any
  // thread.
  std::string describe() const;

  // Gives the instance this lane and a place of its own in it, which it keeps until release(). False: all are taken.
  // [control]
  bool reserve(plugin::instance& i) noexcept;
  // The lane is done with the instance: detached, stopped. [control]
  void release(plugin::instance& i) noexcept;
  // reserve(), and it is called from the first event on; throws std::length_error if there is no place. [control],
  // before run()
  void add(plugin::instance& i);
  void run();  // starts the thread
  // Ends the thread; the lane's instances are stopped already. False: it hangs, and this object must outlive it.
  bool end(std::int64_t limit);

  // Without run(), the calling thread may be the lane's: it says so once, then takes turns of the loop. A turn handles
  // what is there; if there is nothing, it waits as the lane would.
  void adopt_thread() noexcept;
  void turn() {
    if (!step()) wait();
  }

  // An engine without threads of its own (runtime::steps) has each lane visited instead, by one thread at a time: does
  // what is there, at most `most` events, and never waits. Returns how many it handled.
  std::size_t visit(std::size_t most);
  // Between two visits: from rest() to rise() the lane asks to be visited when there is something to do. False: there
  // is already.
  bool rest() noexcept { return reader_.fall_asleep() && !has_commands_.load(std::memory_order_seq_cst); }
  void rise() noexcept { reader_.awake(); }
  bool has_work() const noexcept { return reader_.ready() || has_commands_.load(std::memory_order_acquire); }
  std::int64_t next_due() const noexcept { return timers_.next_due(); }
  bool has_driver() const noexcept { return driver_ != nullptr; }

  // For hosts that have the events from elsewhere than the bus. [lane]
  // Hands one out, which lives until this returns, as if it came next.
  void deliver(const trapline_event* e);
  // Tells all instances that the lane was lapped, before `next` is handed out.
  void tell_loss(const loss& lost, const trapline_event* next);
  // What is on the bus goes to `f` and to no instance.
  template <class F>
  void take(F&& f) {
    for (; const trapline_event* e = reader_.peek(); reader_.advance()) f(*e);
  }

  // Runs `f` on the lane's thread, between two events, and waits until it has run. False: it took longer than `limit`
  // ns; `f` may still run later, so it must own what it touches. [control]
  bool call(std::function<void()> f, std::int64_t limit);
  // The same without waiting. [any]
  void post(std::function<void()> f);

  // [lane], between two events. `at`: how many others are called before it.
  void attach(plugin::instance& i, std::size_t at);
  void detach(const plugin::instance& i);
  // From the next event on `fresh` is called where `old` was; `old` is still known, until has_left(), for its timers
  // and answers while it drains.
  void replace(plugin::instance& old, plugin::instance& fresh);
  void has_left(const plugin::instance& i) { std::erase(leaving_, &i); }
  // nullptr: no such instance is known here.
  plugin::instance* find(std::uint32_t id) const noexcept;
  std::uint64_t last_seq() const noexcept { return activity_.seq.load(std::memory_order_relaxed); }

  // [lane]
  time::timers& timers() noexcept { return timers_; }
  void forget_routes() noexcept { routes_stale_ = true; }  // from the next event on
  void set_driver(plugin::instance* i);
  void set_driver_off(const plugin::instance& i) {
    if (driver_ == &i) set_driver(nullptr);
  }
  // Marks that a callback of `i` begins, or that none runs (nullptr).
  void enter(const plugin::instance* i, std::int64_t may_wait = 0) noexcept {
    activity_.may_wait.store(may_wait, std::memory_order_release);
    activity_.call.store(++calls_ << 16 | (i ? i->place : 0), std::memory_order_release);
  }
  bool dry() const noexcept { return !reader_.ready(); }

  void wake() noexcept override;

  // Lines behind the newest event; what a lag lane has copied out already does not count. Any thread.
  std::uint64_t lag() const noexcept {
    const std::uint64_t position = reader_.position();  // first: the tail is never behind it
    return rt_.ring.tail() - position;
  }
  // A callback hangs for good: nothing may be expected of this lane's thread any more. Set by the supervisor.
  std::atomic<bool> given_up{false};

  std::uint64_t events() const noexcept { return events_.load(std::memory_order_relaxed); }

 private:
  struct target {
    plugin::instance* who = nullptr;
    std::uint64_t type_mask = 0;
    bool operator==(const target&) const = default;
  };
  using target_list = std::vector<target>;
  static constexpr std::uint32_t sample_every = 256;  // callbacks: the clock costs as much as the rest of a hand-over
  static constexpr std::uint32_t unresolved = ~std::uint32_t{0};

  void loop();
  bool step();
  std::size_t drain_bus(std::size_t most);
  void dispatch(const trapline_event* e);
  void deliver_timer(const trapline_event* e);
  void hand_over(plugin::instance& i, const trapline_event* e) {
    activity_.call.store(++calls_ << 16 | i.place, std::memory_order_release);
    if (--until_sample_ == 0) [[unlikely]]
      hand_over_timed(i, e);
    else i.on_event(e);
  }
  void hand_over_timed(plugin::instance& i, const trapline_event* e);
  void refresh_routes();
  void tell_journal(const loss& lost, bool conflated) noexcept;
  const target_list& targets_of(std::uint32_t topic) {
    if (topic < routes_.size() && routes_[topic] != unresolved) [[likely]]
      return lists_[routes_[topic]];
    return lists_[resolve(topic)];
  }
  std::uint32_t resolve(std::uint32_t topic);
  void poll_driver(std::int64_t max_wait);
  void fire_timers();
  void run_commands();
  void wait();
  std::int64_t wait_time() const;

  runtime& rt_;
  std::string name_;
  config::wait_strategy wait_;
  ring::reader& reader_;
  std::vector<plugin::instance*> instances_;
  // Most topics have the same few receivers, so a topic is an index into the distinct lists.
  std::vector<std::uint32_t> routes_;  // by topic id
  std::vector<target_list> lists_;
  bool routes_stale_ = false;
  bus::activity activity_;
  std::uint64_t calls_ = 0;
  std::uint32_t until_sample_ = sample_every;
  obs::histogram* delay_ = nullptr;
  time::timers timers_;
  std::int64_t idle_since_ = 0;  // for spin_park
  std::uint64_t conflated_ = 0;
  bool conflation_told_ = false;

  std::mutex driver_mutex_;  // a wake-up must not reach a driver that is being destroyed
  plugin::instance* driver_ = nullptr;

  std::mutex command_mutex_;
  std::deque<std::function<void()>> commands_;
  std::atomic<bool> has_commands_{false};
  bool ending_ = false;  // of the lane's thread

  std::atomic<std::uint64_t> events_{0};
  std::thread thread_;
  std::atomic<int> thread_id_{0};  // the kernel's
  // Not looked at for an event, so at the end.
  std::vector<plugin::instance*> leaving_;  // replaced, and not stopped yet
  std::array<std::atomic<plugin::instance*>, max_instances> places_{};
};

}  // namespace trapline::bus
