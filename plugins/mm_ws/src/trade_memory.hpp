// Which trades of one symbol were published already. Bounded.
//
// After a subscription the venue sends its most recent trades again. Trades with an id are known by it. The v1 API
// gives none: there a row counts as known if as many rows with the same time, price, size and side were published.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "decode_market.hpp"

namespace trapline::mm_ws {

class trade_memory {
 public:
  explicit trade_memory(std::size_t capacity = 2048);

  // A name for a row: the id's own number, or a hash.
  static std::uint64_t key_of(const trade_row& row) noexcept;

  // True if a row with this id is known; otherwise remembers it and forgets the oldest. Constant time.
  bool seen_before(std::uint64_t key) noexcept;

  // For rows without id: remembers one more of its kind.
  void remember(std::uint64_t key) noexcept;
  // For the rows of a snapshot: takes one remembered row of this kind out of the copy that begin_overlap() made;
  // false if there is none left, so that the row is new.
  void begin_overlap();
  bool overlaps(std::uint64_t key) noexcept;

 private:
  std::size_t home_of(std::uint64_t key) const noexcept;
  std::size_t slot_of(std::uint64_t key) const noexcept;
  void forget(std::uint64_t key) noexcept;

  std::vector<std::uint64_t> ring_;   // in order of arrival
  std::vector<std::uint64_t> table_;  // open addressing, 0 = free; used for ids only
  std::vector<std::uint64_t> overlap_;
  std::size_t next_ = 0, count_ = 0;
};

}  // namespace trapline::mm_ws
