#include "time/clock.hpp"

#include <chrono>
#include <utility>

namespace trapline::time {
namespace {

class given_clock final : public clock {
 public:
  given_clock(std::function<std::int64_t()> now, std::function<std::int64_t()> mono)
      : now_(std::move(now)), mono_(std::move(mono)) {}
  std::int64_t now() const noexcept override { return now_ ? now_() : system_.now(); }
  std::int64_t mono() const noexcept override { return mono_ ? mono_() : system_.mono(); }

 private:
  std::function<std::int64_t()> now_, mono_;
  system_clock system_;
};

}  // namespace

std::int64_t system_clock::now() const noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::int64_t system_clock::mono() const noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::unique_ptr<clock> make_clock(std::function<std::int64_t()> now, std::function<std::int64_t()> mono) {
  if (!now && !mono) return std::make_unique<system_clock>();
  return std::make_unique<given_clock>(std::move(now), std::move(mono));
}

}  // namespace trapline::time
