#include "patterns/absorption.hpp"

#include <algorithm>
#include <limits>

namespace trapline::trap {

namespace {
// A refill brings back at least this share of what was hit.
constexpr double refill_share = 0.5;
}  // namespace

void absorption_watch::reset() noexcept {
  prices_ = {};
  watched_ = {};
  used_ = 0;
  pending_ = false;
  changed_ = changed_ || leading_ >= 0;
  leading_ = -1;
}

std::size_t absorption_watch::find(double price) const noexcept {
  std::size_t i = 0;
  while (i < capacity && prices_[i] != price) ++i;
  return i;
}

void absorption_watch::on_trade(const market& m, const trade_tick& t) noexcept {
  if (t.side != s_ || !m.book_valid()) return;
  std::size_t i = used_ > 0 ? find(t.price) : capacity;
  if (i == capacity) {
    // What the book displays now is what stood there before, or after, this trade: at most one message old.
    const double size = m.book().size_at(side_, t.price);
    if (!(size > 0)) return;
    i = 0;
    for (std::size_t k = 0; k < capacity; ++k)
      if (prices_[k] == 0 || (prices_[i] != 0 && watched_[k].last_trade < watched_[i].last_trade)) i = k;
    if (prices_[i] == 0) ++used_;
    if (leading_ == static_cast<int>(i)) {
      leading_ = -1;
      changed_ = true;
    }
    prices_[i] = t.price;
    since_[i] = m.now();
    watched_[i] = {};
    watched_[i].size = watched_[i].displayed = size;
  }
  watched& w = watched_[i];
  const double known = std::min(w.credit, t.size);
  w.credit -= known;
  w.pending += t.size - known;
  w.traded += t.size;
  w.last_trade = m.now();
  pending_ = true;
}

void absorption_watch::on_book(const market& m) noexcept {
  if (!pending_) return;
  pending_ = false;
  for (std::size_t i = 0; i < capacity; ++i) {
    if (prices_[i] == 0) continue;
    watched& w = watched_[i];
    const double size = m.book().size_at(side_, prices_[i]);
    const double left = std::max(0.0, w.size - w.pending);
    const double refilled = size - left;
    if (w.pending > 0 && refilled >= refill_share * std::min(w.pending, w.size)) {
      const double after = static_cast<double>(m.now() - w.last_trade);
      if (after <= static_cast<double>(settings_.refill_within)) {
        ++w.refills;
        w.refill_s += after * 1e-9;
      }
    }
    // Credit is good for one message.
    w.credit = std::max(0.0, left - size);
    w.pending = 0;
    w.size = size;
    w.displayed = std::max(w.displayed, size);
    // Sizes of a level that nobody trades are followed too, while another one is.
    if (w.last_trade != 0 && size > 0) pending_ = pending_ || m.now() - w.last_trade <= settings_.refill_within;
  }
  choose(m);
}

bool absorption_watch::enough(const watched& w, const market& m) const noexcept {
  return w.displayed > 0 && w.traded >= settings_.traded_displayed * w.displayed && w.refills >= settings_.refills &&
         w.traded >= settings_.depth_share * m.d10();
}

void absorption_watch::choose(const market& m) noexcept {
  int best = -1;
  for (int i = 0; i < static_cast<int>(capacity); ++i) {
    const watched& w = watched_[static_cast<std::size_t>(i)];
    if (prices_[static_cast<std::size_t>(i)] == 0 || !(m.d10() > 0) || !enough(w, m)) continue;
    if (best < 0 || w.traded > watched_[static_cast<std::size_t>(best)].traded) best = i;
  }
  if (best == leading_) return;
  // One episode at a time: another price takes over only when this one is through.
  if (leading_ >= 0 && best >= 0) return;
  leading_ = best;
  changed_ = true;
}

void absorption_watch::on_second(const market& m) noexcept {
  if (used_ == 0) return;
  for (std::size_t i = 0; i < capacity; ++i) {
    if (prices_[i] == 0) continue;
    // Through = the price stands beyond it.
    const bool through = m.mid() > 0 && s_ * (m.mid() - prices_[i]) > 0;
    if (!through && m.now() - watched_[i].last_trade <= settings_.idle) continue;
    prices_[i] = 0;
    --used_;
    if (leading_ == static_cast<int>(i)) {
      leading_ = -1;
      changed_ = true;
    }
  }
  choose(m);
}

assessment absorption_watch::assess(const market& m) const noexcept {
  assessment out;
  if (leading_ < 0) return out;
  const auto i = static_cast<std::size_t>(leading_);
  const watched& w = watched_[i];
  score e(prior(s_ > 0 ? kind::absorption_up : kind::absorption_down, state::two));
  e.add(item::absorbed_ratio, w.traded / w.displayed);
  e.add(item::refill_count, w.refills);
  e.add(item::refill_s, w.refill_s / w.refills);
  e.add(item::advance_sig60, m.sig60_price() > 0 ? s_ * (m.price() - prices_[i]) / m.sig60_price()
                                                 : std::numeric_limits<double>::quiet_NaN());
  out.evidence = e;
  out.active = true;
  out.level = prices_[i];
  out.volume = m.d10() > 0 ? w.traded / m.d10() : 0.0;
  out.displacement = out.volume;
  out.onset = since_[i];
  out.last = w.last_trade;
  if (m.book_interval_s() * 1e9 > static_cast<double>(settings_.refill_within))
    out.observability = TRAPLINE_OBSERVABILITY_LOW;
  return out;
}

}  // namespace trapline::trap
