// Which connection's data counts, while one replaces another.
#include <utility>

#include "market_data.hpp"
#include "trapline/abi/system.h"

namespace trapline::mm_ws {

void market_data::attach(session& s) {
  for (std::size_t i = s.first(); i < s.first() + s.wanted().size(); ++i) streams_[i].link = &s;
}

void market_data::begin_rotation(session& next) {
  for (std::size_t i = next.first(); i < next.first() + next.wanted().size(); ++i) {
    streams_[i].next = &next;
    streams_[i].moved = false;
  }
}

void market_data::end_rotation(session& next) {
  for (std::size_t i = next.first(); i < next.first() + next.wanted().size(); ++i) {
    auto& st = streams_[i];
    st.link = &next;
    st.next = nullptr;
    st.moved = false;
    st.acked = true;
    st.small = st.given_up = st.silent = false;
    st.acked_at = out_.mono();
  }
}

void market_data::cancel_rotation(session& next) {
  for (std::size_t i = next.first(); i < next.first() + next.wanted().size(); ++i) {
    auto& st = streams_[i];
    const bool back = std::exchange(st.moved, false);
    if (back) st.link = st.next;
    st.next = nullptr;
    if (!back) continue;
    // What became of the stream on the other connection says nothing about this one.
    const auto local = i - st.link->first();
    st.acked = st.link->acked(local);
    st.small = st.link->replaced(local);
    st.silent = st.given_up = false;
    if (st.what.kind != channel_kind::book) continue;
    // What this one brought meanwhile was not applied, so that only a fresh snapshot helps.
    if (symbols_[st.symbol]->book.valid()) {
      invalidate_book(i, TRAPLINE_GAP_SEQUENCE);
    } else {
      set_ready(i, false);
      resync_book(i);
    }
  }
}

// Whether a message of `from` is to be taken for stream `i`; moves the stream if it is time.
bool market_data::accept(session& from, std::size_t i, const frame_head& head) {
  auto& st = streams_[i];
  if (st.link == &from) return true;
  if (st.next != &from) return false;
  // Trades with ids are told apart wherever they come from.
  if (st.what.kind == channel_kind::trade && !trades_.empty() && !trades_.front().id.empty()) return true;
  if (st.moved || (st.what.kind == channel_kind::book && !head.snapshot)) return false;
  // The old one's characters are still known: trades without ids overlap as after a second subscription.
  if (st.what.kind == channel_kind::trade) st.history_pending = true, ++st.acks;
  std::swap(st.link, st.next);
  st.moved = true;
  return true;
}

}  // namespace trapline::mm_ws
