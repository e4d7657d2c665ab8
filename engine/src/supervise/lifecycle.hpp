// Starting and stopping one instance on its lane, from the control thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "plugin/instance.hpp"

namespace trapline::supervise {

using steady = std::chrono::steady_clock;

constexpr std::int64_t start_limit = 30'000'000'000;  // ns, for one instance's start()
constexpr std::int64_t call_limit = 5'000'000'000;    // ns, for anything else that a lane is asked to run

enum class start_result { running, refused, hangs };

// Of one that did not come to run, or (`runs`) is not wanted any more: its lane has nothing of it. [lane]
void end_unheard(plugin::instance& i, bool runs);

// start(), and the lane's driver if the instance is one. `error`: why not, without the instance's name.
start_result start(plugin::instance& i, trapline_error& error);

// Nothing of the instance is called by its lane any more: timers, routes, subscriptions. [lane]
void forget(plugin::instance& i);

// drain() until there is nothing left, `deadline`, or `hurry`, if `drain`; then stop(). Nothing of the instance is
// called by its lane any more afterwards. False: it did not end in time; `what` names it.
bool stop(plugin::instance& i, bool drain, steady::time_point deadline, std::string& what,
          const std::atomic<bool>* hurry = nullptr);

}  // namespace trapline::supervise
