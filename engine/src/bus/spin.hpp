// One turn of a short busy wait.
#pragma once

namespace trapline::bus {

inline void spin_once() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace trapline::bus
