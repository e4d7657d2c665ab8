// What this process holds at the moment.
#pragma once

#include <cstddef>
#include <set>
#include <string>

namespace trapline::testkit {

std::set<int> open_files();  // descriptors
std::size_t thread_count();
std::size_t heap_in_use();  // bytes handed out by malloc, all arenas; 0 under sanitizers
std::size_t resident_bytes();
bool is_mapped(const std::string& path);
// Waits, at most `limit_ms`, for the count of threads to fall to `wanted`: a joined thread leaves /proc a moment later.
bool threads_fall_to(std::size_t wanted, int limit_ms);

}  // namespace trapline::testkit
