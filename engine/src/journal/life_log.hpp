// What happens to instances, on its way from the threads where it happens to the one that writes the journal.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "journal/records_codec.hpp"

namespace trapline::journal {

class life_log {
 public:
  // [any]
  void put(record r) {
    const std::lock_guard lock(mutex_);
    records_.push_back(std::move(r));
    any_.store(true, std::memory_order_release);
  }
  bool any() const noexcept { return any_.load(std::memory_order_acquire); }
  // All since the last call, in the order in which they came. [any]
  std::vector<record> take() {
    const std::lock_guard lock(mutex_);
    any_.store(false, std::memory_order_relaxed);
    return std::exchange(records_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<record> records_;
  std::atomic<bool> any_{false};
};

}  // namespace trapline::journal
