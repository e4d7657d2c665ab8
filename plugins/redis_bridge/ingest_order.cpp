#include "ingest_order.hpp"

namespace trapline::redis_bridge {
namespace {

std::uint64_t missing(std::uint64_t now, std::uint64_t before) { return now > before ? now - before : 0; }

}  // namespace

judgement ingest_order::judge(const relayed& r, std::uint16_t type, bool bus_gap, bool book_gap, bool unfinished) {
  judgement out;
  const bool known = !at_.boot_id.empty(), same = at_.boot_id == r.boot_id;
  if (same && r.seq <= at_.seq) {
    out.repeated = true;
    return out;
  }
  // The counts of the next entry that is passed on tell what these stand for.
  if (unfinished) return out;
  if (r.type == "gap") {
    if (same) at_.seq = r.seq;
    return out;
  }

  relay_count here;  // the event itself is not lost
  if (r.type == relayed_event) count_event(here, type);
  if (known && same) {
    out.trades = missing(r.count.trades, at_.count.trades + here.trades);
    out.books = missing(r.count.books, at_.count.books + here.books);
    out.entries = r.seq - at_.seq - 1;
  } else if (known) {
    out.unknown = true;
  }
  out.unknown |= bus_gap;
  at_.boot_id = r.boot_id;
  at_.seq = r.seq;
  at_.count = r.count;
  first_trade_after_ |= out.trades_lost();
  first_book_after_ |= out.books_lost();
  needs_book_ |= out.books_lost() || book_gap;

  if (r.type == relayed_book) {
    out.publish = needs_book_;
    needs_book_ = false;
  } else {
    out.publish = !bus_gap;  // what is announced in its place says it in the terms of this bus
    if (type == TRAPLINE_EVENT_BOOK_SNAPSHOT) needs_book_ = false;
  }
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
