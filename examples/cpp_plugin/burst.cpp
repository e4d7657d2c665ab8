#include "burst.hpp"

#include <algorithm>

namespace volume_burst {

detector::detector(const settings& s) : settings_(s), slot_ns_(std::max<std::int64_t>(s.window / slots_per_window, 1)) {
  const auto baseline_slots = std::max<std::int64_t>(s.baseline / slot_ns_, slots_per_window);
  slots_.resize(static_cast<std::size_t>(slots_per_window + baseline_slots));
}

detector::slot& detector::at(std::int64_t number) {
  const auto n = static_cast<std::int64_t>(slots_.size());
  return slots_[static_cast<std::size_t>((number % n + n) % n)];
}

void detector::reset() {
  std::fill(slots_.begin(), slots_.end(), slot{});
  window_ = {};
  baseline_volume_ = 0;
  started_ = bursting_ = false;
  now_ = {};
}

void detector::add(std::int64_t ts, double price, double size, taker side) {
  const std::int64_t number = ts / slot_ns_;
  if (started_ && newest_ - number > static_cast<std::int64_t>(slots_.size())) reset();
  if (!started_) {
    started_ = true;
    newest_ = first_ = number;
  }
  if (number > newest_) move_to(number);

  slot& s = at(newest_);
  if (s.trades == 0) s.first_price = price;
  ++s.trades;
  s.volume += size;
  if (side == taker::buy) s.bought += size;
  if (side == taker::sell) s.sold += size;
  measure(price);
  judge(ts);
}

// Sums are made anew from the slots, not carried on, so that rounding errors cannot pile up.
void detector::move_to(std::int64_t number) {
  const auto all = static_cast<std::int64_t>(slots_.size());
  for (std::int64_t n = std::max(newest_ + 1, number - all + 1); n <= number; ++n) at(n) = {};
  newest_ = number;
  window_ = {};
  baseline_volume_ = 0;
  for (std::int64_t n = number - all + 1; n < number; ++n) {
    const slot& s = at(n);
    if (n <= number - slots_per_window) {
      baseline_volume_ += s.volume;
      continue;
    }
    if (window_.trades == 0) window_.first_price = s.first_price;
    window_.trades += s.trades;
    window_.volume += s.volume;
    window_.bought += s.bought;
    window_.sold += s.sold;
  }
}

void detector::measure(double last_price) {
  const slot& newest = at(newest_);
  const double windows =
      static_cast<double>(static_cast<std::int64_t>(slots_.size()) - slots_per_window) / slots_per_window;
  const double expected = baseline_volume_ / windows;
  const double volume = window_.volume + newest.volume;
  const double bought = window_.bought + newest.bought, sold = window_.sold + newest.sold;
  const double first_price = window_.trades > 0 ? window_.first_price : newest.first_price;
  now_.warm = expected > 0 && newest_ - first_ >= static_cast<std::int64_t>(slots_.size());
  now_.ratio = expected > 0 ? volume / expected : 0;
  now_.up = bought >= sold;
  now_.share = volume > 0 ? std::max(bought, sold) / volume : 0;
  now_.move_bp = (last_price / first_price - 1) * 1e4;
  now_.trades = window_.trades + newest.trades;
}

void detector::judge(std::int64_t ts) {
  if (bursting_) {
    bursting_ = now_.ratio >= settings_.ratio / 2;
    return;
  }
  const double moved = now_.up ? now_.move_bp : -now_.move_bp;
  bursting_ = now_.warm && now_.trades >= settings_.trades && now_.ratio >= settings_.ratio &&
              now_.share >= settings_.share && moved >= settings_.move_bp;
  if (bursting_) onset_ = ts;
}

}  // namespace volume_burst
