// How long to wait before the n-th attempt to reconnect: 1 1 2 3 5 8 13 21 s, each times a random factor in [1/2, 1],
// so that many clients that lost the same venue do not come back together.
#pragma once

#include <array>
#include <cstdint>

namespace trapline::mm_ws {

class backoff {
 public:
  explicit backoff(std::uint64_t seed) : state_(seed) {}

  // n from 0; past the end of the row the last one is kept. ns.
  std::int64_t delay(unsigned n) noexcept {
    static constexpr std::array<std::int64_t, 8> seconds = {1, 1, 2, 3, 5, 8, 13, 21};
    const std::int64_t step = seconds[n < seconds.size() ? n : seconds.size() - 1] * 1'000'000'000;
    return step / 2 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(step / 2 + 1));
  }

 private:
  std::uint64_t random() noexcept {  // splitmix64
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

}  // namespace trapline::mm_ws
