// The baseline: a price that moves by a fixed percentage within a fixed time. No scale of the market, no flow, no book.
//
// Its probability is a rank of the move's size, 1 - 0.3 * threshold / move (0.7 at the threshold), and nothing that was
// calibrated; that of a fake rises with the share taken back and is 0.7 where `retrace` is reached.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "features/flow.hpp"
#include "reporter.hpp"
#include "settings.hpp"
#include "trapline/abi/market.h"

namespace trapline::trap {

struct move_settings {
  double percent = 3;
  std::int64_t within = 5 * minute;
  double retrace = 0.5;
  std::int64_t hold = 15 * minute;
  std::int64_t refractory = 5 * minute;
  int max_symbols = 200;
};

class move_symbol {
 public:
  move_symbol(const move_settings& s, std::uint32_t instrument, std::string_view name, sink& out);
  move_symbol(const move_symbol&) = delete;
  move_symbol& operator=(const move_symbol&) = delete;

  // A traded price at event time `ts`; older than what was seen is ignored.
  void on_price(std::int64_t ts, std::int64_t price, int exp) noexcept;

  struct side_state {
    bool moving = false;
    std::array<bool, 7> unused{};
    double base = 0;  // the window's far extreme, from which a move is measured
    std::int64_t base_ts = 0;
    double extreme = 0, retraced = 0;
    std::int64_t onset = 0, extreme_ts = 0, faked_ts = 0;
  };
  // All that was learnt of the symbol, and nothing of how it is set up: plain bytes, so that a successor can go on with
  // them. No byte of it is padding, which nobody sets: a replay compares states byte by byte. Whoever changes this, or
  // what it is made of, raises `state.version` of the plugin.
  struct knowledge {
    tracker_set trackers{};
    flow seconds;
    std::array<side_state, 2> sides;  // up, down
    std::int64_t now = 0, next_report = 0;
    int price_exp = 0;
    bool exp_seen = false;
    std::array<bool, 3> unused{};
  };
  static_assert(std::is_trivially_copyable_v<knowledge>);
  const knowledge& known() const noexcept { return known_; }
  void know(const knowledge& k) noexcept { known_ = k; }

 private:
  void look_back() noexcept;
  void follow(side_state& m, sign s, double price) noexcept;
  assessment assess_move(const side_state& m, sign s) const noexcept;
  assessment assess_fake(const side_state& m) const noexcept;
  void track(kind k, const assessment& a) noexcept;

  const move_settings& settings_;
  settings alarm_;  // thresholds of the trackers, at their defaults
  reporter reporter_;
  kind_mask watched_{};
  knowledge known_;
};

class move_detector {
 public:
  move_detector(move_settings s, sink& out) : settings_(s), sink_(out) {}
  // False: not used, there are `max_symbols` others.
  bool on_trade(const trapline_event& e, const trapline_trade& t);
  // A closed bar is its close at its end; for inputs that have no trades.
  bool on_candle(const trapline_event& e, const trapline_candle& c);

  // What is known of all symbols, for the same build of this code. load() throws sdk::error and changes nothing if it
  // is no such state, or of more symbols than `max_symbols`.
  std::string save() const;
  void load(std::string_view bytes);

 private:
  move_symbol* get(std::uint32_t instrument);
  move_settings settings_;
  sink& sink_;
  std::map<std::uint32_t, std::unique_ptr<move_symbol>> symbols_;
};

}  // namespace trapline::trap
