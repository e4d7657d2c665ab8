#include "venue_book.hpp"

#include <algorithm>
#include <cstring>

#include "crc32.hpp"

namespace trapline::mm_ws {
namespace {

// Order inside the book: from the worst price to the best.
template <bool Bids>
bool worse(std::int64_t a, std::int64_t b) noexcept {
  return Bids ? a < b : a > b;
}

bool rescale_levels(std::vector<book_level>& levels, const scale& s) noexcept {
  for (auto& l : levels) {
    if (l.price_exp != s.price_exp) {
      const auto v = sdk::rescale(l.price, l.price_exp, s.price_exp);
      if (!v) return false;
      l.price = *v;
      l.price_exp = s.price_exp;
    }
    if (l.size_exp != s.size_exp) {
      const auto v = sdk::rescale(l.size, l.size_exp, s.size_exp);
      if (!v) return false;
      l.size = *v;
      l.size_exp = s.size_exp;
    }
  }
  return true;
}

void see(scale& s, const std::vector<book_level>& levels) noexcept {
  for (const auto& l : levels) {
    s.see_price(l.price_exp);
    s.see_size(l.size_exp);
  }
}

// Best first, each price once (the last word counts). They come in that order, as a rule.
template <bool Bids>
void put_in_order(std::vector<book_level>& levels) {
  const auto better = [](const book_level& a, const book_level& b) { return worse<Bids>(b.price, a.price); };
  const auto misplaced = [&](const book_level& a, const book_level& b) { return !better(a, b); };
  if (std::adjacent_find(levels.begin(), levels.end(), misplaced) == levels.end()) return;
  std::stable_sort(levels.begin(), levels.end(), better);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < levels.size(); ++i)
    if (i + 1 == levels.size() || levels[i].price != levels[i + 1].price) levels[kept++] = levels[i];
  levels.resize(kept);
}

bool in_range(const std::vector<book_level>& levels, std::int64_t least_size) noexcept {
  return std::all_of(levels.begin(), levels.end(),
                     [&](const book_level& l) { return l.price > 0 && l.size >= least_size; });
}

}  // namespace

venue_book::verdict venue_book::apply_snapshot(book_message& m, scale& s) {
  scale finer = s;
  see(finer, m.bids);
  see(finer, m.asks);
  if (!rescale_levels(m.bids, finer) || !rescale_levels(m.asks, finer)) return fail(verdict::malformed);
  const std::size_t levels = m.bids.size() + m.asks.size();
  put_in_order<true>(m.bids);
  put_in_order<false>(m.asks);
  if (m.bids.size() + m.asks.size() != levels || !in_range(m.bids, 1) || !in_range(m.asks, 1))
    return fail(verdict::malformed);
  bids_cut_ = m.bids.size() > max_levels;
  asks_cut_ = m.asks.size() > max_levels;
  m.bids.resize(std::min(m.bids.size(), max_levels));
  m.asks.resize(std::min(m.asks.size(), max_levels));
  s = scale_ = finer;
  bids_.assign(m.bids.rbegin(), m.bids.rend());
  asks_.assign(m.asks.rbegin(), m.asks.rend());
  seq_ = m.has_seq ? m.seq : 0;
  first_update_ = true;
  valid_ = true;
  return check(m);
}

venue_book::verdict venue_book::apply_update(book_message& m, scale& s) {
  if (m.has_prev_seq) {
    if (!m.has_seq || m.prev_seq == 0) return fail(verdict::sequence);  // 0: the venue starts counting anew
    if (m.seq < seq_ && first_update_) return verdict::ignored;         // from before the snapshot
    if (m.seq == seq_ && !first_update_) return verdict::ignored;
    if (first_update_ ? m.prev_seq > seq_ : m.prev_seq != seq_) return fail(verdict::sequence);
  } else if (m.has_seq && seq_ != 0 && m.seq <= seq_) {
    if (first_update_ || m.seq == seq_) return verdict::ignored;
    return fail(verdict::sequence);
  }
  scale finer = s;
  see(finer, m.bids);
  see(finer, m.asks);
  if (!rescale_levels(m.bids, finer) || !rescale_levels(m.asks, finer) || !rescale_book(finer))
    return fail(verdict::malformed);
  s = finer;
  put_in_order<true>(m.bids);
  put_in_order<false>(m.asks);
  if (!in_range(m.bids, 0) || !in_range(m.asks, 0)) return fail(verdict::malformed);
  const bool known_bids = merge<true>(bids_, m.bids, bids_cut_), known_asks = merge<false>(asks_, m.asks, asks_cut_);
  if (m.has_seq) seq_ = m.seq;
  first_update_ = false;
  // A joining sequence number or a right checksum proves the book whatever was deleted; without either, deleting
  // a level that is not there means that something was missed.
  const auto result = check(m);
  return (known_bids && known_asks) || vouched_ ? result : fail(verdict::sequence);
}

venue_book::verdict venue_book::check(const book_message& m) noexcept {
  checked_ = m.has_checksum && m.checksum != 0;
  vouched_ = checked_ || m.has_prev_seq;
  if (checked_ && checksum() != m.checksum) return fail(verdict::checksum);
  if (crossed()) return fail(verdict::crossed);
  return verdict::applied;
}

bool venue_book::rescale_book(const scale& s) {
  if (s == scale_) return true;
  scale_ = s;
  return rescale_levels(bids_, s) && rescale_levels(asks_, s);
}

// One pass over what lies between the worst price of the changes and the touch. False: something was deleted
// that is not in the book.
template <bool Bids>
bool venue_book::merge(std::vector<book_level>& side, const std::vector<book_level>& changes, bool& cut) {
  if (changes.empty()) return true;
  const auto from =
      std::lower_bound(side.begin(), side.end(), changes.back().price,
                       [](const book_level& l, std::int64_t price) { return worse<Bids>(l.price, price); });
  bool known = true;
  // As long as sizes are only replaced, levels stay where they are.
  auto at = from;
  auto change = changes.rbegin();
  for (; change != changes.rend(); ++change) {
    while (at != side.end() && worse<Bids>(at->price, change->price)) ++at;
    if (at == side.end() || at->price != change->price || change->size == 0) break;
    *at++ = *change;
  }
  if (change == changes.rend()) return true;

  merged_.clear();
  const auto kept = at;
  for (; change != changes.rend(); ++change) {
    while (at != side.end() && worse<Bids>(at->price, change->price)) merged_.push_back(*at++);
    const bool there = at != side.end() && at->price == change->price;
    if (there) ++at;
    if (change->size != 0) merged_.push_back(*change);
    else if (!there && !(cut && (side.empty() || worse<Bids>(change->price, side.front().price)))) known = false;
  }
  const auto position = kept - side.begin();
  const auto tail = side.end() - at;
  const auto room = position + static_cast<std::ptrdiff_t>(merged_.size());
  if (room <= at - side.begin()) {
    std::copy(at, side.end(), side.begin() + room);
    side.resize(static_cast<std::size_t>(room + tail));
  } else {
    const auto at_index = at - side.begin();
    side.resize(static_cast<std::size_t>(room + tail));
    std::copy_backward(side.begin() + at_index, side.begin() + at_index + tail, side.end());
  }
  std::copy(merged_.begin(), merged_.end(), side.begin() + position);
  if (side.size() > max_levels) {
    cut = true;
    side.erase(side.begin(), side.end() - static_cast<std::ptrdiff_t>(max_levels));
  }
  return known;
}

std::int32_t venue_book::checksum() const noexcept {
  constexpr std::size_t depth = 25;
  char text[2 * depth * (sizeof(book_level::text) + 1)];
  std::size_t n = 0;
  const auto add = [&](const book_level& l) {
    std::memcpy(text + n, l.text, sizeof l.text);
    n += l.text_size;
    text[n++] = ':';
  };
  for (std::size_t i = 0; i < depth; ++i) {
    if (i < bids_.size()) add(bids_[bids_.size() - 1 - i]);
    if (i < asks_.size()) add(asks_[asks_.size() - 1 - i]);
  }
  return static_cast<std::int32_t>(crc32(text, n > 0 ? n - 1 : 0));
}

}  // namespace trapline::mm_ws
