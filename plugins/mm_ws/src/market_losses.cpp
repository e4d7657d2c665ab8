// What is done when something of the public channels is lost: a GAP, once the bus takes it, and a fresh subscription.
#include <algorithm>

#include "market_data.hpp"
#include "trapline/abi/system.h"

namespace trapline::mm_ws {
namespace {

constexpr std::int64_t ms = 1'000'000, s = 1000 * ms;

}  // namespace

void market_data::tell_gap(std::size_t i, std::uint8_t reason, std::uint64_t lost) {
  auto& st = streams_[i];
  if (!st.gap_pending) st.gap_reason = reason;
  st.gap_pending = true;
  st.gap_lost += lost;
  st.after_gap = true;
  counters_.gaps.add();
  if (!try_gap(i)) next_check_ = std::min(next_check_, out_.mono() + 10 * ms);
}

bool market_data::try_gap(std::size_t i) {
  auto& st = streams_[i];
  if (!st.gap_pending) return true;
  const auto& sym = *symbols_[st.symbol];
  const bool book = st.what.kind == channel_kind::book;
  trapline_gap p{};
  p.channel = book ? TRAPLINE_GAP_BOOK : TRAPLINE_GAP_TRADE;
  p.reason = st.gap_reason;
  p.lost = st.gap_lost;
  const auto e = sdk::make_event(TRAPLINE_EVENT_GAP, book ? sym.book_topic : sym.trade_topic, sym.instrument, 0,
                                 out_.now(), TRAPLINE_FLAG_LAST_IN_BATCH);
  const trapline_frame f{&e, &p, sizeof p, 0};
  if (out_.publish(&f, 1) != TRAPLINE_OK) return false;
  st.gap_pending = false;
  st.gap_lost = 0;
  return true;
}

void market_data::on_acked(session& from, std::size_t local) {
  const auto i = from.first() + local;
  auto& st = streams_[i];
  if (st.link != &from || st.moved) return;  // of a connection that is to take over, and takes over without a gap
  st.acked = true;
  st.history_pending = st.what.kind == channel_kind::trade;
  if (++st.acks > 1) st.after_gap = true;
  st.last_at = st.acked_at = out_.mono();
  st.since_ack = 0;
  st.symbol_mark = symbols_[st.symbol]->messages;
  if (st.what.kind == channel_kind::trade) symbols_[st.symbol]->seconds_untold = 0;
}

void market_data::on_unavailable(session& from, std::size_t local) {
  const auto i = from.first() + local;
  auto& st = streams_[i];
  if (st.link != &from) return;
  if (st.small) st.given_up = true;  // not even that
  st.acked = false;
  // Nothing more is to come, so that it would only grow old.
  if (st.what.kind == channel_kind::book && symbols_[st.symbol]->book.valid())
    invalidate_book(i, TRAPLINE_GAP_DISCONNECT);
}

void market_data::on_lost(session& from) {
  for (std::size_t i = from.first(); i < from.first() + from.wanted().size(); ++i) {
    auto& st = streams_[i];
    st.acked = st.silent = st.given_up = st.small = st.resync_after_gap = st.refetching = false;
    if (st.what.kind == channel_kind::book && symbols_[st.symbol]->book.valid())
      invalidate_book(i, TRAPLINE_GAP_DISCONNECT);
  }
}

void market_data::advance() {
  const auto now = out_.mono();
  if (now < next_check_) return;
  next_check_ = std::max(next_silence_check_, now);
  if (now >= next_silence_check_) {
    next_check_ = next_silence_check_ = now + s;
    check_silence(now);
  }
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    auto& st = streams_[i];
    if (!try_gap(i)) {
      next_check_ = std::min(next_check_, now + 10 * ms);
    } else if (st.resync_after_gap) {
      st.resync_after_gap = false;
      resubscribe(i);
    }
  }
}

// Until the new acknowledgement nothing of the stream is late.
void market_data::resubscribe(std::size_t i) {
  streams_[i].acked = false;
  counters_.resyncs.add();
  streams_[i].link->resubscribe(i - streams_[i].link->first());
}

// How long a stream may be silent. 0: for ever.
std::int64_t market_data::silence_limit(const stream& st) const {
  switch (st.what.kind) {
    case channel_kind::book:
      return options_.stale_after;
    case channel_kind::ticker:
      return options_.stale_ticker;
    case channel_kind::candle:
      // While there are no trades a bar comes once an interval.
      return st.interval + options_.stale_candle;
    case channel_kind::trade:
      return options_.stale_ticker;
    default:
      return 0;
  }
}

// A connection that answers pings may still have forgotten a stream. A stream is missed when its symbol moves on other
// channels meanwhile, or when it is silent much longer than it used to be; a symbol that is quiet as ever raises no
// alarm. Trades are missed only when tickers or bars show that there were some. First the one stream is subscribed
// anew, then its connection is given up.
void market_data::check_silence(std::int64_t now) {
  constexpr std::uint64_t enough = 20;  // messages that say something about a habit
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    auto& st = streams_[i];
    const auto limit = silence_limit(st);
    if (limit == 0) continue;
    const auto& sym = *symbols_[st.symbol];
    if (!st.acked) continue;
    const bool book = st.what.kind == channel_kind::book;
    if (book && !sym.book.valid()) {
      if (st.given_up || st.resync_after_gap || now - st.acked_at < options_.ack_timeout) continue;
      if (st.silent) return st.link->reconnect("no snapshot of the book of " + sym.name + " although subscribed anew");
      log_.warn(trouble::book, "the book of " + sym.name + ": no snapshot came: asking again");
      resync_book(i);
      continue;
    }
    const auto silence = now - st.last_at;
    const bool symbol_moves = sym.messages - st.symbol_mark >= enough;
    const bool unlike_itself = st.since_ack >= enough && silence >= 4 * st.longest_pause;
    constexpr unsigned seconds_enough = 5;
    const bool trade = st.what.kind == channel_kind::trade;
    const bool missed = trade ? sym.seconds_untold >= seconds_enough : st.silent || symbol_moves || unlike_itself;
    if (silence < limit || !missed) continue;
    const auto text = st.what.channel + " of " + sym.name + ": silent for " + std::to_string(silence / s) + " s";
    if (st.silent) return st.link->reconnect(text + " although subscribed anew");
    st.silent = true;
    out_.log(TRAPLINE_LOG_WARN, text +
                                    (trade          ? " while the volume grows"
                                     : symbol_moves ? " while the symbol moves"
                                                    : " against its habit") +
                                    ": subscribing anew");
    set_ready(i, false);
    // What the book missed in the meantime is unknown.
    if (book) invalidate_book(i, TRAPLINE_GAP_SEQUENCE);
    else resubscribe(i);
  }
}

std::string market_data::complaint() const {
  for (const auto& st : streams_) {
    if (st.given_up)
      return "the book of " + st.what.instrument + " stays invalid: " + std::to_string(options_.max_resyncs) +
             " fresh snapshots did not help; it is tried again on the next connection";
    if (st.small)
      return "the book of " + st.what.instrument + " could not be kept right: only its " +
             (dialect_.small_book == "books50" ? "50" : "15") + " best levels are published until the next connection";
    if (st.silent) return st.what.channel + " of " + st.what.instrument + " is silent";
  }
  return {};
}

}  // namespace trapline::mm_ws
