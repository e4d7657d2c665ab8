// Pump and dump impulses, and whether they turn out fake.
//
//   IDLE > IMPULSE (one) > PEAK (two) > RETRACING (three) > CONFIRMED (half retraced in time)
//
// One machine, two classes: `pump`/`dump` says that the impulse is there, `fake_pump`/`fake_dump` that it will be,
// or was, taken back. About half of the natural BTC impulses are (0.48), so that the second starts there and
// only evidence moves it.
#pragma once

#include <cstdint>
#include <utility>

#include "features/market.hpp"
#include "patterns/assessment.hpp"

namespace trapline::trap {

class alignas(64) impulse {
 public:
  // `direction`: +1 pump, -1 dump.
  impulse(sign direction, const impulse_settings& s) : s_(direction), settings_(s) {}

  // `opposite`: the machine of the other direction, whose retrace is no impulse of this one.
  void on_trade(const market& m, const trade_tick& t, const impulse& opposite) noexcept;
  void on_second(const market& m, const impulse& opposite) noexcept;
  // The price lies on the way back of an impulse that is under way or just over, and whose extreme is recent.
  bool explains(double price, std::int64_t now) const noexcept {
    return (at_ != state::idle || now < rearm_) && now - extreme_ts_ <= 2 * settings_.within &&
           s_ * (price - start_) >= 0 && s_ * (extreme_ - price) >= 0;
  }
  bool take_changed() noexcept { return std::exchange(changed_, false); }
  bool active() const noexcept { return at_ != state::idle; }
  // `spoofed`: an alarm of spoofing stands on the side that would support the move.
  assessment assess_fake(const market& m, bool spoofed) const noexcept;
  assessment assess_move(const market& m) const noexcept;
  void reset() noexcept;
  // Of the newest impulse: when it was recognised, and the origin from which its move is measured.
  std::int64_t began() const noexcept { return began_; }
  std::int64_t onset() const noexcept { return onset_; }

 private:
  void look_back(const market& m) noexcept;
  void begin(const market& m, double price) noexcept;
  void step(const market& m, double price) noexcept;
  void move(state to) noexcept;
  // Of the onset model, in a market of trades alone.
  bool by_model(const market& m) const noexcept { return settings_.use_onset && m.trades_only(); }
  void begin_by_model(const market& m) noexcept;
  void read_model(const market& m) noexcept;
  std::int64_t rest(std::int64_t otherwise) const noexcept {
    return modelled_ ? settings_.onset_refractory : otherwise;
  }
  double retrace(double price) const noexcept;

  sign s_;
  const impulse_settings& settings_;
  bool changed_ = false;
  state at_ = state::idle;

  // Cached once a second for the test of each trade.
  double origin_ = 0, trigger_ = 0, origin_sig60_ = 0;
  std::int64_t origin_ts_ = 0, looked_ = 0;  // looked_: the second of the last look back
  bool by_z_ = false;

  bool modelled_ = false;  // the model began this episode
  onset_values onset_values_{};
  double onset_logit_ = 0;  // the highest of the episode

  double start_ = 0, extreme_ = 0, last_ = 0, sig60_ = 0;
  std::int64_t onset_ = 0, extreme_ts_ = 0, began_ = 0, peak_ = 0, confirmed_ = 0;
  double oi_before_ = 0, index_before_ = 0, basis_before_ = 0;
  bool had_basis_ = false;
  double burst_ = 0, share_ = 0, rush_z_ = 0, retraced_ = 0;
  double ofi_ = 0, basis_ = 0, index_ = 0, support_ = 0;  // NaN = not seen
  std::int64_t rearm_ = 0;                                // no new impulse before this time
};

}  // namespace trapline::trap
