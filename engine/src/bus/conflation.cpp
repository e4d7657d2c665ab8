#include "bus/conflation.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace trapline::bus {

conflation::conflation(std::size_t bytes) : memory_(bytes), max_kinds_(bytes / 256) {
  in_order_.reserve(max_kinds_);
  clear();
}

// From the beginning again: a pool never gives memory back to its arena, and sizes may have changed.
void conflation::clear() {
  latest_.reset();
  pool_.reset();
  arena_.emplace(memory_.data(), memory_.size(), std::pmr::null_memory_resource());
  pool_.emplace(std::pmr::pool_options{8, 2 * TRAPLINE_EVENT_MAX}, &*arena_);
  latest_.emplace(&*pool_);
}

std::size_t conflation::hash::operator()(const key& k) const noexcept {
  std::uint64_t h = (std::uint64_t{k.topic} << 32 | k.instrument) * 0x9e3779b97f4a7c15u;
  h ^= (std::uint64_t{k.space} << 16 | k.type) + (h >> 29);
  return h * 0xbf58476d1ce4e5b9u;
}

bool conflation::keep(const trapline_event& e) noexcept {
  const auto* bytes = reinterpret_cast<const std::byte*>(&e);
  try {
    const key kind{e.topic, e.instrument, e.space, e.type};
    if (latest_->size() >= max_kinds_ && !latest_->contains(kind)) return false;
    const auto [it, fresh] = latest_->try_emplace(kind);
    try {
      it->second.assign(bytes, bytes + e.size);
    } catch (const std::bad_alloc&) {
      latest_->erase(it);  // the older one is out of date now
      if (!fresh) ++replaced_;
      return false;
    }
    if (fresh) return true;
    ++replaced_;
    reinterpret_cast<trapline_event*>(it->second.data())->flags |= TRAPLINE_FLAG_CONFLATED;
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

std::size_t conflation::take(std::byte* out, std::size_t room) {
  in_order_.clear();
  for (auto it = latest_->begin(); it != latest_->end(); ++it) in_order_.push_back(it);
  std::sort(in_order_.begin(), in_order_.end(),
            [](const auto& a, const auto& b) { return head(a->second).seq < head(b->second).seq; });
  std::size_t used = 0;
  for (const auto& it : in_order_) {
    const auto& bytes = it->second;
    if (used + bytes.size() > room) break;
    std::memcpy(out + used, bytes.data(), bytes.size());
    used += bytes.size();
    latest_->erase(it);
  }
  if (latest_->empty()) clear();
  return used;
}

}  // namespace trapline::bus
