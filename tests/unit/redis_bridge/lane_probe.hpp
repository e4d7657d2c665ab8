// What the plugin lane_probe measures, in a file that it shares with the program that looks on.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace trapline::redis_bridge::test {

// Times in buckets of 1/32 octave (3 %). One writer.
class time_histogram {
 public:
  void add(std::uint64_t ns) {
    auto& n = counts_[bucket_of(ns)];
    n.store(n.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  std::uint64_t total() const {
    std::uint64_t n = 0;
    for (const auto& c : counts_) n += c.load(std::memory_order_relaxed);
    return n;
  }
  // Lower edge of the bucket that holds this part of all times, ns; 0 if there are none.
  double quantile(double part) const {
    const auto all = total();
    auto rest = static_cast<std::uint64_t>(static_cast<double>(all) * part);
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      const auto n = counts_[i].load(std::memory_order_relaxed);
      if (rest < n) return edge_of(i);
      rest -= n;
    }
    return 0;
  }

 private:
  static constexpr unsigned fine = 5;  // bits below the leading one
  static std::size_t bucket_of(std::uint64_t ns) {
    if (ns < (1u << fine)) return ns;
    const unsigned shift = static_cast<unsigned>(std::bit_width(ns)) - 1 - fine;
    return (std::size_t{shift} + 1) * (1u << fine) + (ns >> shift) - (1u << fine);
  }
  static double edge_of(std::size_t i) {
    if (i < (1u << fine)) return static_cast<double>(i);
    const auto shift = i / (1u << fine) - 1;
    return static_cast<double>(((1ull << fine) + i % (1u << fine)) << shift);
  }
  std::array<std::atomic<std::uint64_t>, 60 * (1u << fine)> counts_;
};

struct probe_page {
  static constexpr std::uint32_t phases = 64;
  std::atomic<std::uint32_t> phase;                           // where the next times are counted; set by the onlooker
  std::atomic<std::uint64_t> trades, orders, fills, refused;  // published, and refused by the bus
  std::array<time_histogram, phases> latency;                 // from publishing a trade to its handler on the same lane
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

// The page in a file, which is made if it is not there; zeroes at first.
class probe_file {
 public:
  explicit probe_file(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ::ftruncate(fd, sizeof(probe_page)) != 0) throw std::runtime_error("cannot make " + path);
    void* p = ::mmap(nullptr, sizeof(probe_page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    if (p == MAP_FAILED) throw std::runtime_error("cannot map " + path);
    page_ = static_cast<probe_page*>(p);
  }
  ~probe_file() { ::munmap(page_, sizeof(probe_page)); }
  probe_file(const probe_file&) = delete;
  probe_file& operator=(const probe_file&) = delete;

  probe_page& page() { return *page_; }

 private:
  probe_page* page_;
};

}  // namespace trapline::redis_bridge::test
