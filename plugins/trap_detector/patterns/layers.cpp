#include "patterns/layers.hpp"

#include <algorithm>
#include <cmath>

namespace trapline::trap {

namespace {
// Trades and book come over two channels: a trade may be told this much after the level fell.
constexpr std::int64_t skew = 300'000'000;
// A second look at a price within this time is the same order, moved.
constexpr std::int64_t same_moment = 300'000'000;
// Five in six of the large orders of the recorded BTC book are gone by then (detection.md 1.3).
constexpr std::int64_t blink = 250'000'000;
constexpr std::int64_t two_sided_within = 300'000'000;
// An order may be this much smaller than one of a ladder usually is: the ladder has to weigh as much all the same.
constexpr double least_rung = 0.7;

bool alike(double a, double b, double factor) noexcept { return a <= b * factor && b <= a * factor; }
}  // namespace

void layer_watch::reset() noexcept {
  count_ = 0;
  marks_ = 0;
  ladders_.reset();
  spoofs_ = {};
  layerings_ = {};
  closings_ = {};
  next_deadline_ = 0;
  changed_ = true;
}

std::size_t layer_watch::find(double price) const noexcept {
  if ((marks_ & mark(price)) == 0) return count_;
  for (std::size_t i = 0; i < count_; ++i)
    if (prices_[i] == price) return i;
  return count_;
}

void layer_watch::erase(std::size_t i) noexcept {
  --count_;
  prices_[i] = prices_[count_];
  layers_[i] = layers_[count_];
  marks_ = 0;
  for (std::size_t k = 0; k < count_; ++k) marks_ |= mark(prices_[k]);
}

void layer_watch::on_trade(const market& m, const trade_tick& t) noexcept {
  const sign hits_this_side = side_ == book_side::bid ? -1 : 1;
  if (t.side == -hits_this_side) {
    executions_ += t.size;
    last_execution_ = m.now();
  } else if (t.side == hits_this_side) {
    if (const std::size_t i = find(t.price); i < count_) layers_[i].traded += t.size;
  }
}

void layer_watch::on_change(const market& m, double price, double before, double after) noexcept {
  const std::size_t i = find(price);
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

double layer_watch::rung_size(const market& m) const noexcept {
  return std::max(m.add_q99(), layering_.depth_share * m.d10());
}

void layer_watch::post(const market& m, double price, double before, double after) noexcept {
  const double size = after - before, d10 = m.d10();
  if (!(d10 > 0) || !(m.mid() > 0)) return;
  const bool large = size >= std::max(m.add_q999(), spoof_.depth_share * d10);
  if (!large && size < least_rung * rung_size(m)) return;
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
  marks_ |= mark(price);
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
    mirror(m, l, other);
  }
  for (auto* matches : {&spoofs_, &layerings_}) follow(m, *matches);
}

void layer_watch::mirror(const market& m, layer& l, layer_watch& other) noexcept {
  layer* own = nullptr;
  double least = 0;
  for (std::size_t k = 0; k < other.count_; ++k) {
    layer& o = other.layers_[k];
    const bool mirrored = alike(l.size, o.size, 1.5) && alike(l.distance_bp, o.distance_bp, 1.5);
    if (std::abs(l.posted - o.posted) > two_sided_within || !mirrored || !stood(m, o)) continue;
    l.two_sided = o.two_sided = true;
    const double apart = std::max(l.distance_bp / o.distance_bp, o.distance_bp / l.distance_bp);
    if (l.paired || o.paired || (own && apart >= least)) continue;
    own = &o, least = apart;
  }
  if (own) l.paired = own->paired = true;
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

layer_watch::successors layer_watch::moved_on(const market& m, const layer& l) noexcept {
  successors out;
  for (std::size_t k = 0; k < count_; ++k) {
    layer& o = layers_[k];
    // Of the orders of its size that were posted meanwhile most only blink: one that took its place still stands.
    const bool stands = o.at == fate::open && m.now() - o.posted >= blink;
    if (&o == &l || !stands || std::abs(o.posted - l.withdrawn) > same_moment || !alike(o.size, l.size, 1.25) ||
        !at_one_distance(o.distance_bp, l.distance_bp))
      continue;
    out.any = true;
    if (!out.own && !o.successor) out.own = &o;
  }
  return out;
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
  object(life > spoof_.life_max || !(l.mid_withdrawn > 0) || !m.trades_complete(), layer_verdict::uncertain);
  const successors next = moved_on(m, l);
  if (next.own) next.own->successor = true;
  rung r{l.posted,      l.withdrawn,       l.size,   l.traded,           prices_[i],
         l.distance_bp, v.objections == 0, l.paired, next.own != nullptr};
  v.ladder_lacks = leave_ladder(m, i, r);
  object(l.two_sided, layer_verdict::mirrored);
  object(next.any, layer_verdict::followed);
  object(!l.large, layer_verdict::small);
  if (!l.large) return;

  // Levels that vanish together are one act.
  const bool new_act = spoofs_.held == 0 || l.withdrawn - spoofs_.at(0).withdrawn > 1 * second;
  const bool fits = v.objections == 0;
  if (fits && new_act) push(m, match_of(m, i), true);
  if (new_act || !fits) close(m.now(), l.distance_bp, fits);
}

ladder::lack layer_watch::leave_ladder(const market& m, std::size_t i, const rung& r) noexcept {
  const layer& l = layers_[i];
  const auto slack = static_cast<std::int64_t>(m.book_interval_s() * 1e9);
  if (r.fits && layerings_.held > 0) {
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
  if (r.fits)
    for (std::size_t k = 0; k < count_; ++k) {
      const layer& o = layers_[k];
      if (o.at == fate::open && stood(m, o)) standing[n++] = {o.posted, 0, o.size, o.traded, prices_[k], o.distance_bp};
    }
  const ladder found = ladders_.leave(r, {standing.data(), n}, slack, layering_.levels * rung_size(m));
  if (found.count == 0) return found.of;
  layer_match x = match_of(m, i);
  x.posted = found.posted;
  x.size = found.size;
  x.filled = found.filled;
  x.depth_share = found.size / m.d10();
  x.count = static_cast<std::uint8_t>(found.count);
  x.size_cv = found.size_cv;
  x.bp = found.bp;
  push(m, x, false);
  return ladder::lack::none;
}

}  // namespace trapline::trap
