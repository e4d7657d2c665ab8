// What overflow policy `conflate` keeps of the events that a lane could not take in time: the latest one of each topic,
// instrument and type. Fixed memory. Not thread-safe: guarded by the reader's pin.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <unordered_map>
#include <vector>

#include "trapline/abi/event.h"

namespace trapline::bus {

class conflation {
 public:
  // `bytes` of memory, touched at once, so that it cannot grow or fail later.
  explicit conflation(std::size_t bytes);

  // Keeps a copy of `e` in place of what was there of its kind. False: no room (or more than bytes/256 kinds), `e` is
  // lost.
  bool keep(const trapline_event& e) noexcept;

  // Moves the events out in the order of their seq, as many as fit into `room` bytes at `out`. Returns the bytes
  // written. One that replaced others carries TRAPLINE_FLAG_CONFLATED.
  std::size_t take(std::byte* out, std::size_t room);

  bool empty() const noexcept { return latest_->empty(); }
  std::uint64_t replaced() const noexcept { return replaced_; }  // events dropped for a later one, since the beginning

 private:
  struct key {
    std::uint32_t topic, instrument;
    std::uint16_t space, type;
    bool operator==(const key&) const = default;
  };
  struct hash {
    std::size_t operator()(const key& k) const noexcept;
  };
  using bytes_vector = std::pmr::vector<std::byte>;
  using map = std::pmr::unordered_map<key, bytes_vector, hash>;

  static const trapline_event& head(const bytes_vector& b) noexcept {
    return *reinterpret_cast<const trapline_event*>(b.data());
  }
  void clear();

  std::vector<std::byte> memory_;
  std::optional<std::pmr::monotonic_buffer_resource> arena_;
  std::optional<std::pmr::unsynchronized_pool_resource> pool_;
  std::optional<map> latest_;
  std::size_t max_kinds_;
  std::vector<map::iterator> in_order_;  // scratch of take(), with room for all
  std::uint64_t replaced_ = 0;
};

}  // namespace trapline::bus
