// How many connects this machine's address may make. The venue counts 300 in 5 minutes and blocks the address above; a
// program that restarts in a loop, or several of them, must stay far below together.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace trapline::mm_ws {

class connect_budget {
 public:
  static constexpr std::size_t most = 60;
  static constexpr std::int64_t window = 300 * 1'000'000'000LL;

  // UTC ns. 0: taken; otherwise when the next one is free. `last`: the latest one before, 0 = none in the window.
  std::int64_t take(std::int64_t now, std::int64_t& last) {
    // Times of the future are of a clock that was wrong.
    std::erase_if(taken_, [&](std::int64_t t) { return t <= now - window || t > now; });
    last = taken_.empty() ? 0 : *std::max_element(taken_.begin(), taken_.end());
    if (taken_.size() >= most) return *std::min_element(taken_.begin(), taken_.end()) + window;
    taken_.push_back(now);
    return 0;
  }

  std::vector<std::int64_t>& taken() noexcept { return taken_; }

 private:
  std::vector<std::int64_t> taken_;
};

// The same, kept in a file that all programs of this user share, so that it outlives each of them. Without the file, or
// if it cannot be used, `own` alone counts. Never throws.
std::int64_t take_shared_slot(const std::string& file, connect_budget& own, std::int64_t now, std::int64_t& last);

// Where that file is by default: in the user's runtime directory, else in /tmp under the user's number.
std::string default_budget_file();

}  // namespace trapline::mm_ws
