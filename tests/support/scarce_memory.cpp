#include "support/scarce_memory.hpp"

#include <cstdlib>
#include <new>

namespace {
thread_local long left = -1;  // negative: as many as one likes
}

namespace test {
scarce_memory::scarce_memory(long good) { left = good; }
scarce_memory::~scarce_memory() { left = -1; }
}  // namespace test

void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
  if (left == 0) return nullptr;
  if (left > 0) --left;
  return std::malloc(n == 0 ? 1 : n);
}
void* operator new(std::size_t n) {
  if (void* p = operator new(n, std::nothrow)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }
