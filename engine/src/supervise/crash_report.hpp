// Writes what a crashing thread was doing. Everything here is async-signal-safe: no allocation, no lock, only write(2).
#pragma once

#include <cstdint>
#include <string_view>

namespace trapline::supervise {

struct crash_scene {
  int signal = 0;
  const char* lane = nullptr;                 // the thread's, if it is a lane's
  std::string_view instance, plugin, sha256;  // empty: nobody is to blame
  const char* how_known = "";                 // why it is that instance
  std::uint64_t event_seq = 0;                // handed over last on that lane
};

// Lines of `key: value`, then the stack.
void write_report(int fd, const crash_scene& scene, void* const* frames, int count) noexcept;

}  // namespace trapline::supervise
