#include "changed_events.hpp"

#include <sys/mman.h>

#include <cstring>
#include <new>

namespace trapline::testkit {
namespace {

constexpr std::size_t usable = TRAPLINE_EVENT_MAX, guard = 1 << 16;  // both whole pages on every machine

}  // namespace

trapline_event& event_buffer::copy(const trapline_event& e) {
  std::memcpy(bytes, &e, e.size);
  return head();
}

void lengthen(trapline_event& e) {
  constexpr std::uint32_t more = 64;
  std::memset(reinterpret_cast<std::byte*>(&e) + e.size, 0xa5, more);
  e.size += more;
  ++e.schema;
}

guarded_event::guarded_event() {
  void* p = ::mmap(nullptr, usable + guard, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  memory_ = static_cast<std::byte*>(p);
  ::mprotect(memory_ + usable, guard, PROT_NONE);
}

guarded_event::~guarded_event() { ::munmap(memory_, usable + guard); }

trapline_event& guarded_event::place(const trapline_event& e, std::uint32_t size) {
  ::mprotect(memory_, usable, PROT_READ | PROT_WRITE);
  std::byte* at = memory_ + usable - size;
  std::memmove(at, &e, size);
  auto& out = *reinterpret_cast<trapline_event*>(at);
  out.size = size;
  return out;
}

void guarded_event::seal() { ::mprotect(memory_, usable, PROT_READ); }

}  // namespace trapline::testkit
