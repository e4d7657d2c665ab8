// The bus: one bounded broadcast ring of 64-byte lines, one total order, a cursor per reader.
//
// Producers on any thread append; each reader walks at its own pace. A `gate` reader holds producers back when
// it is a whole ring behind (publish answers AGAIN); a `lag` reader is moved forward instead and is told how
// many events it lost; a `conflate` reader is moved forward, too, but gets the latest event of each topic, instrument
// and type of what it was moved past. Memory is allocated once.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "bus/conflation.hpp"
#include "bus/source_counter.hpp"
#include "trapline/abi/event.h"
#include "trapline/abi/svc/bus.h"

namespace trapline::bus {

inline constexpr std::size_t line_size = 64;
constexpr std::uint64_t lines_for(std::uint32_t bytes) noexcept { return (bytes + line_size - 1) / line_size; }

enum class overflow { gate, lag, conflate };

// Whom a reader has woken. The flag is up while the reader sleeps; who takes it down calls wake().
class sleeper {
 public:
  virtual ~sleeper() = default;
  virtual void wake() noexcept = 0;

  alignas(64) std::atomic<std::uint32_t> asleep{0};
};

// What a lag reader lost since it last looked.
struct loss {
  std::uint64_t events = 0;
  std::uint64_t from_seq = 0;
  std::uint64_t to_seq = 0;
};

class ring {
 public:
  class reader;

  // `bytes`: a power of two, at least 4 * TRAPLINE_EVENT_MAX. Throws std::bad_alloc.
  explicit ring(std::size_t bytes);
  ~ring();

  // Readers are added before the ring has wrapped once. They start at the first event.
  // `conflate_bytes`: memory of a `conflate` reader for what it was moved past.
  reader& add_reader(overflow policy, sleeper* wake_on_event, std::size_t conflate_bytes = 8u << 20);

  // What the bus stamps into every event of one call.
  struct stamp {
    std::uint32_t source = 0;
    source_counter* numbers = nullptr;
    bool on_owner_thread = false;  // the calling thread is the one that `numbers` belongs to
    std::uint64_t cause = 0;
    std::int64_t now = 0;  // for events that carry no ts_recv
  };
  // Appends all frames or none. TRAPLINE_OK, E_AGAIN, E_LIMIT, E_INVALID, E_CLOSED. Any thread.
  trapline_status publish(std::span<const trapline_frame> frames, const stamp& marks) noexcept;

  // From now on publish answers CLOSED.
  void close() noexcept { closed_.store(true, std::memory_order_release); }

  std::size_t bytes() const noexcept { return lines_ * line_size; }
  // All memory: the ring, its commit words, what its readers have beside it.
  std::size_t total_bytes() const noexcept;
  std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }
  // Lines claimed so far; a reader's lag is this minus its position.
  std::uint64_t tail() const noexcept { return tail_.load(std::memory_order_acquire); }

 private:
  static trapline_status check(const trapline_frame& frame) noexcept;
  std::uint64_t end_of(std::uint64_t pos, std::uint64_t lines) const noexcept;
  template <class End>
  std::uint64_t claim(const End& end_of) noexcept;
  template <class End>
  std::uint64_t claim(const End& end_of, std::size_t events, const stamp& marks, std::uint64_t& number) noexcept;
  std::uint64_t put(std::uint64_t pos, const trapline_frame& frame, const stamp& marks, std::uint64_t number) noexcept;
  trapline_status refuse() noexcept;
  void wake_sleepers() noexcept;
  bool make_room(std::uint64_t end) noexcept;
  bool evict(reader& r, std::uint64_t limit) noexcept;
  void write(std::uint64_t pos, const trapline_frame& frame, const stamp& marks, std::uint64_t source_seq) noexcept;
  void commit(std::uint64_t pos) noexcept { commits_[pos & mask_].store(pos + 1, std::memory_order_release); }

  trapline_event* at(std::uint64_t pos) const noexcept {
    return reinterpret_cast<trapline_event*>(memory_.get() + (pos & mask_) * line_size);
  }
  bool committed(std::uint64_t pos) const noexcept {
    return commits_[pos & mask_].load(std::memory_order_acquire) == pos + 1;
  }
  std::uint64_t next(std::uint64_t pos) const noexcept {
    const trapline_event* e = at(pos);
    return e->space == pad_space ? (pos | mask_) + 1 : pos + lines_for(e->size);
  }

  static constexpr std::uint16_t pad_space = 0xffff;  // a frame that only fills the rest of the ring

  struct free_memory {
    std::size_t bytes;
    void operator()(std::byte* p) const noexcept;
  };

  std::size_t lines_, mask_;
  std::unique_ptr<std::byte, free_memory> memory_;
  // commits_[line] = position + 1 of the frame that starts there, written last. Apart from the lines, so that
  // payload bytes of an earlier lap can never look like a commit.
  std::unique_ptr<std::atomic<std::uint64_t>[]> commits_;
  std::vector<std::unique_ptr<reader>> readers_;

  alignas(64) std::atomic<std::uint64_t> tail_{0};
  alignas(64) std::atomic<std::uint64_t> gate_{0};  // a lower bound of all positions, refreshed when it matters
  std::atomic<std::uint32_t> sleeping_{0};          // readers that sleep, or are about to
  std::atomic<bool> closed_{false};
  std::atomic<std::uint64_t> refused_{0};
};

// One thread reads.
class ring::reader {
 public:
  reader(ring& r, overflow policy, sleeper* s, std::size_t conflate_bytes);

  // Next event, or nullptr. Gate readers see the event in the ring itself: it stays until advance(). The others
  // see a private copy: it stays until the next call of peek() after advance().
  const trapline_event* peek() { return policy_ == overflow::gate ? peek_in_ring() : peek_copy(); }
  void advance() {
    if (policy_ != overflow::gate) {
      copy_read_ += reinterpret_cast<const trapline_event*>(copy_.data() + copy_read_)->size;
      return;
    }
    // Release: our reads of the event come before a producer's writes over it.
    word_.store(ring_.next(word_.load(std::memory_order_relaxed) >> 1) << 1, std::memory_order_release);
  }

  // Something to read?
  bool ready() const noexcept;
  // Raises the sleeper's flag. False: there is, or soon will be, something to read; do not sleep. Either way awake()
  // must follow. A producer claims (seq_cst) before it looks for sleepers, and we look at the claims after we said that
  // we sleep: one of the two sees the other.
  bool fall_asleep() noexcept;
  void awake() noexcept;

  // What was lost right before the event that peek() shows, once. Always empty for gate readers.
  bool has_loss() const noexcept { return pending_loss_.events > 0; }
  loss take_loss() noexcept { return std::exchange(pending_loss_, {}); }

  // Words to count in, by whom it happens to: events lost, and events dropped for a later one of their kind.
  void count_in(std::uint64_t* lost, std::uint64_t* conflated) noexcept {
    if (lost) lost_total_ = lost;
    if (conflated) conflated_total_ = conflated;
  }
  // Events dropped for a later one of their kind.
  std::uint64_t conflated() const noexcept { return load(*conflated_total_); }

  // Memory beside the ring, in bytes.
  std::size_t bytes() const noexcept { return copy_.size() + conflate_bytes_; }

  std::uint64_t position() const noexcept { return word_.load(std::memory_order_acquire) >> 1; }
  overflow policy() const noexcept { return policy_; }

 private:
  friend class ring;
  // The lowest bit pins: while it is set, nobody else moves the position, and lines from it on are not reused.
  static constexpr std::uint64_t pinned = 1;
  static std::uint64_t load(std::uint64_t& word) noexcept {
    return std::atomic_ref(word).load(std::memory_order_relaxed);
  }
  bool try_pin(std::uint64_t& pos) noexcept;
  void unpin(std::uint64_t pos) noexcept { word_.store(pos << 1, std::memory_order_release); }
  const trapline_event* peek_in_ring() noexcept {
    std::uint64_t pos = word_.load(std::memory_order_relaxed) >> 1;
    if (!ring_.committed(pos)) return nullptr;
    if (ring_.at(pos)->space == pad_space) {
      pos = ring_.next(pos);
      word_.store(pos << 1, std::memory_order_release);
      if (!ring_.committed(pos)) return nullptr;
    }
    return ring_.at(pos);
  }
  const trapline_event* peek_copy() {
    if (copy_read_ == copy_used_) refill();
    if (copy_read_ == copy_used_) return nullptr;
    return reinterpret_cast<const trapline_event*>(copy_.data() + copy_read_);
  }
  void refill();

  ring& ring_;
  overflow policy_;
  sleeper* sleeper_;
  std::size_t conflate_bytes_ = 0;
  loss lost_;                               // guarded by the pin
  std::unique_ptr<conflation> conflation_;  // guarded by the pin
  std::uint64_t unread_[2] = {0, 0};
  std::uint64_t *lost_total_ = &unread_[0], *conflated_total_ = &unread_[1];
  loss pending_loss_;  // the reader's own
  std::vector<std::byte> copy_;
  std::size_t copy_used_ = 0, copy_read_ = 0;
  alignas(64) std::atomic<std::uint64_t> word_{0};  // position * 2 + pin
};

}  // namespace trapline::bus
