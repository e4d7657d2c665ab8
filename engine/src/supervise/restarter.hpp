// Makes faulted instances anew.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "plugin/instance.hpp"
#include "runtime.hpp"

namespace trapline::supervise {

// The control thread of a running engine, as far as instances with `on_fault: restart` are concerned: one that faulted
// is stopped on its lane, and after a pause made anew. It may wait for lanes and for the plugin's create() and
// configure(); that is why it has a thread of its own.
class restarter {
 public:
  // All of them outlive this object. Starts a thread if there is anything for it to do.
  restarter(runtime& rt, const std::vector<std::unique_ptr<plugin::instance>>& instances);
  ~restarter();

  // Ends the thread, after a restart that is under way; what still waits for one is quarantined. False: a plugin hangs
  // in it, and this object must outlive it.
  bool end(std::int64_t limit);

 private:
  struct restart {
    plugin::instance* who;
    int made = 0;          // since it last ran well
    bool stopped = false;  // after the current fault
    bool told = false;     // that it cannot be stopped
    std::int64_t due = 0;  // mono ns, 0 = no restart is under way
    std::int64_t last_made = 0;
  };

  void loop();
  void look_at(restart& r, std::int64_t mono);
  void postpone(restart& r, std::int64_t mono);
  void make_anew(restart& r, std::int64_t mono);

  runtime& rt_;
  std::vector<restart> restarts_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false, ended_ = false;
  std::thread thread_;
};

}  // namespace trapline::supervise
