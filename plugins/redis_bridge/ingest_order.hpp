// What of a relay stream goes onto the bus: every event once, in order, and every loss announced with its count.
//
// Pure rules, no Redis. Entries are known by boot_id and seq; what was lost is counted by the writer's own counts of
// trades and books, so that it is exact whether the stream was trimmed, the writer's spool overflowed, or an earlier
// run of the reader left entries unfinished.
#pragma once

#include <cstdint>
#include <string>

#include "relayed.hpp"

namespace trapline::redis_bridge {

// The newest entry that was passed on; kept in Redis, changed in one step with the acknowledgement.
struct watermark {
  std::string boot_id;  // empty: none was ever passed on
  std::uint64_t seq = 0;
  relay_count count;
};

struct judgement {
  bool publish = false;
  bool repeated = false;  // was passed on before
  // To be announced in front of the event. `unknown`: of a writer that was started anew or was lapped, so that nobody
  // knows how many were lost.
  bool unknown = false;
  std::uint64_t trades = 0, books = 0;
  std::uint64_t entries = 0;  // numbers that were skipped, events of all kinds; 0 if unknown
  std::uint16_t flags = 0;    // to be added to the event's

  bool trades_lost() const { return unknown || trades > 0; }
  bool books_lost() const { return unknown || books > 0; }
};

class ingest_order {
 public:
  // What Redis remembers; what this object has passed on itself counts more.
  void adopt(const watermark& w) {
    if (at_.boot_id.empty()) at_ = w;
  }
  const watermark& at() const { return at_; }

  // `type`, `bus_gap`: of the event in the entry. `unfinished`: another run of a reader was given the entry and did not
  // say that it has passed it on; it is not published, and counts as lost.
  judgement judge(const relayed& r, std::uint16_t type, bool bus_gap, bool book_gap, bool unfinished);

  // What unfinished entries stand for is told with the entry behind them. If none comes: what is to be told now.
  bool owes() const { return !left_.boot_id.empty(); }
  judgement settle();

 private:
  judgement advance(watermark to, relay_count here);
  void lose(judgement& out);

  watermark at_;
  watermark left_;  // newest unfinished entry; boot_id empty: none, or told
  // Those who listen have not seen the book (changes mean nothing without it), or the instrument.
  bool needs_book_ = true, needs_instrument_ = true;
  bool first_trade_after_ = false, first_book_after_ = false;
};

}  // namespace trapline::redis_bridge
