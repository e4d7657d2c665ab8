// One side of the venue's book, with the venue's own characters of each level.
//
// A sorted array of prices (16 bytes each) that say where the level itself lies: levels come and go in the middle of
// the book all the time, and then the few bytes are moved, not the levels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "scale.hpp"

namespace trapline::mm_ws {

// One level: 64 bytes, of which `text` is "price:size" as on the wire.
struct book_level {
  std::int64_t price = 0;
  std::int64_t size = 0;
  std::int8_t price_exp = 0;
  std::int8_t size_exp = 0;
  std::uint8_t text_size = 0;
  char text[45] = {};
};
static_assert(sizeof(book_level) == 64);

// To the exponents of `s`. False: a number does not fit.
inline bool rescale(book_level& l, const scale& s) noexcept {
  if (l.price_exp == s.price_exp && l.size_exp == s.size_exp) return true;
  const auto price = sdk::rescale(l.price, l.price_exp, s.price_exp);
  const auto size = sdk::rescale(l.size, l.size_exp, s.size_exp);
  if (!price || !size) return false;
  l.price = *price;
  l.size = *size;
  l.price_exp = s.price_exp;
  l.size_exp = s.size_exp;
  return true;
}

template <bool Bids>
class book_side {
 public:
  static bool worse(std::int64_t a, std::int64_t b) noexcept { return Bids ? a < b : a > b; }

  // Both take levels best first, each price once, all at the scale of what is there already; and keep the best `most`.
  void assign(const std::vector<book_level>& levels, std::size_t most);
  // Replaces sizes, adds, deletes (size 0). False: something was deleted that is not there, and not because it had been
  // left out as too deep.
  bool merge(const std::vector<book_level>& changes, std::size_t most);
  // False: a number does not fit; the side is of no use then.
  bool rescale(const scale& s);

  std::size_t size() const noexcept { return rows_.size(); }
  bool empty() const noexcept { return rows_.empty(); }
  const book_level& best(std::size_t i = 0) const noexcept { return levels_[rows_[rows_.size() - 1 - i].slot]; }
  std::int64_t best_price() const noexcept { return rows_.back().price; }
  // Best first.
  void copy_to(std::vector<book_level>& out) const;

 private:
  struct row {
    std::int64_t price;
    std::uint32_t slot;
  };
  std::uint32_t put(const book_level& l);
  void keep_best(std::size_t most);

  std::vector<row> rows_, merged_;  // worst first
  std::vector<book_level> levels_;
  std::vector<std::uint32_t> free_;  // places in levels_
  bool cut_ = false;                 // levels were left out
};

extern template class book_side<true>;
extern template class book_side<false>;

}  // namespace trapline::mm_ws
