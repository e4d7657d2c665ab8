// Sees which callbacks take too long.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "bus/lane.hpp"
#include "plugin/instance.hpp"
#include "runtime.hpp"

namespace trapline::supervise {

// Looks at every lane some times per budget, so that measuring costs the lanes nothing but a store a callback:
//  * A callback seen running for longer than its instance's budget is counted; the third within a minute is a fault.
//  * One that runs for longer than `hang_limit` hangs. Its thread cannot be ended safely. A lane with policy `gate`
//    would stop the bus, so the engine is asked to stop; another lane is given up, its instances quarantined.
// Time in which this thread itself did not run (a loaded machine, a suspended process) is held against nobody. It never
// waits for a lane.
class watchdog {
 public:
  // All of them outlive this object. Starts its thread, unless the lanes have none: nobody could look then.
  watchdog(runtime& rt, std::deque<bus::lane>& lanes, std::int64_t hang_limit);
  ~watchdog();

  // When it returns, no instance is being looked at that its lane had released before. [control]
  void settle() const { const std::lock_guard lock(looking_); }

 private:
  struct watch {
    bus::lane* lane;
    std::uint64_t call = 0;    // the callback looked at
    std::int64_t running = 0;  // ns for which it has been seen running
    bool told = false;
  };

  void look(std::int64_t mono);
  void set_tick();
  void look_at(watch& w, std::int64_t mono, std::int64_t passed);
  void hangs(bus::lane& l, plugin::instance& i, std::int64_t took);

  runtime& rt_;
  std::int64_t hang_limit_;
  std::int64_t tick_;  // ns between two looks
  std::int64_t last_look_ = 0;
  std::vector<watch> watches_;

  mutable std::mutex looking_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace trapline::supervise
