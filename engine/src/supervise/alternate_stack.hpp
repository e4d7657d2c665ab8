// A place for a signal handler to run when a thread has used up its stack.
#pragma once

#include <signal.h>

#include <cstddef>
#include <memory>

namespace trapline::supervise {

// For the calling thread, as long as it lives.
class alternate_stack {
 public:
  alternate_stack() : memory_(std::make_unique<std::byte[]>(size)) {
    stack_t s{};
    s.ss_sp = memory_.get();
    s.ss_size = size;
    ::sigaltstack(&s, nullptr);
  }
  ~alternate_stack() {
    stack_t s{};
    s.ss_flags = SS_DISABLE;
    ::sigaltstack(&s, nullptr);
  }
  alternate_stack(const alternate_stack&) = delete;
  alternate_stack& operator=(const alternate_stack&) = delete;

 private:
  static constexpr std::size_t size = 64 * 1024;
  std::unique_ptr<std::byte[]> memory_;
};

}  // namespace trapline::supervise
