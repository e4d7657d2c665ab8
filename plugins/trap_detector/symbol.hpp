// Everything about one instrument: its market, its patterns, its episodes. Fixed size, made when it is first seen.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "features/levels.hpp"
#include "features/market.hpp"
#include "patterns/machines.hpp"
#include "reporter.hpp"
#include "trapline/abi/system.h"

namespace trapline::trap {

// Why an event, or a part of it, was not used.
enum class ignored : std::uint8_t {
  none,
  no_time,         // ts_event is 0, negative, or beyond the year 2116
  time_backwards,  // older than its channel; a book is applied all the same, with the clock held
  malformed,       // a number is not positive or not finite
  sequence,        // a book delta that does not join: the book is invalid until its next snapshot
  book_invalid,    // a book delta without a valid book, or one that crossed it
  max_symbols,     // more instruments than `max_symbols`
  no_instrument,   // the event names no instrument
  implausible,     // a trade at a small fraction, or a multiple, of the price; the clock is not moved
  oversized,       // a book message of more levels than any venue sends: the book is invalid until its next snapshot
};
inline constexpr std::size_t ignored_count = 10;
std::string_view ignored_name(ignored r) noexcept;

class symbol {
 public:
  symbol(const settings& s, std::uint32_t instrument, std::string_view name, sink& out);
  symbol(const symbol&) = delete;
  symbol& operator=(const symbol&) = delete;

  ignored on_trade(const trapline_event& e, const trapline_trade& t) noexcept;
  ignored on_book(const trapline_event& e, const trapline_book& b, std::span<const trapline_level> levels) noexcept;
  ignored on_ticker(const trapline_event& e, const trapline_ticker& t) noexcept;
  ignored on_candle(const trapline_candle& c) noexcept;
  void on_instrument(const trapline_instrument& i) noexcept;
  void on_gap(const trapline_gap& g) noexcept;

  std::uint32_t instrument() const noexcept { return instrument_; }
  bool warming() const noexcept { return first_live_ == 0 || market_.now() - first_live_ < settings_.warmup; }
  const market& view() const noexcept { return market_; }
  const level_set& levels() const noexcept { return levels_; }
  const layer_watch& layers(book_side s) const noexcept { return machines_.layers(s); }
  // The newest episode of a class.
  const tracker& episode(kind k) const noexcept { return trackers_[index(k)]; }
  // Events in a row that were older than what was seen. Many of them: the venue's clock was set back.
  std::uint32_t backwards() const noexcept { return backwards_; }
  // Ends every episode and lets `next` go on with the numbers, so that no id is given twice.
  void hand_over(symbol& next) noexcept;

 private:
  enum channel : std::uint8_t { trades, books, tickers, candles, channels };

  ignored take_time(channel c, const trapline_event& e) noexcept;
  bool plausible_price(double price) noexcept;
  void every_second(std::int64_t passed) noexcept;
  void evaluate(kind k) noexcept;
  void evaluate_changed() noexcept;
  assessment assess(kind k) const noexcept;
  void weigh_fake(std::size_t side, assessment& a) const noexcept;
  void lose_book() noexcept;
  void tell(kind k, std::uint8_t stage) noexcept;
  void report() noexcept;

  const settings& settings_;
  // The first line of the cache: what every event reads of these.
  std::array<std::int64_t, channels> channel_ts_{};
  std::int64_t first_live_ = 0;  // event time of the first event that is not history
  std::int64_t next_report_ = 0;
  std::uint32_t backwards_ = 0;
  std::uint32_t implausible_ = 0;  // in a row
  std::uint64_t venue_seq_ = 0;
  std::uint32_t instrument_;
  reporter reporter_;
  kind_mask watched_{};

  market market_;
  level_set levels_;
  machines machines_;
  tracker_set trackers_{};
};

static_assert(sizeof(symbol) <= 512 * 1024, "the memory of one symbol is bounded");

}  // namespace trapline::trap
