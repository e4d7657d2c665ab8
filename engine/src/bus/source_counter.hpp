// The per-source sequence: dense numbers in the order of the bus, for almost nothing on the source's own thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "bus/spin.hpp"

namespace trapline::bus {

// Numbers the events of one publisher 1, 2, 3 ... in the order of their seq, whichever of its threads publish.
//
// A claim and its number must be taken together, which needs a lock, which costs as much as the rest of a publish.
// Nearly all events come from one thread, the owner: so the lock is biased. As long as no other thread publishes, the
// owner takes it with a plain store to a flag of its own. The first other thread ends that for good: it says so in
// `shared_`, makes all processors see it (membarrier(2)) and waits until the owner's flag has fallen; from then on,
// `settled_`, both sides lock `busy_` with an exchange. The owner may still raise its flag, but sees `shared_` then and
// goes the other way. It must not be the flag that others lock: its fall would free their lock.
class source_counter {
  struct nothing {
    void operator()() const noexcept {}
  };

 public:
  // `one_owner` false: no thread is special.
  explicit source_counter(bool one_owner = true) noexcept;

  // Runs `claim`, which returns how many numbers it wants, and returns the first of them. `preempted` is for tests:
  // what happens while the owner stands where it has asked for others and not raised its flag yet.
  template <class Claim, class Preempted = nothing>
  std::uint64_t take(bool on_owner_thread, Claim&& claim, Preempted&& preempted = {}) noexcept {
    if (on_owner_thread && !shared_.load(std::memory_order_relaxed)) {
      preempted();
      owner_busy_.store(true, std::memory_order_relaxed);
      std::atomic_signal_fence(std::memory_order_seq_cst);  // the other side has the real fence
      if (!shared_.load(std::memory_order_relaxed)) {
        const std::uint64_t first = number(claim());
        owner_busy_.store(false, std::memory_order_release);
        return first;
      }
      owner_busy_.store(false, std::memory_order_release);
    }
    // Not `shared_`: another thread may have set that and not be through with its barrier yet.
    if (!on_owner_thread && !settled_.load(std::memory_order_acquire)) share();
    while (busy_.exchange(true, std::memory_order_acquire)) spin_once();
    const std::uint64_t first = number(claim());
    busy_.store(false, std::memory_order_release);
    return first;
  }

  std::uint64_t last() const noexcept { return last_.load(std::memory_order_relaxed); }

 private:
  std::uint64_t number(std::uint64_t n) noexcept {
    const std::uint64_t last = last_.load(std::memory_order_relaxed);
    last_.store(last + n, std::memory_order_relaxed);
    return last + 1;
  }
  void share() noexcept;

  std::atomic<bool> owner_busy_{false}, busy_{false}, shared_, settled_;
  std::atomic<std::uint64_t> last_{0};
};

}  // namespace trapline::bus
