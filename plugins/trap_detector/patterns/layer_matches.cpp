// The matches of a side: how usual they are, how often they repeat, and what that says.
#include <algorithm>
#include <cmath>
#include <limits>

#include "patterns/layers.hpp"

namespace trapline::trap {

namespace {
constexpr double ratio_cap = 1000;
}  // namespace

void layer_watch::follow(const market& m, ring<matches_kept>& matches) noexcept {
  if (!(m.mid() > 0)) return;
  const double s = side_ == book_side::bid ? 1 : -1;
  for (std::size_t i = 0; i < matches.held; ++i) {
    layer_match& x = matches.at(i);
    if (x.scored) continue;
    const double way = s * (x.mid_withdrawn - x.mid_posted);
    if (way > 0) x.rev = std::max(x.rev, s * (x.mid_withdrawn - m.mid()) / way);
  }
}

void layer_watch::close(std::int64_t ts, double bp, bool matched) noexcept {
  closings_[next_closing_] = {ts, bp, matched};
  next_closing_ = (next_closing_ + 1) % closings_.size();
}

void layer_watch::count(layer_match& x, bool spoof) noexcept {
  x.counted = true;
  const double life = static_cast<double>(x.withdrawn - x.posted) * 1e-9;
  (spoof ? usual_spoofs_ : usual_layerings_).add(x.withdrawn, x.depth_share, life, x.bp);
}

// What raised an alarm is in the census, too: of a false one it is what has to be learned.
void layer_watch::forget(ring<matches_kept>& matches) noexcept {
  for (std::size_t i = 0; i < matches.held; ++i)
    if (!matches.at(i).counted) count(matches.at(i), &matches == &spoofs_);
  matches = {};
}

void layer_watch::push(const market& m, layer_match x, bool spoof) noexcept {
  auto& matches = spoof ? spoofs_ : layerings_;
  if (matches.held == matches_kept && !matches.at(matches_kept - 1).counted) count(matches.at(matches_kept - 1), spoof);
  const double life = static_cast<double>(x.withdrawn - x.posted) * 1e-9;
  x.expected = (spoof ? usual_spoofs_ : usual_layerings_).expected(m.now(), spoof_.window, x.depth_share, life, x.bp);
  matches.push(x);
  changed_ = true;
  const std::int64_t due = x.withdrawn + spoof_.rev_window;
  next_deadline_ = next_deadline_ == 0 ? due : std::min(next_deadline_, due);
}

std::uint8_t layer_watch::observability(const market& m) const noexcept {
  if (!m.book_valid() || !m.trades_complete()) return TRAPLINE_OBSERVABILITY_REDUCED;
  // Below one and a half updates a layer cannot be seen standing.
  return 1.5 * m.book_interval_s() > static_cast<double>(spoof_.life_min) * 1e-9 ? TRAPLINE_OBSERVABILITY_LOW
                                                                                 : TRAPLINE_OBSERVABILITY_FULL;
}

layer_watch::repetition layer_watch::most_repeated(const market& m, const ring<matches_kept>& matches) const noexcept {
  repetition best;
  for (std::size_t i = 0; i < matches.held; ++i) {
    const layer_match& centre = matches.at(i);
    if (m.now() - centre.withdrawn > spoof_.window) continue;
    int n = 0;
    for (std::size_t k = 0; k < matches.held; ++k)
      n += m.now() - matches.at(k).withdrawn <= spoof_.window && at_one_distance(matches.at(k).bp, centre.bp);
    if (n > best.count) best = {n, centre.bp};
  }
  return best;
}

// Of the large layers that were closed at about this distance in the window.
double layer_watch::matched_share(const market& m, double bp) const noexcept {
  int closed = 0, matched = 0;
  for (const auto& c : closings_)
    if (c.ts != 0 && m.now() - c.ts <= spoof_.window && at_one_distance(c.bp, bp)) {
      ++closed;
      matched += c.matched;
    }
  return closed > 0 ? static_cast<double>(matched) / closed : 1.0;
}

assessment layer_watch::assess(const market& m, const ring<matches_kept>& matches, kind k) const noexcept {
  assessment out;
  const auto [n, bp] = most_repeated(m, matches);
  if (n == 0) return out;

  const bool ladders = &matches == &layerings_;
  double fpm = 0, rev = 0, ratio = 0, share = 0, life = 0, cv = 0, levels = 0, expected = 0;
  int scored = 0;
  const layer_match* newest = nullptr;
  const layer_match* oldest = nullptr;
  const layer_match* rarest = nullptr;
  for (std::size_t i = 0; i < matches.held; ++i) {
    const layer_match& x = matches.at(i);
    if (m.now() - x.withdrawn > spoof_.window || !at_one_distance(x.bp, bp)) continue;
    if (!newest) newest = &x;
    oldest = &x;
    if (!rarest || x.expected < rarest->expected) rarest = &x;
    fpm += x.fpm_bp / n;
    ratio += std::min(ratio_cap, x.filled > 0 ? (x.size - x.filled) / x.filled : ratio_cap) / n;
    share += x.depth_share / n;
    life += static_cast<double>(x.withdrawn - x.posted) * 1e-9 / n;
    cv += x.size_cv / n;
    levels += static_cast<double>(x.count) / n;
    expected += x.expected / n;
    // Without a favourable move there is nothing to revert.
    if (x.scored && x.fpm_bp >= spoof_.fpm_bp) {
      rev += x.rev;
      ++scored;
    }
  }
  const double matched = ladders ? 1.0 : matched_share(m, bp);
  const double rarity = chance_log10(n, expected);

  const bool repeated =
      n >= spoof_.matches && matched > spoof_.matched_share && rarity >= -std::log10(spoof_.chance_max);
  const state at = repeated ? (newest->scored ? state::confirmed : state::three) : state::one;
  score e(ladders ? layering_.learned : spoof_.learned, k, at);
  e.add(item::match_count, n);
  if (n >= spoof_.matches) e.add(item::chance_log10, rarity);
  if (!ladders) e.add(item::matched_share, matched);
  e.add(item::size_depth_share, share);
  e.add(item::life_s, life);
  e.add(item::withdrawn_filled, ratio);
  e.add(item::fpm_bp, fpm);
  e.add(item::rev_share, scored > 0 ? rev / scored : std::numeric_limits<double>::quiet_NaN());
  if (ladders) {
    e.add(item::layer_count, levels);
    e.add(item::size_cv, cv);
  }
  if (!repeated) e.cap(spoof_.cap_single);

  out.evidence = e;
  out.active = true;
  out.confirmed = at == state::confirmed;
  out.at = at;
  out.on = (ladders ? layering_.learned : spoof_.learned).on;
  out.held = !repeated;
  // Among them may be a stranger's, and least likely is it the one that is the least usual.
  out.level = rarest->price;
  out.displacement = m.sig60() > 0 ? std::abs(fpm) * 1e-4 / m.sig60() : 0.0;
  // Layers hardly move the price themselves: their weight in the book stands in for volume.
  out.volume = share * n * 10;
  out.onset = oldest->posted;
  out.last = newest->withdrawn;
  out.observability = observability(m);
  return out;
}

assessment layer_watch::assess_spoofing(const market& m) const noexcept {
  return assess(m, spoofs_, side_ == book_side::bid ? kind::spoofing_bid : kind::spoofing_ask);
}

assessment layer_watch::assess_layering(const market& m) const noexcept {
  return assess(m, layerings_, side_ == book_side::bid ? kind::layering_bid : kind::layering_ask);
}

}  // namespace trapline::trap
