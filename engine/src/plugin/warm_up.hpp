// Recorded events for an instance before it takes another's place, so that it begins as one that has been there for a
// while.
//
// It is started and called as ever, and cannot tell: events come as they came, the clock says what they say, its timers
// are due by their time. But nobody hears it: what it publishes is counted and dropped, and it can ask for nothing. So
// what it knows in the end follows from the events alone, and a replay that gives it the same events gets the same.
//
// First events of the journal (feed()). Then, on an engine, wait_on_lane(): from then on its lane's events are put
// aside, exactly as the lane would have handed them out, until the journal has been read up to there; then they follow
// (catch_up()), and when nothing is left it may speak. [lane], but for what says otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "time/timers.hpp"
#include "trapline/abi/plugin.h"

namespace trapline::plugin {

class instance;

class warm_up {
 public:
  // Of a configured instance that has a place on its lane and has not started. `began`: UTC ns, what start() takes for
  // now.
  warm_up(instance& who, std::int64_t began);
  ~warm_up();
  warm_up(const warm_up&) = delete;
  warm_up& operator=(const warm_up&) = delete;

  // Without success destroy() is all that may follow.
  bool start(trapline_error& error);
  // Hands it over if the instance has subscribed to it, or if it is a lane's own (bus/host_events.hpp).
  void feed(const trapline_event& e);

  // The event after which its lane's events are put aside.
  std::uint64_t wait_on_lane(const instance& predecessor);
  static constexpr std::size_t most_waiting = 64 << 20;  // bytes put aside; more is `overflowed`
  // Hands over what was put aside, until `until` (mono ns). True: nothing is left.
  bool catch_up(std::int64_t until);
  bool overflowed() const noexcept { return overflowed_; }

  // Its lane calls it no more: back to where it was before wait_on_lane().
  void leave_lane();
  // The timers that it has set are its lane's from now on.
  void pass_timers_on();

  time::timers& timers() noexcept { return timers_; }
  // Events that it was called with: timers and gaps not counted.
  std::uint64_t events() const noexcept { return events_; }
  std::uint64_t gaps() const noexcept { return gaps_; }

 private:
  struct route {
    bool known = false;
    std::uint64_t type_mask = 0;
  };
  bool wants(const trapline_event& e);
  void hand_over(const trapline_event& e);
  void call(const trapline_event& e);
  void run_timers(std::int64_t until);
  void put_aside(const trapline_event& e) noexcept;

  instance& who_;
  time::timers timers_;
  std::int64_t now_;
  std::uint64_t seq_ = 0;  // of the event that it was called with last
  std::uint64_t events_ = 0, gaps_ = 0;
  std::vector<route> routes_;   // by topic
  std::size_t routes_for_ = 0;  // how many subscriptions they know

  trapline_plugin aside_{};  // called by the lane instead of the instance
  std::uint32_t predecessor_ = 0;
  bool on_lane_ = false, overflowed_ = false;
  std::vector<std::uint64_t> waiting_;  // events, one behind the other
  std::size_t taken_ = 0;               // words of them that were handed over
};

}  // namespace trapline::plugin
