#include "candle/bar_detector.hpp"

#include <algorithm>
#include <cmath>

#include "trapline/sdk/decimal.hpp"

namespace trapline::trap {

// ---------------------------------------------------------------- sweeps

void bar_sweep::on_bar(const bar& b, const bar_scale& scale, std::span<const price_level> levels,
                       const settings& s) noexcept {
  newest_ = b.start + minute;
  const double outer = s_ > 0 ? b.high : b.low;
  if (at_ == state::two || at_ == state::confirmed) end();  // told with the last bar
  if (at_ == state::idle) {
    for (const auto& l : levels) {
      const double beyond = s_ * std::log(outer / l.price) / scale.sigma;
      const bool stronger = at_ == state::idle || l.strength >= level_.strength;
      if (beyond < s.stop_hunt.breach_sigma || beyond > s.stop_hunt.breach_max_sigma || !stronger) continue;
      at_ = state::one;
      level_ = l;
      onset_ = b.start;
      closes_ = 0;
      extreme_ = outer;
      volume_ = scale.vbar > 0 ? b.volume / scale.vbar : 0.0;
    }
    if (at_ == state::idle) return;
  }
  if (s_ * (outer - extreme_) > 0) extreme_ = outer;
  overshoot_ = std::abs(std::log(extreme_ / level_.price)) / scale.sigma;
  if (overshoot_ > s.range_trap.follow_through_max * std::sqrt(5.0)) return end();  // a genuine break
  if (s_ * (b.close - level_.price) > 0) {
    if (++closes_ >= s.range_trap.acceptance_closes) at_ = state::three;
    if (newest_ - onset_ > s.range_trap.within) end();
    return;
  }
  back_ = newest_;
  if (at_ == state::three) at_ = state::confirmed;
  else at_ = newest_ - onset_ <= s.stop_hunt.reclaim_within ? state::two : state::idle;
}

assessment bar_sweep::base() const noexcept {
  assessment a;
  a.active = true;
  a.level = level_.price;
  a.displacement = overshoot_;
  a.volume = volume_;
  a.onset = onset_;
  a.last = back_;
  a.observability = TRAPLINE_OBSERVABILITY_LOW;
  return a;
}

assessment bar_sweep::assess_hunt() const noexcept {
  if (at_ != state::one && at_ != state::two) return {};
  assessment a = base();
  score e(prior(s_ > 0 ? kind::stop_hunt_high : kind::stop_hunt_low, at_));
  e.note(item::overshoot_sigma, overshoot_);
  e.note(item::burst_ratio, volume_);
  e.note(item::level_strength, level_.strength);
  if (at_ == state::two) e.note(item::reclaim_s, static_cast<double>(back_ - onset_) * 1e-9);
  a.evidence = e;
  a.confirmed = at_ == state::two;
  return a;
}

assessment bar_sweep::assess_trap() const noexcept {
  if (at_ != state::three && at_ != state::confirmed) return {};
  assessment a = base();
  score e(prior(s_ > 0 ? kind::bull_trap : kind::bear_trap, at_ == state::three ? state::two : at_));
  e.note(item::overshoot_sigma, overshoot_);
  e.note(item::burst_ratio, volume_);
  e.note(item::level_strength, level_.strength);
  a.evidence = e;
  a.confirmed = at_ == state::confirmed;
  return a;
}

// ---------------------------------------------------------------- impulses

void bar_impulse::on_bar(const bar& b, const bar_scale& scale, const std::array<bar, 4>& newest,
                         const settings& s) noexcept {
  const std::int64_t now = b.start + minute;
  if (at_ == state::confirmed) at_ = state::idle;  // told with the last bar
  if (at_ == state::idle) {
    // From the nearest of the last three closes that makes it large enough: the youngest onset.
    for (std::size_t ago = 1; ago < newest.size(); ++ago) {
      const bar& from = newest[ago];
      if (from.close <= 0 || now - from.start > 5 * minute) break;
      const double sigmas = s_ * std::log(b.close / from.close) / scale.sigma;
      if (sigmas < s.impulse.return_sigma) continue;
      at_ = state::one;
      start_ = from.close;
      extreme_ = s_ > 0 ? b.high : b.low;
      sigmas_ = sigmas;
      volume_ = scale.vbar > 0 ? b.volume / scale.vbar : 0.0;
      retraced_ = 0;
      onset_ = from.start + minute;
      extreme_at_ = now;
      return;
    }
    return;
  }
  const double outer = s_ > 0 ? b.high : b.low;
  if (s_ * (outer - extreme_) > 0) extreme_ = outer, extreme_at_ = now;
  const double way = s_ * (extreme_ - start_);
  retraced_ = way > 0 ? s_ * (extreme_ - b.close) / way : 0.0;
  if (retraced_ >= s.impulse.retrace) {
    at_ = state::confirmed;
    back_ = now;
  } else if (now - extreme_at_ > s.impulse.retrace_within || now - onset_ > s.impulse.expire) {
    at_ = state::idle;
  } else {
    at_ = retraced_ >= s.impulse.retrace / 2 ? state::three : state::one;
  }
}

assessment bar_impulse::base() const noexcept {
  assessment a;
  a.active = true;
  a.displacement = sigmas_;
  a.volume = volume_;
  a.onset = onset_;
  a.last = back_;
  a.observability = TRAPLINE_OBSERVABILITY_REDUCED;
  return a;
}

assessment bar_impulse::assess_move() const noexcept {
  if (at_ != state::one) return {};
  assessment a = base();
  score e(prior(s_ > 0 ? kind::pump : kind::dump, state::one));
  e.note(item::return_sigma, sigmas_);
  e.note(item::burst_ratio, volume_);
  a.evidence = e;
  return a;
}

assessment bar_impulse::assess_fake() const noexcept {
  if (at_ == state::idle) return {};
  assessment a = base();
  score e(prior(s_ > 0 ? kind::fake_pump : kind::fake_dump, at_));
  e.note(item::return_sigma, sigmas_);
  e.note(item::burst_ratio, volume_);
  e.note(item::retrace_share, retraced_);
  a.evidence = e;
  a.confirmed = at_ == state::confirmed;
  return a;
}

// ---------------------------------------------------------------- one symbol

bar_symbol::bar_symbol(const settings& s, std::uint32_t instrument, std::string_view name, sink& out)
    : settings_(s), reporter_("trap_detector_candle", instrument, name, out), levels_(s.levels) {
  for (std::size_t i = 0; i < kind_count; ++i)
    watched_[i] = static_cast<kind>(i) < kind::spoofing_bid && s.watches(kinds[i].pattern);
}

void bar_symbol::on_trade(const trapline_event& e, const trapline_trade& t) noexcept {
  const double price = sdk::to_double(t.price, t.price_exp), size = sdk::to_double(t.size, t.size_exp);
  if (candles_ || !(price > 0) || !(size > 0) || e.ts_event <= 0 || e.ts_event > latest_time) return;
  if (!exp_seen_ || t.price_exp < price_exp_) price_exp_ = t.price_exp, exp_seen_ = true;
  const std::int64_t start = e.ts_event - e.ts_event % minute;
  if (start < running_.start) return;
  if (start > running_.start) {
    if (running_.start != 0) on_bar(running_);
    running_ = {start, price, price, price, price, size};
    return;
  }
  running_.high = std::max(running_.high, price);
  running_.low = std::min(running_.low, price);
  running_.close = price;
  running_.volume += size;
}

void bar_symbol::on_candle(const trapline_event&, const trapline_candle& c) noexcept {
  if (c.interval_ns != minute || !c.closed || c.start_ts <= 0 || c.start_ts > latest_time) return;
  const auto price = [&](std::int64_t v) { return sdk::to_double(v, c.price_exp); };
  const bar b{c.start_ts,   price(c.open),  price(c.high),
              price(c.low), price(c.close), sdk::to_double(c.volume, c.size_exp)};
  if (!(b.low > 0) || !(b.open >= b.low) || !(b.close >= b.low) || !(b.high >= b.open) || !(b.high >= b.close)) return;
  if (!(b.volume >= 0)) return;
  candles_ = true;
  if (!exp_seen_ || c.price_exp < price_exp_) price_exp_ = c.price_exp, exp_seen_ = true;
  on_bar(b);
}

void bar_symbol::on_bar(const bar& b) noexcept {
  if (b.start <= newest_[0].start) return;
  const bar before = newest_[0];
  const bool follows = before.start != 0 && b.start - before.start <= 60 * minute;
  // One step of the price is the least that can be told apart.
  const double step_size = sdk::to_double(1, price_exp_) / b.close;
  const bar_scale scale{std::max(std::sqrt(squares_.mean()), squares_.weight() > 0 ? step_size : 0.0), volume_.mean()};
  now_ = b.start + minute;
  std::move_backward(newest_.begin(), newest_.end() - 1, newest_.end());
  newest_[0] = b;
  if (!warming() && follows && scale.sigma > 0) {
    levels_.watch(before.close);
    for (std::size_t i = 0; i < 2; ++i) {
      sweeps_[i].on_bar(b, scale, levels_.side(i == 0 ? 1 : -1), settings_);
      impulses_[i].on_bar(b, scale, newest_, settings_);
      const auto pick = [i](kind high, kind low) { return i == 0 ? high : low; };
      track(pick(kind::stop_hunt_high, kind::stop_hunt_low), sweeps_[i].assess_hunt(), settings_.stop_hunt.refractory);
      track(pick(kind::bull_trap, kind::bear_trap), sweeps_[i].assess_trap(), settings_.range_trap.refractory);
      track(pick(kind::pump, kind::dump), impulses_[i].assess_move(), settings_.impulse.refractory);
      track(pick(kind::fake_pump, kind::fake_dump), impulses_[i].assess_fake(), settings_.impulse.refractory);
    }
  }
  if (follows) {
    const double r = std::log(b.close / before.close);
    squares_.add(r * r);
  }
  volume_.add(b.volume);
  ++bars_;
  levels_.on_candle({b.start, b.open, b.high, b.low, b.close}, now_, scale.sigma * b.close);
  if (now_ >= next_report_) {
    next_report_ = (now_ / settings_.report_every + 1) * settings_.report_every;
    reporter_.matrix(trackers_, watched_, warming(), now_, price_exp_);
  }
}

void bar_symbol::track(kind k, const assessment& a, std::int64_t refractory) noexcept {
  if (!watched_[index(k)]) return;
  tracker& t = trackers_[index(k)];
  if (!a.active && !t.active()) return;
  const auto news = t.step(k, a, now_, settings_, refractory);
  if (news.stage != TRAPLINE_STAGE_NONE) reporter_.signal(k, news.stage, t, now_, price_exp_);
}

// ---------------------------------------------------------------- all symbols

bar_symbol* bar_detector::get(std::uint32_t instrument) {
  const auto at = symbols_.find(instrument);
  if (at != symbols_.end()) return at->second.get();
  if (symbols_.size() >= static_cast<std::size_t>(settings_.max_symbols)) return nullptr;
  auto fresh = std::make_unique<bar_symbol>(settings_, instrument, sink_.symbol(instrument), sink_);
  return symbols_.emplace(instrument, std::move(fresh)).first->second.get();
}

bool bar_detector::on_trade(const trapline_event& e, const trapline_trade& t) {
  bar_symbol* s = get(e.instrument);
  if (s) s->on_trade(e, t);
  return s != nullptr;
}
bool bar_detector::on_candle(const trapline_event& e, const trapline_candle& c) {
  bar_symbol* s = get(e.instrument);
  if (s) s->on_candle(e, c);
  return s != nullptr;
}

}  // namespace trapline::trap
