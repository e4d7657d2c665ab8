// The book channel: what is done with each verdict, and how often a fresh snapshot is asked for.
#include <algorithm>
#include <cstring>

#include "market_data.hpp"
#include "trapline/abi/system.h"
#include "trapline/sdk/names.hpp"

namespace trapline::mm_ws {

void market_data::take_book(std::size_t i, const frame_head& head, std::int64_t received) {
  auto& st = streams_[i];
  auto& sym = *symbols_[st.symbol];
  count_message(i, 1);
  // An update for a book that is not valid is part of what the coming snapshot replaces.
  if (st.given_up || (!head.snapshot && !sym.book.valid())) return;
  // What is still on its way of the channel that was given up.
  if (st.small && head.channel != dialect_.small_book) return;
  if (st.small && sym.book.valid() && book_.has_seq && book_.seq < sym.book.seq()) return ignored_.add();
  // Only the whole book's checksum is one.
  if (st.small) book_.has_checksum = book_.has_prev_seq = false;
  const auto verdict =
      head.snapshot ? sym.book.apply_snapshot(book_, sym.market) : sym.book.apply_update(book_, sym.market);
  using enum venue_book::verdict;
  switch (verdict) {
    case ignored:
      return ignored_.add();
    case sequence:
      return invalidate_book(i, TRAPLINE_GAP_SEQUENCE);
    case checksum:
      return invalidate_book(i, TRAPLINE_GAP_CHECKSUM);
    case crossed:
      return invalidate_book(i, TRAPLINE_GAP_CROSSED);
    case malformed:
      counters_.malformed.add();
      return invalidate_book(i, TRAPLINE_GAP_MALFORMED);
    case applied:
      break;
  }
  if (sym.book.checked()) verified_.add();
  announce(sym, received);
  // The loss must be told before what comes after it.
  if (!try_gap(i) || !publish_book(i, head.snapshot, book_.ts != 0 ? book_.ts : head.ts, received)) {
    counters_.refused.add();
    log_.warn(trouble::refused_by_bus,
              "the bus is full: a message of books of " + sym.name + " was dropped, its book starts anew");
    sym.book.invalidate();
    set_ready(i, false);
    // A full bus is no fault of the venue's: the snapshot is asked for when the bus takes events again, and does not
    // count against book.max_resyncs.
    st.resync_after_gap = true;
    st.gap_told = true;
    return tell_gap(i, TRAPLINE_GAP_OVERRUN, 1);
  }
  st.gap_told = false;
  if (head.snapshot) set_ready(i, true);
}

bool market_data::publish_book(std::size_t i, bool snapshot, std::int64_t ts, std::int64_t received) {
  const auto& sym = *symbols_[streams_[i].symbol];
  constexpr std::size_t most = TRAPLINE_BOOK_MAX_LEVELS / 2;  // the best ones
  if (!snapshot && (book_.bids.size() > most || book_.asks.size() > most)) {
    // Too many changes for one event, and a part of them would be a wrong book: the whole state goes out instead.
    sym.book.bids().copy_to(book_.bids);
    sym.book.asks().copy_to(book_.asks);
    snapshot = true;
  }
  const auto bids = std::min(book_.bids.size(), most), asks = std::min(book_.asks.size(), most);
  auto* p = reinterpret_cast<trapline_book*>(book_payload_.data());
  *p = {};
  p->venue_seq = book_.has_seq ? static_cast<std::uint64_t>(book_.seq) : 0;
  p->venue_prev_seq = book_.has_prev_seq && !snapshot ? static_cast<std::uint64_t>(book_.prev_seq) : 0;
  p->bid_count = static_cast<std::uint32_t>(bids);
  p->ask_count = static_cast<std::uint32_t>(asks);
  p->price_exp = sym.market.price_exp;
  p->size_exp = sym.market.size_exp;
  auto* level = reinterpret_cast<trapline_level*>(p + 1);
  for (std::size_t k = 0; k < bids; ++k) *level++ = {book_.bids[k].price, book_.bids[k].size};
  for (std::size_t k = 0; k < asks; ++k) *level++ = {book_.asks[k].price, book_.asks[k].size};
  const auto e = sdk::make_event(
      snapshot ? TRAPLINE_EVENT_BOOK_SNAPSHOT : TRAPLINE_EVENT_BOOK_DELTA, sym.book_topic, sym.instrument, ts, received,
      static_cast<std::uint16_t>(TRAPLINE_FLAG_LAST_IN_BATCH | (snapshot ? TRAPLINE_FLAG_SNAPSHOT : 0)));
  const trapline_frame f{&e, p, static_cast<std::uint32_t>(sizeof *p + (bids + asks) * sizeof(trapline_level)), 0};
  return out_.publish(&f, 1) == TRAPLINE_OK;
}

void market_data::invalidate_book(std::size_t i, std::uint8_t reason) {
  auto& st = streams_[i];
  auto& sym = *symbols_[st.symbol];
  sym.book.invalidate();
  invalid_[reason].add();
  if (!st.gap_told) tell_gap(i, reason, 0);  // once, until the next valid book
  st.gap_told = true;
  // The venue left something out, and perhaps not of this channel only.
  if (reason == TRAPLINE_GAP_SEQUENCE) doubt_bars(*st.link);
  const bool lost = reason == TRAPLINE_GAP_DISCONNECT;  // then the next connection subscribes anew
  if (!lost)
    log_.warn(trouble::book, "the book of " + sym.name + " cannot be trusted (" +
                                 std::string(sdk::gap_reason_name(reason)) + "): asking for a fresh snapshot");
  set_ready(i, false);
  if (!lost) resync_book(i);
}

// A few levels that can be trusted are more than many that cannot.
void market_data::degrade_book(std::size_t i) {
  auto& st = streams_[i];
  st.small = true;
  st.acked = false;
  st.resyncs.clear();
  degraded_.add();
  out_.log(TRAPLINE_LOG_ERROR, complaint());
  auto other = st.what;
  other.wire = dialect_.small_book;
  st.link->replace(i - st.link->first(), other);
}

void market_data::resync_book(std::size_t i) {
  auto& st = streams_[i];
  if (!st.acked) return;  // asked for already
  const auto now = out_.mono();
  std::erase_if(st.resyncs, [&](std::int64_t at) { return now - at >= options_.resync_window; });
  if (st.resyncs.size() >= options_.max_resyncs) {
    if (!st.small) return degrade_book(i);
    st.given_up = true;
    out_.log(TRAPLINE_LOG_ERROR, complaint());
    return;
  }
  st.resyncs.push_back(now);
  resubscribe(i);
}

}  // namespace trapline::mm_ws
