#include "patterns/stuffing.hpp"

#include <algorithm>

namespace trapline::trap {

namespace {
// Seconds of history before a z says anything.
constexpr double least_history = 120;

// The floors keep an even stream of changes from turning one message more into a huge score.
double z(double x, const ew_moments& usual, double least_deviation) noexcept {
  if (usual.weight() < least_history) return 0;
  return (x - usual.mean()) / std::max({usual.stddev(), 0.1 * usual.mean(), least_deviation});
}
}  // namespace

void stuffing_watch::reset() noexcept {
  changes_ = flips_ = 0;
  ++epoch_;
  move(state::idle);
}

void stuffing_watch::on_second(const market& m, std::int64_t passed) noexcept {
  const double changes = changes_, flips = flips_, level = flipping_;
  changes_ = flips_ = 0;
  ++epoch_;
  if (!m.book_valid()) return move(state::idle);
  const double cz = z(changes, usual_changes_, 5), fz = z(flips, usual_flips_, 1);
  const bool over = passed == 1 && (cz >= settings_.z || fz >= settings_.z);
  // What is being judged does not make itself usual; what lasts for minutes does in the end.
  if (!over || m.now() - onset_ > minute) {
    usual_changes_.add(changes);
    usual_flips_.add(flips);
  }
  if (!over) return move(state::idle);
  if (at_ == state::idle) {
    onset_ = (m.now() / second - 1) * second;
    changes_z_ = flips_z_ = per_trade_ = flips_a_second_ = 0;
    move(state::one);
  }
  last_ = m.now();
  changes_z_ = std::max(changes_z_, cz);
  if (fz >= flips_z_) {
    flips_z_ = fz;
    flips_a_second_ = flips;
    level_ = level;
  }
  const double trades = std::max(1.0, static_cast<double>(m.bins().bin(1).trades));
  per_trade_ = std::max(per_trade_, changes / trades);
  if (m.now() - onset_ >= settings_.lasting) move(state::confirmed);
}

assessment stuffing_watch::assess(const market& m) const noexcept {
  assessment out;
  if (at_ == state::idle) return out;
  score e(prior(side_ == book_side::bid ? kind::quote_stuffing_bid : kind::quote_stuffing_ask, at_));
  e.add(item::changes_z, changes_z_);
  e.add(item::flips_z, flips_z_);
  e.add(item::changes_per_trade, per_trade_);
  if (at_ == state::one) e.cap(0.45);
  if (throttled(m)) {
    e.cap(settings_.cap_throttled);
    out.observability = TRAPLINE_OBSERVABILITY_LOW;
  }
  out.evidence = e;
  out.active = true;
  out.confirmed = at_ == state::confirmed;
  out.level = level_;
  out.volume = std::max(changes_z_, flips_z_);
  out.displacement = std::max(changes_z_, flips_z_) / settings_.z;
  out.onset = onset_;
  out.last = last_;
  return out;
}

}  // namespace trapline::trap
