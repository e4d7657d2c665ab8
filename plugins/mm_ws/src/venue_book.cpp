#include "venue_book.hpp"

#include <algorithm>
#include <cstring>

#include "crc32.hpp"

namespace trapline::mm_ws {
namespace {

bool rescale_all(std::vector<book_level>& levels, const scale& s) noexcept {
  return std::all_of(levels.begin(), levels.end(), [&](book_level& l) { return rescale(l, s); });
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
  const auto better = [](const book_level& a, const book_level& b) { return book_side<Bids>::worse(b.price, a.price); };
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
  if (!rescale_all(m.bids, finer) || !rescale_all(m.asks, finer)) return fail(verdict::malformed);
  const std::size_t levels = m.bids.size() + m.asks.size();
  put_in_order<true>(m.bids);
  put_in_order<false>(m.asks);
  if (m.bids.size() + m.asks.size() != levels || !in_range(m.bids, 1) || !in_range(m.asks, 1))
    return fail(verdict::malformed);
  s = scale_ = finer;
  bids_.assign(m.bids, max_levels);
  asks_.assign(m.asks, max_levels);
  m.bids.resize(bids_.size());
  m.asks.resize(asks_.size());
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
  if (!rescale_all(m.bids, finer) || !rescale_all(m.asks, finer) || !rescale_book(finer))
    return fail(verdict::malformed);
  s = finer;
  put_in_order<true>(m.bids);
  put_in_order<false>(m.asks);
  if (!in_range(m.bids, 0) || !in_range(m.asks, 0)) return fail(verdict::malformed);
  const bool known_bids = bids_.merge(m.bids, max_levels), known_asks = asks_.merge(m.asks, max_levels);
  // The first one may begin before its snapshot: who follows the book is told of the state that it changed.
  if (m.has_prev_seq) m.prev_seq = seq_;
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
  return bids_.rescale(s) && asks_.rescale(s);
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
    if (i < bids_.size()) add(bids_.best(i));
    if (i < asks_.size()) add(asks_.best(i));
  }
  return static_cast<std::int32_t>(crc32(text, n > 0 ? n - 1 : 0));
}

}  // namespace trapline::mm_ws
