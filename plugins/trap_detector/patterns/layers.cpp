#include "patterns/layers.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace trapline::trap {

namespace {
// Trades and book come over two channels: a trade may be told this much after the level fell.
constexpr std::int64_t skew = 300'000'000;
// A second look at a price within this time is the same order, moved.
constexpr std::int64_t same_moment = 300'000'000;
// Five in six of the large orders of the recorded BTC book are gone by then (detection.md 1.3).
constexpr std::int64_t blink = 250'000'000;
constexpr std::int64_t two_sided_within = 500'000'000;
constexpr double ratio_cap = 1000;

bool alike(double a, double b, double factor) noexcept { return a <= b * factor && b <= a * factor; }
}  // namespace

void layer_watch::reset() noexcept {
  count_ = 0;
  groups_ = {};
  spoofs_ = {};
  layerings_ = {};
  closings_ = {};
  next_deadline_ = 0;
  changed_ = true;
}

std::size_t layer_watch::find(double price) const noexcept {
  for (std::size_t i = 0; i < count_; ++i)
    if (prices_[i] == price) return i;
  return count_;
}

void layer_watch::erase(std::size_t i) noexcept {
  --count_;
  prices_[i] = prices_[count_];
  layers_[i] = layers_[count_];
}

void layer_watch::on_trade(const market& m, const trade_tick& t) noexcept {
  const sign hits_this_side = side_ == book_side::bid ? -1 : 1;
  if (t.side == -hits_this_side) {
    executions_ += t.size;
    last_execution_ = m.now();
  } else if (t.side == hits_this_side && count_ > 0) {
    if (const std::size_t i = find(t.price); i < count_) layers_[i].traded += t.size;
  }
}

void layer_watch::on_change(const market& m, double price, double before, double after) noexcept {
  const std::size_t i = count_ > 0 ? find(price) : count_;
  if (i == count_) {
    if (after > before) post(m, price, before, after);
    return;
  }
  layer& l = layers_[i];
  if (l.at == fate::withdrawn) {
    // The same price is filled again before the withdrawal was judged: it only blinked.
    if (after - l.base >= (1 - spoof_.withdrawn) * l.size) {
      l.at = fate::open;
      l.remaining = std::min(l.size, after - l.base);
    }
    return;
  }
  l.remaining = std::clamp(after - l.base, 0.0, l.size);
  if (l.remaining > (1 - spoof_.withdrawn) * l.size) return;
  l.at = fate::withdrawn;
  l.withdrawn = m.now();
  l.mid_withdrawn = m.mid();
  l.last_fill = executions_ > l.opposite_before ? last_execution_ : 0;
  const std::int64_t due = m.now() + skew;
  next_deadline_ = next_deadline_ == 0 ? due : std::min(next_deadline_, due);
}

void layer_watch::post(const market& m, double price, double before, double after) noexcept {
  const double size = after - before, d10 = m.d10();
  if (!(d10 > 0) || !(m.mid() > 0)) return;
  const bool large = size >= std::max(m.add_q999(), spoof_.depth_share * d10);
  if (!large && size < std::max(m.add_q99(), layering_.depth_share * d10)) return;
  const double bp = std::abs(price / m.mid() - 1) * 1e4;
  if (bp < spoof_.min_bp || bp > spoof_.max_bp) return;
  if (count_ == capacity) {
    // The oldest one gives way; it is the nearest to its own expiry.
    std::size_t oldest = 0;
    for (std::size_t k = 1; k < count_; ++k)
      if (layers_[k].posted < layers_[oldest].posted) oldest = k;
    erase(oldest);
  }
  prices_[count_] = price;
  layer& l = layers_[count_++];
  l = {};
  l.size = l.remaining = size;
  l.base = before;
  l.opposite_before = executions_;
  l.distance_bp = bp;
  l.mid_posted = m.mid();
  l.posted = m.now();
  l.large = large;
  join_group(m, l);
}

void layer_watch::join_group(const market& m, layer& l) noexcept {
  group* slot = &groups_[0];
  for (auto& g : groups_) {
    if (g.id != 0 && !g.done && m.now() - g.posted <= layering_.posted_within) {
      slot = &g;
      break;
    }
    if (g.posted < slot->posted) slot = &g;
  }
  if (slot->id == 0 || slot->done || m.now() - slot->posted > layering_.posted_within) {
    *slot = {};
    slot->id = next_group_++;
    slot->posted = m.now();
  }
  slot->sum += l.size;
  l.group = slot->id;
}

void layer_watch::on_book(const market& m, layer_watch& other) noexcept {
  // Whether both sides were quoted is asked once the layer has stood: beside a layer there is nearly always some order
  // of its size that only blinks, and that is no quote.
  const auto stood = [&](const layer& l) {
    return (l.at == fate::withdrawn ? l.withdrawn : m.now()) - l.posted >= spoof_.life_min;
  };
  for (std::size_t i = 0; i < count_; ++i) {
    layer& l = layers_[i];
    ++l.updates;
    if (l.asked || !stood(l)) continue;
    l.asked = true;  // the later of two asks for both
    for (std::size_t k = 0; k < other.count_; ++k) {
      layer& o = other.layers_[k];
      if (std::abs(l.posted - o.posted) > two_sided_within || !alike(l.size, o.size, 2) || !stood(o)) continue;
      l.two_sided = o.two_sided = true;
    }
  }
  for (auto* matches : {&spoofs_, &layerings_}) follow(m, *matches);
}

template <std::size_t N>
void layer_watch::follow(const market& m, ring<N>& matches) noexcept {
  if (!(m.mid() > 0)) return;
  const double s = side_ == book_side::bid ? 1 : -1;
  for (std::size_t i = 0; i < matches.held; ++i) {
    layer_match& x = matches.at(i);
    if (x.scored) continue;
    const double way = s * (x.mid_withdrawn - x.mid_posted);
    if (way > 0) x.rev = std::max(x.rev, s * (x.mid_withdrawn - m.mid()) / way);
  }
}

void layer_watch::on_time(const market& m) noexcept {
  if (next_deadline_ == 0 && count_ == 0) return;
  if (next_deadline_ == 0 || m.now() < next_deadline_) {
    // Old age is looked for once a second only: nothing hangs on its exact moment.
    if (m.now() / second == last_sweep_) return;
  }
  last_sweep_ = m.now() / second;
  next_deadline_ = 0;
  const auto later = [&](std::int64_t due) {
    next_deadline_ = next_deadline_ == 0 ? due : std::min(next_deadline_, due);
  };
  for (std::size_t i = 0; i < count_;) {
    layer& l = layers_[i];
    if (l.at == fate::withdrawn && m.now() - l.withdrawn >= skew) {
      judge(m, i);
      erase(i);
    } else if (l.at == fate::open && m.now() - l.posted > spoof_.life_max) {
      if (l.large) close(m.now(), static_cast<std::uint8_t>(band_of(l.distance_bp)), false);
      erase(i);
    } else {
      if (l.at == fate::withdrawn) later(l.withdrawn + skew);
      ++i;
    }
  }
  for (auto* matches : {&spoofs_, &layerings_})
    for (std::size_t i = 0; i < matches->held; ++i) {
      layer_match& x = matches->at(i);
      if (x.scored) continue;
      if (m.now() - x.withdrawn >= spoof_.rev_window) {
        x.scored = true;
        changed_ = true;
      } else {
        later(x.withdrawn + spoof_.rev_window);
      }
    }
}

bool layer_watch::moved_on(const market& m, const layer& l) const noexcept {
  for (std::size_t k = 0; k < count_; ++k) {
    const layer& o = layers_[k];
    // Of the orders of its size that were posted meanwhile most only blink: one that took its place still stands.
    const bool stands = o.at == fate::open && m.now() - o.posted >= blink;
    if (&o != &l && stands && o.group != l.group && std::abs(o.posted - l.withdrawn) <= same_moment &&
        alike(o.size, l.size, 1.25))
      return true;
  }
  return false;
}

void layer_watch::close(std::int64_t ts, std::uint8_t band, bool matched) noexcept {
  closings_[next_closing_] = {ts, band, matched};
  next_closing_ = (next_closing_ + 1) % closings_.size();
}

void layer_watch::judge(const market& m, std::size_t i) noexcept {
  const layer& l = layers_[i];
  const std::int64_t life = l.withdrawn - l.posted;
  const auto band = static_cast<std::uint8_t>(band_of(l.distance_bp));
  // Too short to have been seen standing: neither a match nor a counter-example.
  if (life < spoof_.life_min || l.updates < 2) return quit_group(l);
  const double withdrawn = l.size - l.remaining - l.traded;
  const bool traded = l.traded >= spoof_.traded_max * l.size;
  const bool filled_opposite =
      l.last_fill >= l.posted && l.last_fill != 0 && l.withdrawn - l.last_fill <= spoof_.fill_window;
  const bool ratio = withdrawn >= spoof_.withdrawn_filled * l.traded;
  const bool fits = !traded && filled_opposite && ratio && life <= spoof_.life_max && !l.two_sided && !moved_on(m, l) &&
                    l.mid_withdrawn > 0 && m.trades_complete();
  if (fits) leave_group(m, l, prices_[i]);
  if (!l.large) return;

  // Levels that vanish together are one act.
  const bool new_act = spoofs_.held == 0 || l.withdrawn - spoofs_.at(0).withdrawn > 1 * second;
  if (fits && new_act) {
    const double s = side_ == book_side::bid ? 1 : -1;
    layer_match x;
    x.posted = l.posted;
    x.withdrawn = l.withdrawn;
    x.price = prices_[i];
    x.size = l.size;
    x.filled = l.traded;
    x.depth_share = l.size / m.d10();
    x.mid_posted = l.mid_posted;
    x.mid_withdrawn = l.mid_withdrawn;
    x.fpm_bp = s * (l.mid_withdrawn / l.mid_posted - 1) * 1e4;
    x.band = band;
    spoofs_.push(x);
    changed_ = true;
    const std::int64_t due = l.withdrawn + spoof_.rev_window;
    next_deadline_ = next_deadline_ == 0 ? due : std::min(next_deadline_, due);
  }
  if (new_act || !fits) close(m.now(), band, fits);
}

// An order that only blinked says nothing about those that were posted beside it.
void layer_watch::quit_group(const layer& l) noexcept {
  for (auto& g : groups_)
    if (g.id == l.group && !g.done) g.sum -= l.size;
}

void layer_watch::leave_group(const market& m, const layer& l, double price) noexcept {
  for (auto& g : groups_) {
    if (g.id != l.group || g.done) continue;
    if (g.first_withdrawn == 0 || l.withdrawn - g.first_withdrawn > layering_.withdrawn_within) {
      g.first_withdrawn = l.withdrawn;
      g.withdrawn = g.filled = g.squares = 0;
      g.left = 0;
    }
    ++g.left;
    g.withdrawn += l.size;
    g.squares += l.size * l.size;
    g.filled += l.traded;
    if (g.left < static_cast<std::uint32_t>(layering_.levels) || g.withdrawn < layering_.withdrawn * g.sum) return;
    // Of those that left together: strangers posted in the same moment need not be of their size.
    const double mean = g.withdrawn / g.left;
    const double cv = std::sqrt(std::max(0.0, g.squares / g.left - mean * mean)) / mean;
    g.done = true;
    if (cv >= layering_.size_cv) return;
    const double s = side_ == book_side::bid ? 1 : -1;
    // Those of the act that are still to be judged belong to it.
    std::uint32_t together = g.left;
    double size = g.withdrawn;
    for (std::size_t k = 0; k < count_; ++k) {
      const layer& o = layers_[k];
      if (&o == &l || o.group != l.group || o.at != fate::withdrawn) continue;
      ++together;
      size += o.size;
    }
    layer_match x;
    x.posted = g.posted;
    x.withdrawn = l.withdrawn;
    x.price = price;
    x.size = size;
    x.filled = g.filled;
    x.depth_share = size / m.d10();
    x.mid_posted = l.mid_posted;
    x.mid_withdrawn = l.mid_withdrawn;
    x.fpm_bp = s * (l.mid_withdrawn / l.mid_posted - 1) * 1e4;
    x.count = static_cast<std::uint8_t>(std::min<std::uint32_t>(together, 255));
    x.size_cv = cv;
    layerings_.push(x);
    changed_ = true;
    const std::int64_t due = l.withdrawn + spoof_.rev_window;
    next_deadline_ = next_deadline_ == 0 ? due : std::min(next_deadline_, due);
    return;
  }
}

std::uint8_t layer_watch::observability(const market& m) const noexcept {
  if (!m.book_valid() || !m.trades_complete()) return TRAPLINE_OBSERVABILITY_REDUCED;
  // Below one and a half updates a layer cannot be seen standing.
  return 1.5 * m.book_interval_s() > static_cast<double>(spoof_.life_min) * 1e-9 ? TRAPLINE_OBSERVABILITY_LOW
                                                                                 : TRAPLINE_OBSERVABILITY_FULL;
}

assessment layer_watch::assess(const market& m, const ring<matches_kept>& matches, kind k,
                               bool same_band) const noexcept {
  assessment out;
  // The band with the most matches in the window.
  std::array<int, band_bp.size() + 1> counts{};
  for (std::size_t i = 0; i < matches.held; ++i)
    if (m.now() - matches.at(i).withdrawn <= spoof_.window) ++counts[same_band ? matches.at(i).band : 0];
  const auto best = std::max_element(counts.begin(), counts.end());
  const int n = *best;
  if (n == 0) return out;
  const auto band = static_cast<std::uint8_t>(best - counts.begin());

  double fpm = 0, rev = 0, ratio = 0, share = 0, life = 0, cv = 0, levels = 0;
  int scored = 0;
  const layer_match* newest = nullptr;
  const layer_match* oldest = nullptr;
  for (std::size_t i = 0; i < matches.held; ++i) {
    const layer_match& x = matches.at(i);
    if (m.now() - x.withdrawn > spoof_.window || (same_band && x.band != band)) continue;
    if (!newest) newest = &x;
    oldest = &x;
    fpm += x.fpm_bp / n;
    ratio += std::min(ratio_cap, x.filled > 0 ? (x.size - x.filled) / x.filled : ratio_cap) / n;
    share += x.depth_share / n;
    life += static_cast<double>(x.withdrawn - x.posted) * 1e-9 / n;
    cv += x.size_cv / n;
    levels += static_cast<double>(x.count) / n;
    // Without a favourable move there is nothing to revert.
    if (x.scored && x.fpm_bp >= spoof_.fpm_bp) {
      rev += x.rev;
      ++scored;
    }
  }
  int closed = 0, matched = 0;
  for (const auto& c : closings_)
    if (c.ts != 0 && m.now() - c.ts <= spoof_.window && c.band == band) {
      ++closed;
      matched += c.matched;
    }
  const double matched_share = !same_band ? 1.0 : closed > 0 ? static_cast<double>(matched) / closed : 1.0;

  const bool repeated = n >= spoof_.matches && matched_share > spoof_.matched_share;
  const state at = repeated ? (newest->scored ? state::confirmed : state::three) : state::one;
  score e(same_band ? spoof_.learned : layering_.learned, k, at);
  e.add(item::match_count, n);
  if (same_band) e.add(item::matched_share, matched_share);
  e.add(item::size_depth_share, share);
  e.add(item::life_s, life);
  e.add(item::withdrawn_filled, ratio);
  e.add(item::fpm_bp, fpm);
  e.add(item::rev_share, scored > 0 ? rev / scored : std::numeric_limits<double>::quiet_NaN());
  if (!same_band) {
    e.add(item::layer_count, levels);
    e.add(item::size_cv, cv);
  }
  if (!repeated) e.cap(spoof_.cap_single);

  out.evidence = e;
  out.active = true;
  out.confirmed = at == state::confirmed;
  out.at = at;
  out.level = newest->price;
  out.displacement = m.sig60() > 0 ? std::abs(fpm) * 1e-4 / m.sig60() : 0.0;
  // Layers hardly move the price themselves: their weight in the book stands in for volume.
  out.volume = share * n * 10;
  out.onset = oldest->posted;
  out.last = newest->withdrawn;
  out.observability = observability(m);
  return out;
}

assessment layer_watch::assess_spoofing(const market& m) const noexcept {
  return assess(m, spoofs_, side_ == book_side::bid ? kind::spoofing_bid : kind::spoofing_ask, true);
}

assessment layer_watch::assess_layering(const market& m) const noexcept {
  return assess(m, layerings_, side_ == book_side::bid ? kind::layering_bid : kind::layering_ask, false);
}

}  // namespace trapline::trap
