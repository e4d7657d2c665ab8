// What this process holds, sampled, and whether that grows.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <vector>

namespace trapline::soak {

class resources {
 public:
  void sample() {
    std::uint64_t pages = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> pages >> resident;
    memory_.push_back(resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
    files_.push_back(entries("/proc/self/fd"));
    threads_.push_back(entries("/proc/self/task"));
  }

  // Highest value of a part of the run; parts are counted in fifths.
  struct part {
    std::uint64_t memory = 0, files = 0, threads = 0;
  };
  part highest(std::size_t fifth) const { return {high(memory_, fifth), high(files_, fifth), high(threads_, fifth)}; }
  std::size_t samples() const { return memory_.size(); }

 private:
  static std::uint64_t entries(const char* path) {
    std::error_code ignored;
    const std::filesystem::directory_iterator all(path, ignored);
    return static_cast<std::uint64_t>(std::distance(begin(all), end(all)));
  }
  static std::uint64_t high(const std::vector<std::uint64_t>& v, std::size_t fifth) {
    if (v.empty()) return 0;
    const auto from = v.size() * fifth / 5, to = std::max(v.size() * (fifth + 1) / 5, from + 1);
    return *std::max_element(v.begin() + static_cast<std::ptrdiff_t>(from),
                             v.begin() + static_cast<std::ptrdiff_t>(std::min(to, v.size())));
  }

  std::vector<std::uint64_t> memory_, files_, threads_;
};

}  // namespace trapline::soak
