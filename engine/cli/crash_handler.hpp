// Has the engine record a crash of this process, and lets it crash.
#pragma once

namespace trapline {
class engine;
}

namespace trapline::cli {

// While it lives, SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT are recorded by `e` before they end the process as they
// would have. One at a time; the engine outlives it.
class crash_handler {
 public:
  explicit crash_handler(const engine& e);
  ~crash_handler();
  crash_handler(const crash_handler&) = delete;
  crash_handler& operator=(const crash_handler&) = delete;
};

}  // namespace trapline::cli
