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
constexpr std::int64_t two_sided_within = 300'000'000;
constexpr double ratio_cap = 1000;

bool alike(double a, double b, double factor) noexcept { return a <= b * factor && b <= a * factor; }
}  // namespace

void layer_watch::reset() noexcept {
  count_ = 0;
  ladders_.reset();
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
}

// Whether it was there long enough to have been seen standing.
bool layer_watch::stood(const market& m, const layer& l) const noexcept {
  return (l.at == fate::withdrawn ? l.withdrawn : m.now()) - l.posted >= spoof_.life_min;
}

void layer_watch::on_book(const market& m, layer_watch& other) noexcept {
  // Whether both sides were quoted is asked once the layer has stood: beside a layer there is nearly always some order
  // of its size that only blinks, and that is no quote.
  usual_spoofs_.start(m.now());
  usual_layerings_.start(m.now());
  for (std::size_t i = 0; i < count_; ++i) {
    layer& l = layers_[i];
    l.updates += l.at == fate::open;
    if (l.asked || !stood(m, l)) continue;
    l.asked = true;  // the later of two asks for both
    for (std::size_t k = 0; k < other.count_; ++k) {
      layer& o = other.layers_[k];
      const bool mirrored = alike(l.size, o.size, 1.5) && alike(l.distance_bp, o.distance_bp, 1.5);
      if (std::abs(l.posted - o.posted) > two_sided_within || !mirrored || !stood(m, o)) continue;
      l.two_sided = o.two_sided = true;
    }
  }
  for (auto* matches : {&spoofs_, &layerings_}) follow(m, *matches);
}

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
      if (l.large) close(m.now(), l.distance_bp, false);
      erase(i);
    } else {
      if (l.at == fate::withdrawn) later(l.withdrawn + skew);
      ++i;
    }
  }
  for (auto* matches : {&spoofs_, &layerings_})
    for (std::size_t i = 0; i < matches->held; ++i) {
      layer_match& x = matches->at(i);
      if (!x.counted && m.now() - x.withdrawn > spoof_.window) count(x, matches == &spoofs_);
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
    if (&o != &l && stands && std::abs(o.posted - l.withdrawn) <= same_moment && alike(o.size, l.size, 1.25) &&
        at_one_distance(o.distance_bp, l.distance_bp))
      return true;
  }
  return false;
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

layer_match layer_watch::match_of(const market& m, std::size_t i) const noexcept {
  const layer& l = layers_[i];
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
  x.bp = l.distance_bp;
  return x;
}

void layer_watch::judge(const market& m, std::size_t i) noexcept {
  const layer& l = layers_[i];
  layer_verdict& v = verdicts_[judged_++ % verdicts_.size()];
  v = {l.posted, l.withdrawn, prices_[i], l.size, l.traded, 0, ladder::lack::none};
  const std::int64_t life = l.withdrawn - l.posted;
  // Too short to have been seen standing: neither a match nor a counter-example.
  if (life < spoof_.life_min || l.updates < 2) {
    v.objections = layer_verdict::brief;
    return;
  }
  const auto object = [&](bool it_is, layer_verdict::against why) {
    if (it_is) v.objections = static_cast<std::uint16_t>(v.objections | why);
  };
  const double withdrawn = l.size - l.remaining - l.traded;
  const bool opposed = l.last_fill >= l.posted && l.last_fill != 0 && l.withdrawn - l.last_fill <= spoof_.fill_window;
  object(l.traded >= spoof_.traded_max * l.size || withdrawn < spoof_.withdrawn_filled * l.traded,
         layer_verdict::traded);
  object(!opposed, layer_verdict::unopposed);
  object(l.two_sided, layer_verdict::mirrored);
  object(moved_on(m, l), layer_verdict::followed);
  object(life > spoof_.life_max || !(l.mid_withdrawn > 0) || !m.trades_complete(), layer_verdict::uncertain);
  const bool fits = v.objections == 0;
  v.ladder_lacks = leave_ladder(m, i, fits);
  object(!l.large, layer_verdict::small);
  if (!l.large) return;

  // Levels that vanish together are one act.
  const bool new_act = spoofs_.held == 0 || l.withdrawn - spoofs_.at(0).withdrawn > 1 * second;
  if (fits && new_act) push(m, match_of(m, i), true);
  if (new_act || !fits) close(m.now(), l.distance_bp, fits);
}

ladder::lack layer_watch::leave_ladder(const market& m, std::size_t i, bool fits) noexcept {
  const layer& l = layers_[i];
  const auto slack = static_cast<std::int64_t>(m.book_interval_s() * 1e9);
  if (fits && layerings_.held > 0) {
    // A further order of the ladder that was found last.
    layer_match& x = layerings_.at(0);
    if (l.withdrawn - x.withdrawn <= layering_.withdrawn_within + slack &&
        std::abs(l.posted - x.posted) <= layering_.posted_within + slack && alike(l.size, x.size / x.count, 1.75)) {
      x.size += l.size;
      x.filled += l.traded;
      x.depth_share = x.size / m.d10();
      x.count += x.count < 255;
      changed_ = true;
      return ladder::lack::none;
    }
  }
  // Those that left and are not judged yet will ask for themselves.
  std::array<rung, capacity> standing;
  std::size_t n = 0;
  if (fits)
    for (std::size_t k = 0; k < count_; ++k) {
      const layer& o = layers_[k];
      if (o.at == fate::open && stood(m, o)) standing[n++] = {o.posted, 0, o.size, o.traded, false};
    }
  const ladder found = ladders_.leave({l.posted, l.withdrawn, l.size, l.traded, fits}, {standing.data(), n}, slack);
  if (found.count == 0) return found.of;
  layer_match x = match_of(m, i);
  x.posted = found.posted;
  x.size = found.size;
  x.filled = found.filled;
  x.depth_share = found.size / m.d10();
  x.count = static_cast<std::uint8_t>(found.count);
  x.size_cv = found.size_cv;
  push(m, x, false);
  return ladder::lack::none;
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
