#include "patterns/wash.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace trapline::trap {

namespace {
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
// log10(1 + 1/d)
constexpr std::array<double, 10> benford_share{0,
                                               .30102999566398120,
                                               .17609125905568124,
                                               .12493873660829995,
                                               .09691001300805641,
                                               .07918124604762482,
                                               .06694678963061322,
                                               .05799194697768673,
                                               .05115252244738129,
                                               .04575749056067513};
// Looks at a market's own habits that a baseline needs: one a minute.
constexpr double least_baseline = 60;
}  // namespace

void wash_index::count(const entry& e, int by) noexcept {
  digits_[e.digit] += by;
  bins_[e.bin] += by;
  round_ += e.round ? by : 0;
  paired_ += e.paired ? by : 0;
  control_ += e.control ? by : 0;
}

void wash_index::on_trade(const market& m, const trade_tick& t, std::int64_t lots) noexcept {
  entry e;
  e.lots = lots;
  e.side = static_cast<std::int8_t>(t.side);
  bool tail = false;
  std::int64_t rest = lots;
  while (rest >= 10) {
    tail = tail || rest % 10 != 0;
    rest /= 10;
  }
  e.digit = static_cast<std::uint8_t>(rest);
  e.round = !tail && lots >= 10;
  // The exponent and one bit of the mantissa of a double are a logarithm in half octaves.
  const std::uint64_t halves = std::bit_cast<std::uint64_t>(static_cast<double>(lots)) >> 51;
  e.bin = static_cast<std::uint8_t>(std::min<std::uint64_t>(halves - (1023u << 1), 63));
  if (seen_ > 0) {
    const entry& before = ring_[(seen_ - 1) % window];
    e.paired = before.lots == lots && before.side == -t.side && t.side != 0 && t.ts - last_ts_ <= second &&
               std::abs(t.price - last_price_) <= m.tick() * 1.000001;
  }
  if (seen_ >= lag) {
    const entry& far = ring_[(seen_ - lag) % window];
    e.control = far.lots == lots && far.side == -t.side && t.side != 0;
  }
  last_ts_ = t.ts;
  last_price_ = t.price;
  entry& slot = ring_[seen_ % window];
  if (seen_ >= window) count(slot, -1);
  slot = e;
  count(e, 1);
  if (++seen_ >= window && seen_ % every == 0) look(m);
}

// Distance from Benford's law: sqrt(chi-square) of the first digits.
double wash_index::benford() const noexcept {
  double chi = 0;
  for (std::size_t d = 1; d < digits_.size(); ++d) {
    const double expected = benford_share[d] * window, off = digits_[d] - expected;
    chi += off * off / expected;
  }
  return std::sqrt(chi);
}

// Hill's estimator over the largest tenth of the sizes, from bins of half an octave. 0: too few distinct sizes.
double wash_index::tail() const noexcept {
  constexpr double half_octave = 0.34657359027997264;  // ln(2) / 2
  std::int32_t above = 0;
  std::size_t from = bins_.size();
  while (from > 0 && above < static_cast<std::int32_t>(window / 10)) above += bins_[--from];
  double sum = 0;
  for (std::size_t i = from; i < bins_.size(); ++i)
    sum += bins_[i] * (static_cast<double>(i - from) + 0.5) * half_octave;
  return sum > 0 ? above / sum : 0.0;
}

void wash_index::look(const market& m) noexcept {
  const std::int64_t now = m.now() / minute;
  const bool sample = now != last_minute_;
  last_minute_ = now;
  const auto judge = [&](against& a, double x, double floor) {
    const double deviation = std::max(a.usual.stddev(), floor);
    a.z = a.usual.weight() >= least_baseline ? (x - a.usual.mean()) / deviation : unknown;
    if (sample) a.usual.add(x);
  };
  judge(benford_, benford(), 0.5);
  judge(round_share_, static_cast<double>(round_) / window, 0.01);
  const double exponent = tail();
  // Natural sizes have an exponent between 1 and 2: only what lies outside counts.
  judge(tail_, exponent > 0 ? std::max({1 - exponent, exponent - 2, 0.0}) : 0.0, 0.05);
  // Both counts are near to Poisson; one is what the other would be by chance.
  alternation_z_ = (paired_ - control_) / std::sqrt(static_cast<double>(paired_ + control_) + 1);

  const bool shows = alternation_z_ >= settings_.z || benford_.z >= settings_.z || round_share_.z >= settings_.z ||
                     tail_.z >= settings_.z;
  if (shows && !active_) since_ = m.now();
  changed_ = changed_ || shows != active_;
  active_ = shows;
}

assessment wash_index::assess(const market& m) const noexcept {
  assessment out;
  if (!active_) return out;
  score e(prior(kind::wash_trading, state::one));
  e.add(item::alternation_z, alternation_z_);
  e.add(item::benford_z, benford_.z);
  e.add(item::round_size_z, round_share_.z);
  e.add(item::tail_z, tail_.z);
  out.evidence = e;
  out.active = true;
  out.onset = since_;
  out.last = m.now();
  out.volume = static_cast<double>(paired_) / window * 100;
  if (!m.trades_complete()) out.observability = TRAPLINE_OBSERVABILITY_REDUCED;
  return out;
}

}  // namespace trapline::trap
