#include "patterns/machines.hpp"

#include <algorithm>
#include <utility>

namespace trapline::trap {

machines::machines(const settings& s)
    : hunts_{stop_hunt(1, s.stop_hunt, s.liquidity_grab), stop_hunt(-1, s.stop_hunt, s.liquidity_grab)},
      half_grabs_{stop_hunt(1, s.stop_hunt, s.liquidity_grab, true),
                  stop_hunt(-1, s.stop_hunt, s.liquidity_grab, true)},
      traps_{range_trap(1, s.range_trap), range_trap(-1, s.range_trap)},
      impulses_{impulse(1, s.impulse), impulse(-1, s.impulse)},
      ignitions_{ignition(1, s.ignition), ignition(-1, s.ignition)},
      layers_{layer_watch(book_side::bid, s.spoofing, s.layering), layer_watch(book_side::ask, s.spoofing, s.layering)},
      // Asks that are pulled, or that absorb, are met on the way up.
      pulls_{pull_watch(book_side::ask, s.pull), pull_watch(book_side::bid, s.pull)},
      absorptions_{absorption_watch(book_side::ask, s.absorption), absorption_watch(book_side::bid, s.absorption)},
      stuffing_{stuffing_watch(book_side::bid, s.stuffing), stuffing_watch(book_side::ask, s.stuffing)},
      wash_(s.wash) {}

void machines::on_trade(const market& m, const level_set& levels, const trade_tick& t, std::int64_t lots) noexcept {
  fed_ = std::max(fed_, by_trade);
  for (std::size_t i = 0; i < 2; ++i) {
    hunts_[i].on_trade(m, levels, t);
    half_grabs_[i].on_trade(m, levels, t);
    traps_[i].on_trade(m, levels, t);
    impulses_[i].on_trade(m, t, impulses_[1 - i]);
    ignitions_[i].on_trade(m, t);
    layers_[i].on_trade(m, t);
    pulls_[i].on_trade(m, t);
    absorptions_[i].on_trade(m, t);
  }
  wash_.on_trade(m, t, lots);
}

void machines::on_book(const market& m) noexcept {
  fed_ = std::max(fed_, by_book);
  for (std::size_t i = 0; i < 2; ++i) {
    layers_[i].on_book(m, layers_[1 - i]);
    pulls_[i].on_book(m);
    absorptions_[i].on_book(m);
  }
  for (auto& l : layers_) l.on_time(m);
}

void machines::on_second(const market& m, const level_set& levels, std::int64_t passed) noexcept {
  fed_ = by_all;
  for (std::size_t i = 0; i < 2; ++i) {
    hunts_[i].on_second(m);
    half_grabs_[i].on_second(m);
    traps_[i].on_second(m, levels);
    impulses_[i].on_second(m, impulses_[1 - i]);
    ignitions_[i].on_second(m);
    layers_[i].on_time(m);
    pulls_[i].on_second(m);
    absorptions_[i].on_second(m);
    stuffing_[i].on_second(m, passed);
  }
}

void machines::reset_book() noexcept {
  fed_ = by_all;
  for (std::size_t i = 0; i < 2; ++i) {
    layers_[i].reset();
    pulls_[i].reset();
    absorptions_[i].reset();
    stuffing_[i].reset();
  }
}

bool machines::active(kind k) const noexcept {
  switch (k) {
    case kind::stop_hunt_high:
    case kind::liquidity_grab_high:
      return hunts_[0].active();
    case kind::stop_hunt_low:
    case kind::liquidity_grab_low:
      return hunts_[1].active();
    case kind::half_liquidity_grab_high:
      return half_grabs_[0].active();
    case kind::half_liquidity_grab_low:
      return half_grabs_[1].active();
    case kind::bull_trap:
      return traps_[0].active();
    case kind::bear_trap:
      return traps_[1].active();
    case kind::pump:
    case kind::fake_pump:
      return impulses_[0].active();
    case kind::dump:
    case kind::fake_dump:
      return impulses_[1].active();
    case kind::momentum_ignition_up:
      return ignitions_[0].active();
    case kind::momentum_ignition_down:
      return ignitions_[1].active();
    case kind::spoofing_bid:
    case kind::layering_bid:
      return layers_[0].active();
    case kind::spoofing_ask:
    case kind::layering_ask:
      return layers_[1].active();
    case kind::liquidity_pull_up:
      return pulls_[0].active();
    case kind::liquidity_pull_down:
      return pulls_[1].active();
    case kind::absorption_up:
      return absorptions_[0].active();
    case kind::absorption_down:
      return absorptions_[1].active();
    case kind::quote_stuffing_bid:
      return stuffing_[0].active();
    case kind::quote_stuffing_ask:
      return stuffing_[1].active();
    case kind::wash_trading:
      return wash_.active();
  }
  return false;
}

assessment machines::assess(kind k, const market& m, const support& by) const noexcept {
  switch (k) {
    case kind::stop_hunt_high:
      return hunts_[0].assess(m);
    case kind::stop_hunt_low:
      return hunts_[1].assess(m);
    case kind::liquidity_grab_high:
      return hunts_[0].assess_grab(m);
    case kind::liquidity_grab_low:
      return hunts_[1].assess_grab(m);
    case kind::half_liquidity_grab_high:
      return half_grabs_[0].assess(m);
    case kind::half_liquidity_grab_low:
      return half_grabs_[1].assess(m);
    case kind::bull_trap:
      return traps_[0].assess(m);
    case kind::bear_trap:
      return traps_[1].assess(m);
    case kind::fake_pump:
      return impulses_[0].assess_fake(m, by.spoofed[0]);
    case kind::fake_dump:
      return impulses_[1].assess_fake(m, by.spoofed[1]);
    case kind::pump:
      return impulses_[0].assess_move(m);
    case kind::dump:
      return impulses_[1].assess_move(m);
    case kind::momentum_ignition_up:
      return ignitions_[0].assess(m, by.pulled[0]);
    case kind::momentum_ignition_down:
      return ignitions_[1].assess(m, by.pulled[1]);
    case kind::spoofing_bid:
      return layers_[0].assess_spoofing(m);
    case kind::spoofing_ask:
      return layers_[1].assess_spoofing(m);
    case kind::layering_bid:
      return layers_[0].assess_layering(m);
    case kind::layering_ask:
      return layers_[1].assess_layering(m);
    case kind::liquidity_pull_up:
      return pulls_[0].assess(m);
    case kind::liquidity_pull_down:
      return pulls_[1].assess(m);
    case kind::absorption_up:
      return absorptions_[0].assess(m);
    case kind::absorption_down:
      return absorptions_[1].assess(m);
    case kind::quote_stuffing_bid:
      return stuffing_[0].assess(m);
    case kind::quote_stuffing_ask:
      return stuffing_[1].assess(m);
    case kind::wash_trading:
      return wash_.assess(m);
  }
  return {};
}

void machines::forget(kind k) noexcept {
  fed_ = by_all;
  switch (k) {
    case kind::stop_hunt_high:
      return hunts_[0].reset();
    case kind::stop_hunt_low:
      return hunts_[1].reset();
    case kind::half_liquidity_grab_high:
      return half_grabs_[0].reset();
    case kind::half_liquidity_grab_low:
      return half_grabs_[1].reset();
    case kind::bull_trap:
      return traps_[0].reset();
    case kind::bear_trap:
      return traps_[1].reset();
    case kind::fake_pump:
      return impulses_[0].reset();
    case kind::fake_dump:
      return impulses_[1].reset();
    case kind::momentum_ignition_up:
      return ignitions_[0].reset();
    case kind::momentum_ignition_down:
      return ignitions_[1].reset();
    case kind::spoofing_bid:
      return layers_[0].forget_spoofing();
    case kind::spoofing_ask:
      return layers_[1].forget_spoofing();
    case kind::layering_bid:
      return layers_[0].forget_layering();
    case kind::layering_ask:
      return layers_[1].forget_layering();
    case kind::liquidity_pull_up:
      return pulls_[0].reset();
    case kind::liquidity_pull_down:
      return pulls_[1].reset();
    // The machine of the hunt, or of the impulse, goes on: its own class is still open.
    case kind::liquidity_grab_high:
    case kind::liquidity_grab_low:
    case kind::pump:
    case kind::dump:
    // These last as long as what they see.
    case kind::quote_stuffing_bid:
    case kind::quote_stuffing_ask:
    case kind::absorption_up:
    case kind::absorption_down:
    case kind::wash_trading:
      return;
  }
}

std::uint32_t machines::take_changed() noexcept {
  std::uint32_t out = 0;
  const auto look = [&out](auto& machine, kind a, kind b) {
    if (machine.take_changed()) out |= 1u << index(a) | 1u << index(b);
  };
  const fed by = std::exchange(fed_, none);
  if (by == none) return out;
  look(layers_[0], kind::spoofing_bid, kind::layering_bid);
  look(layers_[1], kind::spoofing_ask, kind::layering_ask);
  look(pulls_[0], kind::liquidity_pull_up, kind::liquidity_pull_up);
  look(pulls_[1], kind::liquidity_pull_down, kind::liquidity_pull_down);
  look(absorptions_[0], kind::absorption_up, kind::absorption_up);
  look(absorptions_[1], kind::absorption_down, kind::absorption_down);
  if (by == by_book) return out;
  look(hunts_[0], kind::stop_hunt_high, kind::liquidity_grab_high);
  look(hunts_[1], kind::stop_hunt_low, kind::liquidity_grab_low);
  look(half_grabs_[0], kind::half_liquidity_grab_high, kind::half_liquidity_grab_high);
  look(half_grabs_[1], kind::half_liquidity_grab_low, kind::half_liquidity_grab_low);
  look(traps_[0], kind::bull_trap, kind::bull_trap);
  look(traps_[1], kind::bear_trap, kind::bear_trap);
  look(impulses_[0], kind::pump, kind::fake_pump);
  look(impulses_[1], kind::dump, kind::fake_dump);
  look(ignitions_[0], kind::momentum_ignition_up, kind::momentum_ignition_up);
  look(ignitions_[1], kind::momentum_ignition_down, kind::momentum_ignition_down);
  look(wash_, kind::wash_trading, kind::wash_trading);
  if (by == by_trade) return out;
  look(stuffing_[0], kind::quote_stuffing_bid, kind::quote_stuffing_bid);
  look(stuffing_[1], kind::quote_stuffing_ask, kind::quote_stuffing_ask);
  return out;
}

std::int64_t refractory(kind k, const settings& s) noexcept {
  switch (k) {
    case kind::stop_hunt_high:
    case kind::stop_hunt_low:
    case kind::liquidity_grab_high:
    case kind::liquidity_grab_low:
    case kind::half_liquidity_grab_high:
    case kind::half_liquidity_grab_low:
      return s.stop_hunt.refractory;
    case kind::bull_trap:
    case kind::bear_trap:
      return s.range_trap.refractory;
    case kind::fake_pump:
    case kind::fake_dump:
    case kind::pump:
    case kind::dump:
      return s.impulse.refractory;
    case kind::spoofing_bid:
    case kind::spoofing_ask:
    case kind::layering_bid:
    case kind::layering_ask:
      return s.spoofing.refractory;
    case kind::momentum_ignition_up:
    case kind::momentum_ignition_down:
      return s.ignition.refractory;
    case kind::liquidity_pull_up:
    case kind::liquidity_pull_down:
      return s.pull.refractory;
    case kind::quote_stuffing_bid:
    case kind::quote_stuffing_ask:
      return s.stuffing.refractory;
    case kind::absorption_up:
    case kind::absorption_down:
    case kind::wash_trading:
      return 0;
  }
  return 0;
}

}  // namespace trapline::trap
