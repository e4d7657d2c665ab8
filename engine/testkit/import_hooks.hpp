// What a loaded library imports, and a way to count its calls of malloc.
//
// The tables in which the dynamic loader keeps the addresses of imported functions are read, and for counting changed,
// in this process only: nothing is preloaded, and the program's own malloc stays what it is. For use in a process that
// ends soon.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace trapline::testkit {

// Names of the symbols that the library which contains `address` imports.
std::vector<std::string> imports_of(const void* address);

// From now on, calls of malloc, calloc, realloc, aligned_alloc, posix_memalign and memalign by any loaded library are
// counted, on threads that count. False: nothing could be redirected.
bool count_allocations();
// Of this thread while `counting` and not fake_host::serving().
void set_counting(bool counting);
std::uint64_t allocations();

}  // namespace trapline::testkit
