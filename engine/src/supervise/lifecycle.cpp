#include "supervise/lifecycle.hpp"

#include <atomic>
#include <memory>

#include "bus/lane.hpp"
#include "plugin/warm_up.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::supervise {

void forget(plugin::instance& i) {
  i.lane->timers().cancel_all(i.id());
  i.subscriptions.clear();
  i.lane->has_left(i);
  i.lane->forget_routes();
}

void end_unheard(plugin::instance& i, bool runs) {
  if (auto* w = i.warming()) {
    w->leave_lane();
    runs = true;
  }
  if (runs) {
    i.lane->enter(&i, call_limit);
    i.stop();  // of one that has not begun: nothing
    i.lane->enter(nullptr);
  }
  forget(i);
}

start_result start(plugin::instance& i, trapline_error& error) {
  struct outcome {
    bool ok = false;
    trapline_error error{};
  };
  auto o = std::make_shared<outcome>();
  const bool in_time = i.lane->call(
      [o, &i] {
        if (i.faulted()) return;  // given up while this waited for the lane
        i.lane->enter(&i, start_limit);
        o->ok = i.start(o->error);
        i.lane->enter(nullptr);
        if (o->ok && i.driver()) i.lane->set_driver(&i);
        if (!o->ok) forget(i);
      },
      start_limit);
  if (!in_time) {
    sdk::assign(error.text, "did not start within 30 s");
    return start_result::hangs;
  }
  error = o->error;
  return o->ok ? start_result::running : start_result::refused;
}

bool stop(plugin::instance& i, bool drain, steady::time_point deadline, std::string& what,
          const std::atomic<bool>* hurry) {
  bool clean = true;
  while (drain) {
    auto s = std::make_shared<std::atomic<trapline_status>>(TRAPLINE_E_AGAIN);
    const bool in_time = i.lane->call(
        [s, &i] {
          i.lane->enter(&i, call_limit);
          s->store(i.drain());
          i.lane->enter(nullptr);
        },
        call_limit);
    if (!in_time) {
      what += i.name() + " hangs (its lane is " + i.lane->describe() + "); ";
      return false;
    }
    if (s->load() == TRAPLINE_OK) break;
    if (steady::now() >= deadline || (hurry && hurry->load(std::memory_order_relaxed))) {
      what += i.name() + " was not drained in time; ";
      clean = false;
      break;
    }
    i.rt().pause();
  }
  const bool stopped = i.lane->call(
      [&i] {
        i.lane->set_driver_off(i);
        i.lane->enter(&i, call_limit);
        i.stop();
        i.lane->enter(nullptr);
        forget(i);
      },
      call_limit);
  if (!stopped) what += i.name() + " hangs in stop() (its lane is " + i.lane->describe() + "); ";
  return clean && stopped;
}

}  // namespace trapline::supervise
