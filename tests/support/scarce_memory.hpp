// Lets allocations fail, to see what becomes of it. scarce_memory.cpp replaces operator new of the whole program.
#pragma once

namespace test {

// While it lives, this thread's allocations succeed `good` times, and then no more.
class scarce_memory {
 public:
  explicit scarce_memory(long good);
  ~scarce_memory();
  scarce_memory(const scarce_memory&) = delete;
  scarce_memory& operator=(const scarce_memory&) = delete;
};

}  // namespace test
