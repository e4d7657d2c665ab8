// Events that a test has changed, and places for them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "trapline/abi/event.h"

namespace trapline::testkit {

// Room for a copy of an event that is to be changed.
struct event_buffer {
  alignas(8) std::byte bytes[TRAPLINE_EVENT_MAX] = {};
  trapline_event& copy(const trapline_event& e);
  trapline_event& head() { return *reinterpret_cast<trapline_event*>(bytes); }
  std::byte* payload() { return bytes + sizeof(trapline_event); }
};
// As a later schema would be: the payload has bytes behind its end that nobody here knows. The event lies in a buffer.
void lengthen(trapline_event& e);

// An event that ends where memory ends: reading one byte past it is SIGSEGV. It can be made read-only.
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
