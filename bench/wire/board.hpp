// A page of memory that the server, the clients and the main program of wire_bench share, as a mapped file: what is to
// be sent, and what was seen and when. The clients differ in nothing but how a message becomes the calls of a `meter`.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <ctime>
#include <stdexcept>
#include <string>

namespace wire {

inline std::int64_t clock_ns(clockid_t id) noexcept {
  timespec t{};
  ::clock_gettime(id, &t);
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

struct board {
  static constexpr std::uint64_t most_stamps = 1u << 17;

  // Set by the main program before a client connects. Messages are counted from 1, a book's snapshot included.
  std::atomic<std::uint32_t> workload;
  std::uint64_t total;    // messages sent
  std::uint64_t first;    // figures are taken from when this message was seen ...
  std::uint64_t checked;  // ... and the content is summed up to this one
  std::int64_t pause;     // ns from one message to the next, 0 = as fast as the socket takes them
  bool stamped;           // times of each message are kept; `total` is at most most_stamps then

  // Set by the client's meter.
  std::atomic<std::uint64_t> seen;
  std::uint64_t sum;             // of the first `checked` messages
  std::uint64_t book;            // digest of the book kept, after the last message; 0 = none was kept
  std::int64_t wall[2], cpu[2];  // ns at `first` and at `total`; CPU time of the whole process
  std::int64_t seen_at[most_stamps];

  // Set by the server.
  std::int64_t sent_at[most_stamps];
};

// Maps the file, which is made if `make` is set. Throws std::runtime_error.
inline board* map_board(const std::string& file, bool make) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC | (make ? O_CREAT | O_EXCL : 0), 0600);
  if (fd < 0 || (make && ::ftruncate(fd, sizeof(board)) != 0)) throw std::runtime_error("cannot open " + file);
  void* at = ::mmap(nullptr, sizeof(board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  ::close(fd);
  if (at == MAP_FAILED) throw std::runtime_error("cannot map " + file);
  return static_cast<board*>(at);
}

// What a client's detector does with what it is called with. Prices and sizes are in units of 1e-8.
class meter {
 public:
  enum kind : std::uint64_t { trade = 3, bid = 5, ask = 7, ticker = 11 };

  explicit meter(board& b) : board_(b), stamped_(b.stamped), mark_(b.first) {}

  // Sums do not depend on the order, since a book's levels have none.
  void value(kind k, std::int64_t price, std::int64_t size) noexcept {
    sum_ += k * static_cast<std::uint64_t>(price) ^ static_cast<std::uint64_t>(size) << 20;
  }
  // At the end of each message.
  void message() noexcept {
    ++count_;
    if (stamped_ && count_ <= board::most_stamps) board_.seen_at[count_ - 1] = clock_ns(CLOCK_MONOTONIC);
    if (count_ >= mark_) [[unlikely]]
      mark();
  }
  bool last() const noexcept { return count_ == board_.total; }
  void book_digest(std::uint64_t d) noexcept { board_.book = d; }
  // The main program takes the figures from here on.
  void publish() noexcept { board_.seen.store(count_, std::memory_order_release); }

 private:
  void mark() noexcept {
    const auto take = [&](int i) {
      board_.wall[i] = clock_ns(CLOCK_MONOTONIC);
      board_.cpu[i] = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    };
    if (count_ == board_.first) take(0);
    if (count_ == board_.checked) board_.sum = sum_;
    if (count_ == board_.total) take(1);
    mark_ = count_ < board_.first     ? board_.first
            : count_ < board_.checked ? board_.checked
            : count_ < board_.total   ? board_.total
                                      : ~std::uint64_t{0};
  }

  board& board_;
  const bool stamped_;
  std::uint64_t count_ = 0, sum_ = 0, mark_;
};

// Of one level of the final book; sum over all of them.
inline std::uint64_t level_digest(meter::kind side, std::int64_t price, std::int64_t size) noexcept {
  std::uint64_t x = side * static_cast<std::uint64_t>(price) ^ static_cast<std::uint64_t>(size) << 17;
  x ^= x >> 31;
  return x * 0x9E3779B97F4A7C15u;
}

}  // namespace wire
