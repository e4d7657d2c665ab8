// The engine's source of time. A plugin never sees this; it asks trapline.clock/1.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace trapline::time {

class clock {
 public:
  virtual ~clock() = default;
  virtual std::int64_t now() const noexcept = 0;   // UTC ns
  virtual std::int64_t mono() const noexcept = 0;  // ns since an arbitrary start, never backwards
};

class system_clock final : public clock {
 public:
  std::int64_t now() const noexcept override;
  std::int64_t mono() const noexcept override;
};

// The hosting program's: each function that is not empty instead of the system's.
std::unique_ptr<clock> make_clock(std::function<std::int64_t()> now, std::function<std::int64_t()> mono);

}  // namespace trapline::time
