// Traps as price action on one-minute bars shows them, and nothing finer.
//
// What bars cannot carry is not made up: a swept and reclaimed level happens as often in shuffled bars (detection.md,
// item 2 of section 0), so that its probability is that base rate, its observability `low`, and it raises no alarm
// at the default `alarm.on`. Probabilities are the priors of class and state; no bar moves them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>

#include "features/ew.hpp"
#include "features/levels.hpp"
#include "reporter.hpp"
#include "settings.hpp"
#include "trapline/abi/market.h"

namespace trapline::trap {

struct bar {
  std::int64_t start = 0;  // UTC ns, a whole minute
  double open = 0, high = 0, low = 0, close = 0, volume = 0;
};

// The scale of a market in bars.
struct bar_scale {
  double sigma = 0;  // EW deviation of one-minute log-returns
  double vbar = 0;   // EW mean volume of a bar
};

// One side of the market: a level is swept, and the price comes back at once (hunt) or after it was accepted (trap).
class bar_sweep {
 public:
  explicit bar_sweep(sign side) : s_(side) {}
  // `levels` as they stood before `b`.
  void on_bar(const bar& b, const bar_scale& scale, std::span<const price_level> levels, const settings& s) noexcept;
  assessment assess_hunt() const noexcept;
  assessment assess_trap() const noexcept;

 private:
  void end() noexcept { at_ = state::idle; }
  assessment base() const noexcept;

  sign s_;
  state at_ = state::idle;  // one: swept; two: reclaimed; three: accepted; confirmed: given back after acceptance
  price_level level_;
  double extreme_ = 0, overshoot_ = 0, volume_ = 0;
  int closes_ = 0;  // beyond the level
  std::int64_t onset_ = 0, newest_ = 0, back_ = 0;
};

// A move of many sigma within three bars, and whether it is taken back.
class bar_impulse {
 public:
  explicit bar_impulse(sign side) : s_(side) {}
  void on_bar(const bar& b, const bar_scale& scale, const std::array<bar, 4>& newest, const settings& s) noexcept;
  assessment assess_move() const noexcept;
  assessment assess_fake() const noexcept;

 private:
  assessment base() const noexcept;

  sign s_;
  state at_ = state::idle;  // one: impulse; three: retracing; confirmed: half taken back
  double start_ = 0, extreme_ = 0, sigmas_ = 0, volume_ = 0, retraced_ = 0;
  std::int64_t onset_ = 0, extreme_at_ = 0, back_ = 0;
};

class bar_symbol {
 public:
  bar_symbol(const settings& s, std::uint32_t instrument, std::string_view name, sink& out);
  bar_symbol(const bar_symbol&) = delete;
  bar_symbol& operator=(const bar_symbol&) = delete;

  // Bars are made from trades until the first closed one-minute candle; from then on the candles count.
  void on_trade(const trapline_event& e, const trapline_trade& t) noexcept;
  void on_candle(const trapline_event& e, const trapline_candle& c) noexcept;
  bool warming() const noexcept { return bars_ * minute < settings_.warmup; }

 private:
  void on_bar(const bar& b) noexcept;
  void track(kind k, const assessment& a, std::int64_t refractory) noexcept;

  const settings& settings_;
  reporter reporter_;
  kind_mask watched_{};
  tracker_set trackers_{};
  level_set levels_;
  std::array<bar_sweep, 2> sweeps_{bar_sweep(1), bar_sweep(-1)};
  std::array<bar_impulse, 2> impulses_{bar_impulse(1), bar_impulse(-1)};
  ew_mean squares_{60}, volume_{120};
  std::array<bar, 4> newest_{};  // 0 = newest
  bar running_;
  bool candles_ = false;
  std::int64_t bars_ = 0, now_ = 0, next_report_ = 0;
  int price_exp_ = 0;
  bool exp_seen_ = false;
};

class bar_detector {
 public:
  bar_detector(settings s, sink& out) : settings_(std::move(s)), sink_(out) {}
  // False: not used, there are `max_symbols` others.
  bool on_trade(const trapline_event& e, const trapline_trade& t);
  bool on_candle(const trapline_event& e, const trapline_candle& c);

 private:
  bar_symbol* get(std::uint32_t instrument);
  settings settings_;
  sink& sink_;
  std::map<std::uint32_t, std::unique_ptr<bar_symbol>> symbols_;
};

}  // namespace trapline::trap
