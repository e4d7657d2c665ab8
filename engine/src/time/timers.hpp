// The timers of one lane. Not thread-safe: the lane's thread owns it.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "trapline/abi/base.h"

namespace trapline::time {

// An expiry travels as an event through the bus, so a timer is in one of three places: waiting in the queue, in
// flight (event published, not yet delivered), or gone.
//
// A timer's id is its instance's (upper half) and how many timers that instance has set before, restarts included
// (lower half). So it depends on the instance alone, and a replay of it without the others on its lane gives the same
// ids.
class timers {
 public:
  static constexpr std::size_t max_per_instance = 1024;

  struct expiry {
    std::uint64_t id = 0;
    std::uint64_t cookie = 0;
    std::uint32_t instance = 0;
    std::int64_t due = 0;
  };

  // `period` 0 = once. INVALID: negative period. LIMIT.
  trapline_status set(std::uint32_t instance, std::int64_t at, std::int64_t period, std::uint64_t cookie,
                      std::uint64_t& id);
  trapline_status cancel(std::uint32_t instance, std::uint64_t id);
  void cancel_all(std::uint32_t instance);

  // Due time of the next waiting timer, `never` if there is none. Looked at every turn of a lane.
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
  std::int64_t next_due() const noexcept { return queue_.empty() ? never : queue_.begin()->first; }

  // The first timer due at `now`, in (due, id) order; taken() must follow once its event is in the bus.
  std::optional<expiry> due(std::int64_t now) const;
  void taken(std::uint64_t id, std::int64_t now);

  // The event of `id` has come back. False: cancelled meanwhile, do not deliver.
  bool delivered(std::uint64_t id);

  // Events in flight were lost: one-shot timers among them are due again.
  void requeue_lost();

  // What `of` has set with `from`, and the numbers it has used, are here from now on; `from` is done with. It has set
  // none here.
  void take_over(timers& from, std::uint32_t of);

  // For a replay, where nothing is due by itself: what a recorded expiry, not handed out yet, is to the timers that
  // have been set. After `deliver` the next one of a timer with a period is expected a period later.
  enum class recorded { deliver, cancelled, never_set, differs };
  recorded expired(const expiry& e);

 private:
  struct entry {
    std::uint32_t instance = 0;
    std::int64_t due = 0, period = 0;
    std::uint64_t cookie = 0;
    bool in_flight = false;
  };
  std::map<std::uint64_t, entry> entries_;
  std::set<std::pair<std::int64_t, std::uint64_t>> queue_;  // (due, id)
  struct owner {
    std::size_t count = 0;
    std::uint32_t last = 0;  // number given; goes on after cancel_all(), for expiries of before may be in flight
  };
  std::uint64_t next_id(std::uint32_t instance, owner& o) const;
  std::map<std::uint32_t, owner> owners_;  // 40 bytes for each instance that has ever set one
};

}  // namespace trapline::time
