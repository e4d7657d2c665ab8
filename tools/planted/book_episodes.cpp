// Spoofing, layering, and large orders that mean what they say.
#include <algorithm>

#include "stage.hpp"

namespace planted {

namespace {

constexpr double tick_bp = 1.0 / 60;  // of a price near 60,000

// Ticks from the touch for a distance in bp.
std::int64_t ticks(double bp) { return static_cast<std::int64_t>(bp / tick_bp); }

bool touched(const background& m, bool bid, std::int64_t tick) {
  return bid ? m.best(true) - tick < 3 : tick - m.best(false) < 3;
}

struct ladder {
  std::vector<std::size_t> ids;
  std::size_t first = 0;  // of its orders in the truth
};

class orders {
 public:
  orders(stage& s, episode& out) : s_(s), out_(out) {}

  // `count` levels from `bp` on, `gap` ticks apart, posted within `within` seconds; sizes are shares of the usual
  // depth.
  ladder post(bool bid, double bp, int count, int gap, double share, double cv, double within) {
    ladder l;
    l.first = out_.orders.size();
    const std::int64_t first = bid ? s_.m.best(true) - ticks(bp) : s_.m.best(false) + ticks(bp);
    for (int k = 0; k < count; ++k) {
      const std::int64_t t = first + (bid ? -1 : 1) * k * gap;
      const double size = share * background::depth10 * std::max(0.2, 1 + cv * s_.r.normal());
      l.ids.push_back(s_.m.post(bid, t, size));
      out_.levels.push_back(static_cast<double>(t));
      out_.orders.push_back({static_cast<double>(t) * 0.1, size * 1e-3, s_.m.now(), 0, 0, legs_});
      if (k + 1 < count) s_.run(within / count);
    }
    ++legs_;
    return l;
  }
  // In two or more portions, within `within` seconds.
  void withdraw(const ladder& l, double within) {
    for (std::size_t k = 0; k < l.ids.size(); ++k) {
      const std::size_t id = l.ids[k];
      s_.m.withdraw(id);
      if (l.first + k < out_.orders.size()) {
        auto& o = out_.orders[l.first + k];
        o.left = s_.m.now(), o.traded = static_cast<double>(s_.m.at(id).traded) * 1e-3;
      }
      if (l.ids.size() > 1) s_.run(within / static_cast<double>(l.ids.size()));
    }
  }
  bool touched_by_price(const ladder& l) const {
    return std::any_of(l.ids.begin(), l.ids.end(), [&](std::size_t id) {
      const layer& x = s_.m.at(id);
      return touched(s_.m, x.bid, x.tick);
    });
  }
  // Time passes while orders stand; they are taken away early should the price come near.
  void stand(const ladder& l, double seconds) {
    for (const std::int64_t until = s_.m.now() + static_cast<std::int64_t>(seconds * 1e9);
         s_.m.now() < until && !touched_by_price(l);)
      s_.m.step();
  }
  // The price comes to the orders and trades them.
  void fill(const ladder& l) {
    const layer& x = s_.m.at(l.ids.front());
    const std::int64_t far = s_.m.at(l.ids.back()).tick;
    s_.walk(static_cast<double>(far) + (x.bid ? -2.0 : 3.0), s_.r.between(3, 10), background::volume);
    s_.run(2);
  }

 private:
  stage& s_;
  episode& out_;
  int legs_ = 0;
};

struct shape {
  int count = 1, gap = 0;
  double share = 0, cv = 0, post_within = 0, withdraw_within = 0, bp = 0;
};

// Repeated legs of false orders, with the move that they cause and its end.
void spoof(stage& s, const shape& x, episode& out) {
  orders o(s, out);
  const double to = out.up ? 1 : -1;
  const int legs = static_cast<int>(s.draw({5, 8.9}, {4, 7.9}, {4, 6.9}));
  for (int leg = 0; leg < legs; ++leg) {
    const double life = s.draw({1.5, 7}, {0.8, 9}, {0.5, 14});
    const double bp = s.draw({0.3, 2}, {0.1, 1}, {0, 0.6});
    const double before = s.m.value();
    const ladder l = o.post(out.up, x.bp * s.r.between(0.85, 1.15), x.count, x.gap, x.share * s.r.between(0.9, 1.15),
                            x.cv, x.post_within);
    s.m.control().rate = s.draw({1.8, 3}, {1.3, 2.2}, {1, 1.6});
    s.m.control().buyers = 0.5 + to * s.draw({0.2, 0.4}, {0.1, 0.3}, {0, 0.2});
    s.m.control().drift = to * static_cast<double>(ticks(bp)) / life;
    o.stand(l, life);
    s.m.control().drift = 0, s.m.control().rate = 1;
    o.withdraw(l, x.withdraw_within);
    out.end = s.m.now();
    const double back = s.draw({0.5, 1}, {0.3, 1}, {0, 0.9}), after = s.r.between(2, 5);
    s.m.control().drift = (before - s.m.value()) * back / after;
    s.run(after);
    s.m.control().drift = 0;
    s.run(s.draw({1, 6}, {1, 8}, {1, 10}));
  }
}

// Decoys, of one order or of a ladder alike. False: there is no such decoy.
bool honest(stage& s, const shape& x, int decoy, episode& out) {
  orders o(s, out);
  const auto place = [&](bool bid, double bp) { return o.post(bid, bp, x.count, x.gap, x.share, x.cv, x.post_within); };
  const int times = s.r.whole(3, 6);
  switch (decoy) {
    case 0:
      out.what = "filled";
      for (int i = 0; i < times; ++i) {
        o.fill(place(out.up, x.bp));
        s.run(s.r.between(3, 10));
      }
      return true;
    case 1:
      out.what = "two_sided";
      for (int i = 0; i < times; ++i) {
        const ladder a = o.post(true, x.bp, x.count, x.gap, x.share, x.cv, 0);
        const ladder b = o.post(false, x.bp, x.count, x.gap, x.share, x.cv, 0);
        s.run(s.r.between(1, 10));
        o.withdraw(a, 0), o.withdraw(b, 0);
        s.run(s.r.between(1, 6));
      }
      return true;
    case 2:
      out.what = "follows_the_price";
      {
        ladder l = place(out.up, x.bp);
        for (int i = 0; i < 3 * times; ++i) {
          s.run(s.r.between(1, 6));
          for (const std::size_t id : l.ids) s.m.withdraw(id);
          l = o.post(out.up, x.bp, x.count, x.gap, x.share, 0.02, 0);
        }
        o.fill(l);
      }
      return true;
    case 3:
      out.what = "once";
      for (int i = s.r.whole(1, 2); i > 0; --i) {
        const ladder l = place(out.up, x.bp);
        o.stand(l, s.r.between(1, 10));
        o.withdraw(l, x.withdraw_within);
        s.run(s.r.between(10, 40));
      }
      return true;
    case 4:
      out.what = "patient";
      {
        const ladder l = place(out.up, std::max(9.0, x.bp));
        o.stand(l, s.r.between(95, 150));
        o.withdraw(l, x.withdraw_within);
      }
      return true;
    case 5:
      if (x.count > 1) {
        out.what = "withdrawn_one_by_one";
        for (int i = 0; i < times; ++i) {
          const ladder l = place(out.up, x.bp);
          for (const std::size_t id : l.ids) {
            s.run(s.r.between(3, 9));
            s.m.withdraw(id);
          }
          s.run(s.r.between(1, 5));
        }
        return true;
      }
      out.what = "mostly_filled";
      for (int i = 0; i < times + 1; ++i) {
        const ladder l = place(out.up, x.bp);
        if (i % 3 == 2) {
          o.stand(l, s.r.between(1, 8));
          o.withdraw(l, 0);
        } else {
          o.fill(l);
        }
        s.run(s.r.between(2, 8));
      }
      return true;
    case 6:
      out.what = "iceberg";
      {
        const std::int64_t tick = out.up ? s.m.best(true) - ticks(x.bp) : s.m.best(false) + ticks(x.bp);
        s.walk(static_cast<double>(tick) + 0.5, 8);
        s.m.control().target = static_cast<double>(tick) + 0.5, s.m.control().pull = 3, s.m.control().calm = 0.3;
        s.m.control().rate = 3, s.m.control().buyers = out.up ? 0.15 : 0.85;
        std::size_t id = s.m.post(out.up, tick, 0.3 * background::depth10);
        out.levels.push_back(static_cast<double>(tick));
        s.run(s.r.between(30, 60), [&] {
          if (s.m.at(id).left == 0) id = s.m.post(out.up, tick, 0.3 * background::depth10);
        });
        s.m.release();
        o.fill({{id}});
        s.m.withdraw(id);
      }
      return true;
    default:
      return false;
  }
}

bool play_orders(stage& s, const shape& x, int decoy, episode& out) {
  out.up = s.r.happens(0.5);
  out.onset = s.m.now();
  if (decoy < 0) {
    spoof(s, x, out);
  } else {
    if (!honest(s, x, decoy, out)) return false;
    out.end = s.m.now();
  }
  s.m.release();
  // Matches of one episode must not reach into the next one's two minutes.
  s.run(125);
  return true;
}

}  // namespace

bool play_spoofing(stage& s, int decoy, episode& out) {
  shape x;
  x.share = s.draw({0.5, 1.0}, {0.35, 0.8}, {0.26, 0.5});
  x.bp = s.r.log_between(1, 9);
  return play_orders(s, x, decoy, out);
}

bool play_layering(stage& s, int decoy, episode& out) {
  shape x;
  x.count = s.r.whole(3, 6);
  x.gap = s.r.whole(3, 30);
  x.share = s.draw({0.2, 0.4}, {0.13, 0.3}, {0.1, 0.2});
  x.cv = s.draw({0.02, 0.08}, {0.05, 0.15}, {0.08, 0.22});
  x.post_within = s.draw({0, 0.1}, {0, 0.3}, {0.1, 0.4});
  x.withdraw_within = s.draw({0, 0.2}, {0, 0.6}, {0, 0.8});
  x.bp = s.r.log_between(1, 8);
  // Unequal sizes are no ladder of one hand; the other decoys are those of single orders.
  if (decoy == 3 && s.r.happens(0.5)) {
    x.cv = 0.9;
    decoy = -1;
    const bool done = play_orders(s, x, decoy, out);
    out.trap = false;
    out.what = "unequal_sizes";
    return done;
  }
  return play_orders(s, x, decoy, out);
}

}  // namespace planted
