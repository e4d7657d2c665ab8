#include <algorithm>
#include <cmath>
#include <map>

#include "real.hpp"

namespace tiers {

namespace {

using planted::difficulty;
using planted::family;

constexpr double usual_depth = 130'000;  // lots within 10 bp of a side, measured on this recording

// Orders that are posted together and taken away together, or one by one.
struct leg {
  double wait = 0, life = 0;  // s; from the end of the leg before
  bool bid = true, both = false, one_by_one = false;
  double bp = 0;
  int gap = 1;
  std::vector<double> sizes;  // lots
};

class overlay_tape final : public planted::tape {
 public:
  overlay_tape(planted::tape& out, std::vector<leg> legs, std::int64_t start)
      : out_(out), legs_(std::move(legs)), next_(start) {
    if (!legs_.empty()) next_ += seconds(legs_[0].wait);
  }

  void candle(std::int64_t, const trapline_candle&) override {}
  void ticker(std::int64_t, const trapline_ticker&) override {}
  void trade(std::int64_t ts, const trapline_trade& t) override {
    act(ts);
    out_.trade(ts, t);
  }
  void book(std::int64_t ts, bool snapshot, const trapline_book& b, std::span<const trapline_level> l) override {
    act(ts);
    if (snapshot) real_[0].clear(), real_[1].clear();
    levels_.assign(l.begin(), l.end());
    for (std::size_t i = 0; i < levels_.size(); ++i) {
      const bool bid = i < b.bid_count;
      auto& side = real_[bid];
      if (levels_[i].size > 0) side[levels_[i].price] = levels_[i].size;
      else side.erase(levels_[i].price);
    }
    // Before the message is passed on: a book whose price has gone through an order that still stands would be crossed.
    if (std::any_of(orders_.begin(), orders_.end(), [&](const order& o) { return near(o); })) take_away(ts);
    for (std::size_t i = 0; i < levels_.size(); ++i) levels_[i].size += laid(i < b.bid_count, levels_[i].price);
    out_.book(ts, snapshot, b, levels_);
  }

  std::int64_t first = 0, last = 0;  // when the first order was posted and the last one left
  std::vector<double> prices;
  std::vector<planted::false_order> placed;

 private:
  struct order {
    bool bid = true;
    std::int64_t price = 0, size = 0;
  };
  static std::int64_t seconds(double s) { return static_cast<std::int64_t>(s * 1e9); }
  std::int64_t touch(bool bid) const { return bid ? real_[1].rbegin()->first : real_[0].begin()->first; }
  bool near(const order& o) const { return o.bid ? touch(true) - o.price < 3 : o.price - touch(false) < 3; }
  std::int64_t laid(bool bid, std::int64_t price) const {
    std::int64_t sum = 0;
    for (const auto& o : orders_)
      if (o.bid == bid && o.price == price) sum += o.size;
    return sum;
  }
  void act(std::int64_t ts) {
    while (at_ < legs_.size() && next_ <= ts && !real_[0].empty() && !real_[1].empty()) {
      const leg& l = legs_[at_];
      if (orders_.empty()) {
        post(next_, l, l.bid);
        if (l.both) post(next_, l, !l.bid);
        if (first == 0) first = next_;
        next_ += seconds(l.one_by_one ? l.life / static_cast<double>(l.sizes.size()) : l.life);
      } else if (l.one_by_one && orders_.size() > 1) {
        const order o = orders_.back();
        orders_.pop_back();
        tell(next_, o.bid, {o});
        next_ += seconds(l.life / static_cast<double>(l.sizes.size()));
      } else {
        take_away(next_);
      }
    }
  }
  void post(std::int64_t ts, const leg& l, bool bid) {
    std::vector<order> fresh;
    const auto far = static_cast<std::int64_t>(l.bp * 1e-4 * static_cast<double>(touch(bid)));
    for (std::size_t k = 0; k < l.sizes.size(); ++k) {
      const std::int64_t away = far + static_cast<std::int64_t>(k) * l.gap;
      fresh.push_back({bid, bid ? touch(true) - away : touch(false) + away, static_cast<std::int64_t>(l.sizes[k])});
      prices.push_back(static_cast<double>(fresh.back().price) * 0.1);
      placed.push_back({prices.back(), l.sizes[k] * 1e-3, ts, 0, 0, static_cast<int>(at_)});
    }
    orders_.insert(orders_.end(), fresh.begin(), fresh.end());
    tell(ts, bid, fresh);
  }
  void take_away(std::int64_t ts) {
    const auto gone = std::exchange(orders_, {});
    for (const bool bid : {true, false}) {
      std::vector<order> of_side;
      for (const auto& o : gone)
        if (o.bid == bid) of_side.push_back(o);
      if (!of_side.empty()) tell(ts, bid, of_side);
    }
    last = ts;
    for (auto& o : placed)
      if (o.left == 0) o.left = ts;
    if (++at_ < legs_.size()) next_ = ts + seconds(legs_[at_].wait);
  }
  void tell(std::int64_t ts, bool bid, const std::vector<order>& changed) {
    std::vector<trapline_level> l;
    for (const auto& o : changed) {
      const auto it = real_[bid].find(o.price);
      l.push_back({o.price, (it == real_[bid].end() ? 0 : it->second) + laid(bid, o.price)});
    }
    trapline_book b{};
    (bid ? b.bid_count : b.ask_count) = static_cast<std::uint32_t>(l.size());
    b.price_exp = planted::price_exp, b.size_exp = planted::size_exp;
    out_.book(ts, false, b, l);
  }

  planted::tape& out_;
  std::vector<leg> legs_;
  std::size_t at_ = 0;
  std::int64_t next_;
  std::vector<order> orders_;
  std::map<std::int64_t, std::int64_t> real_[2];  // asks, bids
  std::vector<trapline_level> levels_;
};

double draw(planted::chance& r, difficulty d, std::array<double, 6> x) {
  const auto i = 2 * static_cast<std::size_t>(d);
  return r.between(x[i], x[i + 1]);
}

std::vector<leg> plan(planted::chance& r, family f, int decoy, difficulty d, bool bid, std::string& what) {
  leg base;
  base.bid = bid;
  base.bp = r.log_between(1, 8);
  base.gap = r.whole(3, 30);
  const bool ladder = f == family::layering;
  const double share =
      ladder ? draw(r, d, {0.2, 0.4, 0.13, 0.3, 0.1, 0.2}) : draw(r, d, {0.5, 1, 0.35, 0.8, 0.26, 0.5});
  const double cv = ladder ? draw(r, d, {0.02, 0.08, 0.05, 0.15, 0.08, 0.22}) : 0.1;
  const int count = ladder ? r.whole(3, 6) : 1;
  const auto next = [&](double wait, double life) {
    leg l = base;
    l.wait = wait, l.life = life;
    l.bp *= r.between(0.85, 1.15);
    for (int k = 0; k < count; ++k) l.sizes.push_back(share * usual_depth * std::max(0.2, 1 + cv * r.normal()));
    return l;
  };
  std::vector<leg> out;
  const int times = r.whole(4, 7);
  switch (decoy) {
    case -1:
      what = "trap";
      for (int i = 0; i < times; ++i) out.push_back(next(r.between(2, 10), draw(r, d, {1.5, 7, 0.8, 9, 0.5, 12})));
      break;
    case 0:
      what = "once";
      for (int i = r.whole(1, 2); i > 0; --i) out.push_back(next(r.between(10, 40), r.between(1, 10)));
      break;
    case 1:
      what = "two_sided";
      for (int i = 0; i < times; ++i) {
        out.push_back(next(r.between(1, 6), r.between(1, 10)));
        out.back().both = true;
      }
      break;
    case 2:
      what = "follows_the_price";
      for (int i = 0; i < 3 * times; ++i) out.push_back(next(0, r.between(1, 6)));
      out.back().life = 95;
      break;
    case 3:
      what = "patient";
      out.push_back(next(0, r.between(95, 140)));
      out.back().bp = r.between(9, 20);
      break;
    default:
      what = ladder ? "withdrawn_one_by_one" : "rare";
      for (int i = 0; i < (ladder ? times : 2); ++i) {
        out.push_back(
            next(ladder ? r.between(1, 6) : r.between(60, 90), ladder ? r.between(15, 30) : r.between(1, 10)));
        out.back().one_by_one = ladder;
      }
  }
  return out;
}

void replay(const recording& r, std::int64_t until, planted::tape& out) {
  for (const auto& e : r.entries) {
    if (e.ts >= until) return;
    if (e.is == recording::entry::what::trade) out.trade(e.ts, e.trade);
    else out.book(e.ts, e.is == recording::entry::what::snapshot, e.book, e.levels);
  }
}

}  // namespace

planted::session_truth overlay(const recording& r, planted::split s, family f, int decoy, difficulty d,
                               std::uint64_t seed, planted::tape& out) {
  const std::int64_t parting = r.begin() + 200 * planted::second;
  const bool second_part = s == planted::split::test;
  planted::chance random(seed);
  planted::episode e;
  e.of = f;
  e.trap = decoy < 0;
  e.up = random.happens(0.5);
  const std::int64_t start = second_part ? parting + static_cast<std::int64_t>(random.between(0, 15) * 1e9)
                                         : r.begin() + static_cast<std::int64_t>(random.between(65, 75) * 1e9);
  const std::int64_t until = second_part ? r.end() + 1 : std::min(parting, r.end() + 1);
  overlay_tape tape(out, plan(random, f, decoy, d, e.up, e.what), start);
  replay(r, until, tape);
  e.from = start, e.until = until;
  e.onset = tape.first, e.end = tape.last != 0 ? tape.last : until;  // 0: they stand to the end
  e.levels = tape.prices;
  e.orders = tape.placed;
  planted::session_truth t;
  t.begin = r.begin(), t.end = until;
  t.episodes.push_back(std::move(e));
  return t;
}

void for_each_overlay(planted::split s, difficulty d, int traps,
                      const std::function<void(family, int decoy, std::uint64_t seed)>& play) {
  for (const family f : {family::spoofing, family::layering})
    for (int n = 0; n < traps; ++n)
      for (int decoy = -1; decoy < overlay_decoys; ++decoy)
        play(f, decoy, planted::seed_of(s, d, f, 5000 + 10 * n + decoy + 1));
}

std::vector<played> play_overlays(const recording& r, planted::split s, difficulty d, int traps, const line_up& who,
                                  unsigned threads) {
  struct overlaid {
    family of;
    int decoy;
    std::uint64_t seed;
  };
  std::vector<overlaid> all;
  for_each_overlay(s, d, traps, [&](family f, int decoy, std::uint64_t seed) { all.push_back({f, decoy, seed}); });
  std::vector<played> out(all.size());
  each_of(all.size(), threads, [&](std::size_t i) {
    auto contestants = who();
    std::vector<planted::tape*> tapes;
    for (auto& c : contestants) tapes.push_back(c.get());
    fan_out together(tapes);
    played& p = out[i];
    p.settings.of = all[i].of, p.settings.how = d, p.settings.seed = all[i].seed;
    p.truth = overlay(r, s, all[i].of, all[i].decoy, d, all[i].seed, together);
    for (auto& c : contestants) p.contestants.push_back({c->name(), c->alarms(), c->readings(), {}});
  });
  return out;
}

played play_recording(const recording& r, const line_up& who) {
  auto contestants = who();
  std::vector<planted::tape*> tapes;
  for (auto& c : contestants) tapes.push_back(c.get());
  fan_out all(tapes);
  replay(r, r.end() + 1, all);
  played p;
  p.truth.begin = r.begin(), p.truth.end = r.end();
  for (auto& c : contestants) p.contestants.push_back({c->name(), c->alarms(), c->readings(), {}});
  return p;
}

}  // namespace tiers
