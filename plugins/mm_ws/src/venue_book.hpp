// The order book as the venue keeps it, in its own characters, so that its checksum can be recomputed.
//
// Rules (Bitget, channel `books`): a snapshot replaces everything; an update gives absolute sizes, 0 deletes.
// With sequence numbers each update must name the one before it; with a checksum (v1 always, v2 until May 2026) the
// best 25 levels of both sides, interleaved, joined by ':' in the wire's own digits, have the given CRC-32.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "book_side.hpp"

namespace trapline::mm_ws {

// A decoded message of the channel. Levels stand as they came; apply() sorts and rescales them in place.
struct book_message {
  std::vector<book_level> bids, asks;
  std::int64_t seq = 0, prev_seq = 0, ts = 0;  // ts in ns
  std::int32_t checksum = 0;
  bool has_seq = false, has_prev_seq = false, has_checksum = false;

  void clear() noexcept {
    bids.clear();
    asks.clear();
    seq = prev_seq = ts = 0;
    checksum = 0;
    has_seq = has_prev_seq = has_checksum = false;
  }
};

class venue_book {
 public:
  enum class verdict {
    applied,
    ignored,   // older than what the book holds, or a repetition: nothing changed
    sequence,  // the numbers do not join, or a level was deleted that is not there and nothing else vouches for the
               // book
    checksum,
    crossed,   // best bid >= best ask
    malformed  // numbers out of range, a price twice, a snapshot level without size
  };

  // Deepest book kept a side; what is worse is left out.
  static constexpr std::size_t max_levels = 5000;

  // On `applied`, `m` holds the message's levels at `s`, which may have become finer, best first, without
  // repetitions, and names the state that an update was applied to. Anything but `applied` and `ignored` leaves the
  // book invalid.
  verdict apply_snapshot(book_message& m, scale& s);
  // The book must be valid.
  verdict apply_update(book_message& m, scale& s);

  void invalidate() noexcept { valid_ = false; }
  bool valid() const noexcept { return valid_; }
  std::int64_t seq() const noexcept { return seq_; }
  // Whether the last message carried a checksum, which then was right if it was applied.
  bool checked() const noexcept { return checked_; }
  // Whether it carried that or the number of its predecessor, so that a lost message is noticed at the next one.
  bool vouched() const noexcept { return vouched_; }

  const book_side<true>& bids() const noexcept { return bids_; }
  const book_side<false>& asks() const noexcept { return asks_; }
  std::int32_t checksum() const noexcept;

 private:
  bool rescale_book(const scale& s);
  bool crossed() const noexcept { return !bids_.empty() && !asks_.empty() && bids_.best_price() >= asks_.best_price(); }
  verdict fail(verdict v) noexcept {
    valid_ = false;
    return v;
  }
  verdict check(const book_message& m) noexcept;

  book_side<true> bids_;
  book_side<false> asks_;
  scale scale_;
  std::int64_t seq_ = 0;
  bool first_update_ = false;  // none was applied since the snapshot
  bool valid_ = false, checked_ = false, vouched_ = false;
};

}  // namespace trapline::mm_ws
