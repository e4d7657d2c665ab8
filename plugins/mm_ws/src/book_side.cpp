#include "book_side.hpp"

#include <algorithm>

namespace trapline::mm_ws {

template <bool Bids>
void book_side<Bids>::assign(const std::vector<book_level>& levels, std::size_t most) {
  cut_ = levels.size() > most;
  const auto n = std::min(levels.size(), most);
  levels_.assign(levels.begin(), levels.begin() + static_cast<std::ptrdiff_t>(n));
  free_.clear();
  rows_.resize(n);
  for (std::size_t i = 0; i < n; ++i) rows_[n - 1 - i] = {levels_[i].price, static_cast<std::uint32_t>(i)};
}

template <bool Bids>
std::uint32_t book_side<Bids>::put(const book_level& l) {
  if (free_.empty()) {
    levels_.push_back(l);
    return static_cast<std::uint32_t>(levels_.size() - 1);
  }
  const auto slot = free_.back();
  free_.pop_back();
  levels_[slot] = l;
  return slot;
}

// One pass over what lies between the worst price of the changes and the best one.
template <bool Bids>
bool book_side<Bids>::merge(const std::vector<book_level>& changes, std::size_t most) {
  if (changes.empty()) return true;
  const auto begin = std::lower_bound(rows_.begin(), rows_.end(), changes.back().price,
                                      [](const row& r, std::int64_t price) { return worse(r.price, price); });
  // As long as sizes are only replaced, rows stay where they are.
  auto at = begin;
  auto change = changes.rbegin();
  for (; change != changes.rend(); ++change) {
    while (at != rows_.end() && worse(at->price, change->price)) ++at;
    if (at == rows_.end() || at->price != change->price || change->size == 0) break;
    levels_[at++->slot] = *change;
  }
  if (change == changes.rend()) return true;

  const auto kept = at;
  const auto room = static_cast<std::size_t>((rows_.end() - at) + (changes.rend() - change));
  if (merged_.size() < room) merged_.resize(room);
  row* out = merged_.data();
  bool known = true;
  for (; change != changes.rend(); ++change) {
    while (at != rows_.end() && worse(at->price, change->price)) *out++ = *at++;
    const bool there = at != rows_.end() && at->price == change->price;
    if (change->size != 0) {
      if (there) levels_[(*out++ = *at++).slot] = *change;
      else *out++ = {change->price, put(*change)};
    } else if (there) {
      free_.push_back(at++->slot);
    } else if (!(cut_ && (rows_.empty() || worse(change->price, rows_.front().price)))) {
      known = false;
    }
  }
  // The merged rows take the place of those from `kept` to `at`; what is better than all changes moves as a whole.
  const auto from = kept - rows_.begin();
  const auto old_count = at - kept, new_count = out - merged_.data();
  if (new_count > old_count) rows_.insert(at, static_cast<std::size_t>(new_count - old_count), row{});
  else rows_.erase(kept + new_count, at);
  std::copy(merged_.data(), out, rows_.begin() + from);
  keep_best(most);
  return known;
}

template <bool Bids>
void book_side<Bids>::keep_best(std::size_t most) {
  if (rows_.size() <= most) return;
  cut_ = true;
  const auto end = rows_.end() - static_cast<std::ptrdiff_t>(most);
  for (auto r = rows_.begin(); r != end; ++r) free_.push_back(r->slot);
  rows_.erase(rows_.begin(), end);
}

template <bool Bids>
bool book_side<Bids>::rescale(const scale& s) {
  for (auto& r : rows_) {
    auto& l = levels_[r.slot];
    if (!mm_ws::rescale(l, s)) return false;
    r.price = l.price;
  }
  return true;
}

template <bool Bids>
void book_side<Bids>::copy_to(std::vector<book_level>& out) const {
  out.clear();
  for (std::size_t i = 0; i < size(); ++i) out.push_back(best(i));
}

template class book_side<true>;
template class book_side<false>;

}  // namespace trapline::mm_ws
