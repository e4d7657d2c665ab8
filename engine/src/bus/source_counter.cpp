#include "bus/source_counter.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace trapline::bus {
namespace {

long membarrier(int command) noexcept { return ::syscall(SYS_membarrier, command, 0u, 0); }

// Once a process. Kernels and sandboxes without the call get the plain lock.
bool membarrier_works() noexcept {
  static const bool works =
      membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0 && membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0;
  return works;
}

}  // namespace

source_counter::source_counter(bool one_owner) noexcept
    : shared_(!one_owner || !membarrier_works()), settled_(shared_.load()) {}

void source_counter::share() noexcept {
  shared_.store(true, std::memory_order_seq_cst);
  // After this the owner either sees `shared_`, or its flag is seen here.
  membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
  while (owner_busy_.load(std::memory_order_acquire)) spin_once();
  settled_.store(true, std::memory_order_release);
}

}  // namespace trapline::bus
