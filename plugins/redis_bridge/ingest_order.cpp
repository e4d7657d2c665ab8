#include "ingest_order.hpp"

#include <algorithm>
#include <utility>

namespace trapline::redis_bridge {
namespace {

std::uint64_t missing(std::uint64_t now, std::uint64_t before) { return now > before ? now - before : 0; }

}  // namespace

// Moves on to `to`, and says what is missing in between; `here` is not.
judgement ingest_order::advance(watermark to, relay_count here) {
  judgement out;
  if (at_.boot_id == to.boot_id) {
    out.trades = missing(to.count.trades, at_.count.trades + here.trades);
    out.books = missing(to.count.books, at_.count.books + here.books);
    out.entries = to.seq - at_.seq - 1;
  } else if (!at_.boot_id.empty() || owes()) {
    lose(out);
  }
  at_ = std::move(to);
  left_ = {};
  first_trade_after_ |= out.trades_lost();
  first_book_after_ |= out.books_lost();
  needs_book_ |= out.books_lost();
  needs_instrument_ |= out.entries > 0;
  return out;
}

void ingest_order::lose(judgement& out) {
  out.unknown = first_trade_after_ = first_book_after_ = needs_book_ = needs_instrument_ = true;
  out.trades = out.books = out.entries = 0;
}

judgement ingest_order::settle() {
  auto out = advance(left_, {});
  if (!out.unknown) ++out.entries;
  return out;
}

judgement ingest_order::judge(const relayed& r, std::uint16_t type, bool bus_gap, bool book_gap, bool unfinished) {
  judgement out;
  const bool same = at_.boot_id == r.boot_id;
  if (same && r.seq <= at_.seq) {
    out.repeated = true;
    return out;
  }
  if (unfinished) {
    // The stream's first entry: nothing was before it, so that all can be counted.
    if (at_.boot_id.empty() && r.seq == 1) at_.boot_id = r.boot_id;
    if (r.type != "gap") left_ = {std::string(r.boot_id), r.seq, r.count};
    return out;
  }
  if (r.type == "gap") {
    // What is owed lies behind the watermark, and the gap behind that: the one must not overtake the other.
    if (owes() && left_.boot_id == r.boot_id) left_.seq = std::max(left_.seq, r.seq);
    else if (same) at_.seq = r.seq;
    return out;
  }

  relay_count here;  // the event itself is not lost
  if (r.type == relayed_event) count_event(here, type);
  out = advance({std::string(r.boot_id), r.seq, r.count}, here);
  if (bus_gap) lose(out);
  needs_book_ |= book_gap;

  bool nothing = false;
  bool& needed = type == TRAPLINE_EVENT_BOOK_SNAPSHOT ? needs_book_
                 : type == TRAPLINE_EVENT_INSTRUMENT  ? needs_instrument_
                                                      : nothing;
  // What is announced in the place of a gap of the other bus says it in the terms of this one.
  out.publish = r.type == relayed_state ? needed : !bus_gap;
  needed = false;
  if (!out.publish) return out;
  const bool book = type == TRAPLINE_EVENT_BOOK_SNAPSHOT || type == TRAPLINE_EVENT_BOOK_DELTA;
  bool& first = book ? first_book_after_ : first_trade_after_;
  if ((book || type == TRAPLINE_EVENT_TRADE) && first) {
    out.flags = TRAPLINE_FLAG_AFTER_GAP;
    first = false;
  }
  return out;
}

}  // namespace trapline::redis_bridge
