// Public channels: decodes, checks, publishes, and asks for fresh snapshots when a book cannot be trusted.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "batch.hpp"
#include "candle_track.hpp"
#include "decode_market.hpp"
#include "feed_counters.hpp"
#include "frame.hpp"
#include "log_limiter.hpp"
#include "options.hpp"
#include "session.hpp"
#include "timestamp_check.hpp"
#include "trade_memory.hpp"

namespace trapline::mm_ws {

class market_data {
 public:
  market_data(const options& o, outlet& out, log_limiter& log, feed_counters& counters);

  // What to subscribe; indices below are positions in it.
  std::vector<subscription> subscriptions() const;
  // Asks for the latest `limit` bars of stream `i`, of which put_candles() follows in any case (empty if there are
  // none). False: that is not possible.
  using history_source = std::function<bool(std::size_t i, unsigned limit)>;
  void set_history(history_source h) { history_ = std::move(h); }
  void put_candles(std::size_t i, std::span<const candle_row> rows);
  const subscription& subscription_of(std::size_t i) const { return streams_[i].what; }

  // Venue minus ours, ns: what timestamps are judged by.
  void set_clock_offset(std::int64_t offset) noexcept { clock_offset_ = offset; }
  // Which connection serves the subscriptions from `s.first()` on. Must be called before any data comes.
  void attach(session& s);
  // Make before break: `next` gets the same subscriptions as the one attached. Each stream moves to it with its first
  // message there, a book with its snapshot, so that nothing is missed and nothing told twice.
  void begin_rotation(session& next);
  void end_rotation(session& next);     // `next` is attached from now on
  void cancel_rotation(session& next);  // it is not; what had moved moves back

  // First half of a data frame: reads `data` into buffers. False: not well formed, or not subscribed.
  bool decode(const frame_head& head, ondemand::value data);
  // Second half, when the whole frame was well formed.
  void take(session& from, const frame_head& head, std::int64_t received);
  // The frame was not well formed; what is known of it stands in `head`.
  void on_malformed(session& from, const frame_head& head);

  // `i` as the session counts.
  void on_acked(session& s, std::size_t i);
  void on_unavailable(session& s, std::size_t i);
  void on_lost(session& s);

  std::int64_t deadline() const { return next_check_; }
  void advance();
  // Empty if all is well; otherwise what is amiss, for health.
  std::string complaint() const;

  // Latest mark price, if tickers of that symbol are subscribed and came.
  std::optional<sdk::decimal> mark_of(std::string_view symbol) const;
  // What the venue says of a symbol's smallest steps; symbols of others are ignored.
  void put_contract(const contract_row& c);

 private:
  struct symbol_state {
    std::string name;
    std::uint32_t instrument = 0;
    std::uint32_t trade_topic = 0, book_topic = 0, ticker_topic = 0, candle_topic = 0, instrument_topic = 0;
    scale market, ticker, candle;  // of trades and book, of tickers, of candles
    sdk::decimal tick, lot;        // 0: unknown
    std::optional<sdk::decimal> mark;
    scale announced;
    bool is_announced = false;
    venue_book book;
    trade_memory trades;
    std::uint64_t messages = 0;  // all channels
    // What tickers and bars say of trades: their volume grows with nothing else.
    std::optional<sdk::decimal> volume;              // of 24 h
    std::int64_t traded_at = 0, volume_grew_at = 0;  // monotonic
    unsigned seconds_untold = 0;                     // in which it grew, since the latest message of trades
  };
  struct stream {
    subscription what;
    session* link = nullptr;  // the connection whose data counts
    session* next = nullptr;  // the one that is to replace it
    bool moved = false;       // link and next have changed places
    std::size_t symbol = 0;
    std::int64_t interval = 0;  // candles, ns
    candle_track bars;
    sdk::counter messages, rows;
    bool acked = false;              // and not asked for anew since
    std::int64_t last_at = 0;        // monotonic; of the latest message
    std::int64_t newest_ts = 0;      // UTC ns, by the venue
    std::uint64_t symbol_mark = 0;   // symbol_state::messages when the latest message came
    std::int64_t longest_pause = 0;  // between two messages, of late
    std::uint64_t since_ack = 0;     // messages
    bool silent = false;
    bool refetching = false;       // bars were asked for; what is pushed meanwhile is part of the answer
    bool doubtful = false;         // something may have been lost since the running bar was told last
    bool history_pending = false;  // the next trades are the venue's recent ones
    std::uint64_t acks = 0;        // subscriptions that the venue acknowledged, ever
    bool after_gap = false;
    // A loss that could not be told yet because the bus was full.
    bool gap_pending = false;
    std::uint8_t gap_reason = 0;
    std::uint64_t gap_lost = 0;
    bool resync_after_gap = false;
    // Books.
    std::vector<std::int64_t> resyncs;  // when, on the monotonic clock
    bool given_up = false;
    bool small = false;         // the small book takes the place of the whole one, until the next connection
    bool gap_told = false;      // since the last valid book
    std::int64_t acked_at = 0;  // monotonic
  };

  bool accept(session& from, std::size_t i, const frame_head& head);
  void set_ready(std::size_t i, bool ready) { streams_[i].link->set_ready(i - streams_[i].link->first(), ready); }
  std::int64_t silence_limit(const stream& st) const;
  std::size_t find(std::string_view wire, std::string_view instrument, std::string_view interval) const noexcept;
  void count_message(std::size_t i, std::size_t rows);
  void volume_grew(symbol_state& sym, std::int64_t now);
  void announce(symbol_state& sym, std::int64_t received);
  // Publishes the batch; a refusal drops the venue message and is counted.
  bool publish(std::size_t i, bool last = true);
  void tell_gap(std::size_t i, std::uint8_t reason, std::uint64_t lost);
  bool try_gap(std::size_t i);

  void take_trades(std::size_t i, const frame_head& head, std::int64_t received);
  void take_ticker(std::size_t i, const frame_head& head, std::int64_t received);
  void take_candles(std::size_t i, const frame_head& head, std::int64_t received);
  bool ask_for_missing(std::size_t i);
  bool ask_for_doubtful(std::size_t i);
  void doubt_bars(const session& link);
  void lose_bars(std::size_t i, std::int64_t n);
  void take_rows(std::size_t i, const frame_head& head, std::int64_t received);
  void add_candle(const stream& s, const candle_row& row, bool closed, std::uint16_t flags, const frame_head& head,
                  std::int64_t received);

  void take_book(std::size_t i, const frame_head& head, std::int64_t received);
  void degrade_book(std::size_t i);
  bool publish_book(std::size_t i, bool snapshot, std::int64_t ts, std::int64_t received);
  void invalidate_book(std::size_t i, std::uint8_t reason);
  void resync_book(std::size_t i);
  void resubscribe(std::size_t i);
  void check_silence(std::int64_t now);

  const options& options_;
  const dialect& dialect_;
  outlet& out_;
  log_limiter& log_;
  feed_counters& counters_;
  std::vector<std::unique_ptr<symbol_state>> symbols_;
  std::vector<stream> streams_;
  std::vector<std::uint32_t> index_;  // hash table over streams_, position + 1
  sdk::counter verified_, ignored_, closed_candles_, missing_candles_, unknown_, degraded_;
  history_source history_;
  timestamp_check clock_check_;
  std::array<sdk::counter, 7> invalid_;  // by TRAPLINE_GAP_* reason

  // Buffers of decode(), used by take().
  std::size_t current_ = 0;
  std::vector<trade_row> trades_;
  std::vector<candle_row> candles_;
  ticker_row ticker_;
  book_message book_;
  batch batch_;
  std::vector<std::int64_t> book_payload_;
  std::int64_t clock_offset_ = 0;
  std::int64_t next_check_ = 0, next_silence_check_ = 0;
};

}  // namespace trapline::mm_ws
