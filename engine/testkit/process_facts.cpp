#include "process_facts.hpp"

#include <malloc.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

namespace trapline::testkit {

namespace fs = std::filesystem;

std::set<int> open_files() {
  std::set<int> out;
  {
    std::error_code ec;
    for (const auto& f : fs::directory_iterator("/proc/self/fd", ec))
      out.insert(std::stoi(f.path().filename().string()));
  }
  // The listing itself held one; what is left now was open before.
  std::erase_if(out, [](int fd) { return ::access(("/proc/self/fd/" + std::to_string(fd)).c_str(), F_OK) != 0; });
  return out;
}

std::size_t thread_count() {
#if defined(__SANITIZE_THREAD__)
  // With the first thread after a fork the sanitizer begins one of its own, which stays.
  std::thread([] {}).join();
#endif
  std::error_code ec;
  std::size_t n = 0;
  for ([[maybe_unused]] const auto& t : fs::directory_iterator("/proc/self/task", ec)) ++n;
  return n;
}

std::size_t heap_in_use() {
  const auto m = ::mallinfo2();
  return m.uordblks + m.hblkhd;
}

std::size_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  in >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

bool is_mapped(const std::string& path) {
  std::ifstream in("/proc/self/maps");
  for (std::string line; std::getline(in, line);)
    if (line.size() >= path.size() && line.compare(line.size() - path.size(), path.size(), path) == 0) return true;
  return false;
}

bool threads_fall_to(std::size_t wanted, int limit_ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(limit_ms);
  while (thread_count() > wanted) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace trapline::testkit
