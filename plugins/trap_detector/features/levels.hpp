// Price levels beyond which stop orders are likely to rest: causal swings, equal extremes, extremes of earlier
// sessions, round numbers.
//
// A swing of N bars is known only N bars after its extreme: no bar of the future enters. One-minute bars are
// built from trades, or taken from closed one-minute candles where these are fed (history included).
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "features/flow.hpp"
#include "settings.hpp"

namespace trapline::trap {

struct minute_bar {
  std::int64_t start = 0;  // UTC ns
  double open = 0, high = 0, low = 0, close = 0;
};

enum class level_kind : std::uint8_t { swing, equal, session, day, round };

struct price_level {
  double price = 0;
  double strength = 0;    // 0.4 weak .. 3 strong
  std::int64_t born = 0;  // event time at which it became known
  level_kind kind = level_kind::swing;
  std::int8_t side = 0;    // +1: an extreme above (stops of the short), -1: below
  std::uint16_t bars = 0;  // N of a swing
  std::uint16_t touches = 0;
};

class level_set {
 public:
  static constexpr std::size_t capacity = 64;
  static constexpr std::size_t watched = 4;
  static constexpr std::size_t bar_capacity = 512;

  explicit level_set(const level_settings& s) : settings_(s) {}

  // One trade at event time `ts`. A bar closes when a trade of a later minute arrives.
  void on_trade(std::int64_t ts, double price, double sig60_price) noexcept;
  // A closed one-minute candle; older than the newest bar = history, put in its place.
  void on_candle(const minute_bar& bar, std::int64_t now, double sig60_price) noexcept;
  // Chooses the levels nearest to `price` on both sides, for the patterns. Once a second.
  void watch(double price) noexcept;

  // Nearest first, all strictly beyond the price given to watch().
  std::span<const price_level> above() const noexcept { return {above_.data(), above_count_}; }
  std::span<const price_level> below() const noexcept { return {below_.data(), below_count_}; }
  std::span<const price_level> side(sign s) const noexcept { return s > 0 ? above() : below(); }
  std::span<const price_level> all() const noexcept { return {levels_.data(), count_}; }
  // Closes of the newest bars, 0 = newest. 0 where there is none.
  double close(std::size_t ago) const noexcept { return ago < bar_count_ ? bar(ago).close : 0.0; }
  std::int64_t bar_start(std::size_t ago) const noexcept { return ago < bar_count_ ? bar(ago).start : 0; }
  std::size_t bar_count() const noexcept { return bar_count_; }

  // Distance of round numbers at this price: 1 or 5 times a power of ten, nearest (in ratio) to price / 120,
  // which makes 500 of BTC at 60,000.
  static double round_step(double price) noexcept;

 private:
  const minute_bar& bar(std::size_t ago) const noexcept { return bars_[bar_count_ - 1 - ago]; }
  void close_bar(const minute_bar& b, std::int64_t now, double sig60_price) noexcept;
  void append(const minute_bar& b) noexcept;
  void find_swings(std::size_t newest_ago, std::int64_t now) noexcept;
  void roll_session(std::int64_t ts, double price) noexcept;
  void add(price_level l) noexcept;
  void drop_broken(double close, double margin) noexcept;

  struct extremes {
    std::int64_t id = -1;
    double high = 0, low = 0;
  };
  void roll(extremes& e, std::int64_t id, level_kind kind, std::int64_t ts, double price) noexcept;

  const level_settings& settings_;
  // What every trade reads stands before what is long.
  minute_bar running_{};
  extremes session_, day_;
  std::size_t above_count_ = 0, below_count_ = 0;
  std::array<price_level, watched> above_{}, below_{};
  std::size_t bar_count_ = 0, count_ = 0;
  bool history_changed_ = false;
  std::array<price_level, capacity> levels_{};
  std::array<minute_bar, bar_capacity> bars_{};  // oldest first
};

}  // namespace trapline::trap
