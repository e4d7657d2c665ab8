#include "trade_memory.hpp"

#include <algorithm>
#include <bit>

namespace trapline::mm_ws {
namespace {

std::uint64_t mix(std::uint64_t x) noexcept {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

trade_memory::trade_memory(std::size_t capacity)
    : ring_(std::bit_ceil(capacity)), table_(2 * std::bit_ceil(capacity)) {}

std::uint64_t trade_memory::key_of(const trade_row& row) noexcept {
  if (!row.id.empty()) {
    if (const auto number = to_int(row.id); number && *number > 0) return static_cast<std::uint64_t>(*number);
    std::uint64_t h = 0xcbf29ce484222325u;
    for (const char c : row.id) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return h | (std::uint64_t{1} << 63);  // apart from ids that are numbers
  }
  // Equal values must have equal keys, whatever zeros were written: 113.4 and 113.40.
  const auto plain = [](sdk::decimal d) {
    while (d.mantissa != 0 && d.mantissa % 10 == 0) {
      d.mantissa /= 10;
      ++d.exp;
    }
    return mix(static_cast<std::uint64_t>(d.mantissa)) + static_cast<std::uint64_t>(d.exp);
  };
  auto h = mix(static_cast<std::uint64_t>(row.ts));
  h = mix(h ^ plain(row.price));
  h = mix(h ^ plain(row.size));
  h = mix(h ^ row.side);
  return h == 0 ? 1 : h;
}

// Ids mostly follow one another: multiplied by the golden ratio they lie evenly, and one multiplication is enough.
std::size_t trade_memory::home_of(std::uint64_t key) const noexcept {
  return (key * 0x9E3779B97F4A7C15u) >> (64 - std::countr_zero(table_.size()));
}

std::size_t trade_memory::slot_of(std::uint64_t key) const noexcept {
  const std::size_t mask = table_.size() - 1;
  std::size_t i = home_of(key);
  while (table_[i] != 0 && table_[i] != key) i = (i + 1) & mask;
  return i;
}

bool trade_memory::seen_before(std::uint64_t key) noexcept {
  const auto slot = slot_of(key);
  if (table_[slot] == key) return true;
  table_[slot] = key;
  remember(key);
  return false;
}

void trade_memory::remember(std::uint64_t key) noexcept {
  if (count_ == ring_.size()) forget(ring_[next_]);
  ring_[next_] = key;
  next_ = (next_ + 1) & (ring_.size() - 1);
  count_ = std::min(count_ + 1, ring_.size());
}

void trade_memory::forget(std::uint64_t key) noexcept {
  const std::size_t mask = table_.size() - 1;
  std::size_t hole = slot_of(key);
  if (table_[hole] == 0) return;
  // Close the hole, so that searches that passed it still find what lies behind.
  for (std::size_t i = (hole + 1) & mask; table_[i] != 0; i = (i + 1) & mask) {
    const std::size_t home = home_of(table_[i]);
    if (((i - home) & mask) >= ((i - hole) & mask)) {
      table_[hole] = table_[i];
      hole = i;
    }
  }
  table_[hole] = 0;
}

void trade_memory::begin_overlap() {
  overlap_.assign(ring_.begin(), ring_.begin() + static_cast<std::ptrdiff_t>(count_));
  std::sort(overlap_.begin(), overlap_.end());
}

bool trade_memory::overlaps(std::uint64_t key) noexcept {
  const auto it = std::lower_bound(overlap_.begin(), overlap_.end(), key);
  if (it == overlap_.end() || *it != key) return false;
  overlap_.erase(it);
  return true;
}

}  // namespace trapline::mm_ws
