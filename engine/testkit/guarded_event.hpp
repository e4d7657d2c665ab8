// An event that ends where memory ends: reading one byte past it is SIGSEGV. It can be made read-only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "trapline/abi/event.h"

namespace trapline::testkit {

class guarded_event {
 public:
  guarded_event();  // throws std::bad_alloc
  ~guarded_event();
  guarded_event(const guarded_event&) = delete;
  guarded_event& operator=(const guarded_event&) = delete;

  // A copy of the first `size` bytes of `e` (at least a header, a multiple of 8), with `size` in its header. Writable.
  trapline_event& place(const trapline_event& e, std::uint32_t size);
  trapline_event& place(const trapline_event& e) { return place(e, e.size); }
  // From now until the next place() a write to the event is SIGSEGV.
  void seal();

 private:
  std::byte* memory_;
};

}  // namespace trapline::testkit
