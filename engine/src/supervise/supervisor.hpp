// The watchdog of a running engine, and the one that makes faulted instances anew.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "bus/lane.hpp"
#include "plugin/instance.hpp"
#include "runtime.hpp"

namespace trapline::supervise {

// Looks at every lane some times per budget, so that measuring costs the lanes nothing but two stores a callback:
//  * A callback seen running for longer than its instance's budget is counted; the third within a minute is a fault.
//  * One that runs for longer than `hang_limit` hangs. Its thread cannot be ended safely. A lane with policy `gate`
//    would stop the bus, so the engine is asked to stop; another lane is given up, its instances quarantined.
//  * An instance with `on_fault: restart` is stopped, and after a pause made anew.
// Time in which this thread itself did not run (a loaded machine, a suspended process) is held against nobody.
class supervisor {
 public:
  // All of them outlive this object.
  supervisor(runtime& rt, std::deque<bus::lane>& lanes, std::vector<std::unique_ptr<plugin::instance>>& instances,
             std::int64_t hang_limit);
  ~supervisor();  // ends its thread, after a restart that is under way

  // One look at everything; `mono` is the time since the last one. run() does this; tests may instead.
  void look(std::int64_t mono);

  void run();  // starts the thread

 private:
  struct watch {
    bus::lane* lane;
    std::uint64_t call = 0;    // the callback looked at
    std::int64_t running = 0;  // ns for which it has been seen running
    bool told = false;
  };
  struct restart {
    plugin::instance* who;
    int made = 0;          // since it last ran well
    bool stopped = false;  // after the current fault
    std::int64_t due = 0;  // mono ns, 0 = no restart is under way
    std::int64_t last_made = 0;
  };

  void look_at(watch& w, std::int64_t mono, std::int64_t passed);
  void hangs(bus::lane& l, plugin::instance& i, std::int64_t took);
  void look_at(restart& r, std::int64_t mono);
  void make_anew(restart& r, std::int64_t mono);
  void postpone(restart& r, std::int64_t mono);

  runtime& rt_;
  std::int64_t hang_limit_;
  std::int64_t tick_;  // ns between two looks
  std::int64_t last_look_ = 0;
  std::vector<watch> watches_;
  std::vector<restart> restarts_;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace trapline::supervise
