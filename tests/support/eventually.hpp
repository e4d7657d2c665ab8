// Waiting on a condition with a deadline, for what happens on other threads or in other processes.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace test {

inline bool eventually(const std::function<bool()>& condition,
                       std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < deadline) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // between two looks, not for time to pass
  }
  return condition();
}

}  // namespace test
