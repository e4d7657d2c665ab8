// Makes faulted instances anew.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "plugin/instance.hpp"
#include "runtime.hpp"

namespace trapline::supervise {

// An instance with `on_fault: restart` that faulted is stopped on its lane, and after a pause made anew. May wait for
// lanes and for the plugin's create() and configure(). [control]
class restarter {
 public:
  explicit restarter(runtime& rt) : rt_(rt) {}

  // Looks whether something is to be done for the instance. Call often.
  void look_at(plugin::instance& i, const config::supervision& policy);
  // It is about to go, or is another from now on: forget what was under way.
  void forget(const plugin::instance& i) { restarts_.erase(&i); }

 private:
  struct restart {
    int made = 0;          // since it last ran well
    bool stopped = false;  // after the current fault
    bool told = false;     // that it cannot be stopped
    std::int64_t due = 0;  // mono ns, 0 = no restart is under way
    std::int64_t last_made = 0;
  };

  void postpone(plugin::instance& i, restart& r, const config::supervision& policy, std::int64_t mono);
  void make_anew(plugin::instance& i, restart& r, std::int64_t mono);

  runtime& rt_;
  std::map<const plugin::instance*, restart> restarts_;
};

}  // namespace trapline::supervise
