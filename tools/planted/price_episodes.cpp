// Stop hunts, bull and bear traps, and what only looks like them.
#include "stage.hpp"

namespace planted {

namespace {
double sign_of(bool up) { return up ? 1 : -1; }
}  // namespace

// The news moves spot and perpetual alike, and nobody sells it back.
void news_jump(stage& s, double level, bool up, episode& out) {
  out.what = "news_jump";
  out.onset = s.m.now();
  const double way = s.r.between(3, 9) * s.m.sig60();
  const double target = level + sign_of(up) * way;
  out.moved = way >= 5 * s.m.sig60();
  s.m.shift((target - s.m.value()) * 0.8, 1);
  s.m.control().rate = s.r.between(2, 5);
  s.m.control().buyers = up ? 0.6 : 0.4;
  s.walk(target, 10);
  s.m.control().rate = 1.3;
  s.hold(target, 0.01, 1, 240);
  out.end = s.m.now();
}

// Liquidations drive the price through the level and it stays there.
void cascade(stage& s, double level, bool up, episode& out) {
  out.what = "cascade";
  out.onset = s.m.now();
  const double way = s.r.between(5, 11), seconds = s.r.between(20, 70),
               target = level + sign_of(up) * way * s.m.sig60();
  out.moved = true;
  s.m.control().oi_per_s = -s.r.between(0.002, 0.006) / seconds;
  s.m.control().rate = s.r.between(2, 4);
  s.m.control().buyers = up ? 0.95 : 0.05;
  s.walk(target, seconds, s.r.between(2, 6) * background::volume);
  s.m.release();
  const double rest = level + sign_of(up) * way * s.r.between(0.7, 1.0) * s.m.sig60();
  s.hold(rest, 0.02, 1, 240);
  out.end = s.m.now();
}

// Takers press against the level and are absorbed: volume, and no break.
void absorbed_burst(stage& s, double level, bool up, episode& out) {
  out.what = "absorbed_burst";
  out.onset = s.m.now();
  const double here = level - sign_of(up) * s.r.between(0.35, 0.8) * s.m.sig60();
  s.m.control().rate = s.draw({3, 8}, {3, 8}, {2, 5});
  s.m.control().buyers = up ? 0.92 : 0.08;
  s.hold(here, 2, 0.3, s.r.between(5, 25));
  s.m.release();
  s.walk(level - sign_of(up) * 2 * s.m.sig60(), 40);
  s.run(60);
  out.end = s.m.now();
}

bool play_stop_hunt(stage& s, int decoy, episode& out) {
  const double level = s.approach(out.up);
  if (level == 0) return false;
  out.levels = {level};
  const double to = sign_of(out.up), sig60 = s.m.sig60();
  if (decoy == 0) return news_jump(s, level, out.up, out), true;
  if (decoy == 1) return cascade(s, level, out.up, out), true;
  if (decoy == 2) return absorbed_burst(s, level, out.up, out), true;
  if (decoy == 3) {  // the end of a minute brings volume, not a break
    out.what = "burst_at_minute_end";
    s.hold(level - to * 0.9 * sig60, 1, 0.4, static_cast<double>(minute - s.m.now() % minute) * 1e-9 - 4);
    out.onset = s.m.now();
    s.m.control().rate = s.r.between(4, 10);
    s.m.control().buyers = 0.5 + to * 0.35;
    s.hold(level - to * 0.9 * sig60, 1, 0.4, 5);
    s.m.release();
    s.run(90);
    out.end = s.m.now();
    return true;
  }
  const double over = s.draw({1.2, 4}, {0.8, 3.5}, {0.6, 2.5});
  out.onset = s.m.now();
  if (decoy == 4) {  // the market wanders beyond it and back, without anyone pushing
    out.what = "idle_sweep";
    s.walk(level + to * s.r.between(0.6, 1.8) * sig60, s.r.between(25, 60));
    s.walk(level - to * s.r.between(1.2, 2.5) * sig60, s.r.between(25, 60));
    s.hold(level - to * 1.8 * sig60, 0.05, 0.7, 60);
    out.end = s.m.now();
    return true;
  }

  const double burst = s.draw({8, 20}, {4, 12}, {2.5, 7}), seconds = s.r.between(2, 12);
  s.m.control().rate = 1 + 0.15 * burst;
  s.m.control().buyers = 0.5 + to * s.draw({0.45, 0.49}, {0.4, 0.48}, {0.3, 0.45});
  s.m.control().oi_per_s = -s.draw({0.001, 0.003}, {0.0005, 0.0015}, {0, 0.0008}) / (seconds + 5);
  s.walk(level + to * over * sig60, seconds, 0.7 * burst * background::volume);
  s.m.control().rate = 1 + 0.05 * burst;
  if (decoy == 5) {  // and it goes on: a break
    out.what = "break_holds";
    s.m.control().oi_per_s = s.r.between(-0.00001, 0.00002);
    s.walk(level + to * (over + s.r.between(1, 3)) * sig60, s.r.between(60, 200));
    s.hold(level + to * (over + 2) * sig60, 0.02, 1, 240);
    out.end = s.m.now();
    return true;
  }
  s.m.control().buyers = 0.5;
  s.hold(level + to * over * sig60, 0.3, s.draw({0.3, 0.5}, {0.4, 0.8}, {0.6, 1}), s.draw({2, 20}, {3, 45}, {3, 70}));
  s.m.control().oi_per_s = 0;
  s.m.control().rate = s.draw({2, 5}, {1.5, 3}, {1, 2});
  s.m.control().buyers = 0.5 - to * s.draw({0.3, 0.45}, {0.2, 0.4}, {0.05, 0.3});
  const double inside = level - to * s.draw({1.8, 4}, {1.5, 3}, {1.3, 2.2}) * sig60;
  s.walk(inside, s.draw({4, 15}, {5, 30}, {8, 40}));
  s.m.release();
  s.hold(inside, 0.1, s.draw({0.4, 0.6}, {0.5, 0.8}, {0.7, 1}), 35);
  out.end = s.m.now();
  s.run(30);
  return true;
}

bool play_range_trap(stage& s, int decoy, episode& out) {
  const double level = s.approach(out.up);
  if (level == 0) return false;
  out.levels = {level};
  const double to = sign_of(out.up), sig60 = s.m.sig60();
  if (decoy == 0) return news_jump(s, level, out.up, out), true;
  if (decoy == 1) return cascade(s, level, out.up, out), true;
  if (decoy == 2) return absorbed_burst(s, level, out.up, out), true;

  out.onset = s.m.now();
  const double beyond = s.r.between(1, 2.2), dwell = s.r.between(150, 540);
  const double built = s.draw({0.002, 0.005}, {0.001, 0.003}, {0.0004, 0.0015});
  const bool late = decoy < 0 || decoy == 3;  // buyers arrive late and are not followed
  // Either takers push and the price does not go, or it stands there without them.
  const double push = s.r.happens(0.3) ? 0.15 : -s.draw({0.05, 0.12}, {0.02, 0.1}, {0, 0.06});
  s.m.control().rate = s.r.between(1.5, 3);
  s.m.control().buyers = 0.5 + to * 0.35;
  s.walk(level + to * beyond * sig60, s.r.between(10, 50));
  s.m.control().rate = 1.2;
  s.m.control().buyers = 0.5 + to * (late && decoy < 0 ? push : s.r.between(0, 0.15));
  s.m.control().oi_per_s = decoy == 4 ? 0.0 : built / dwell;
  s.hold(level + to * beyond * sig60, 0.04, 0.6, dwell);
  s.m.release();
  if (decoy == 3) {  // looks back at the level once, then goes on
    out.what = "retest";
    s.walk(level + to * s.r.between(-0.3, 0.3) * sig60, s.r.between(20, 50));
    s.m.control().rate = 2, s.m.control().buyers = 0.5 + to * 0.3;
    s.walk(level + to * (beyond + 2) * sig60, s.r.between(60, 150));
    s.hold(level + to * (beyond + 2) * sig60, 0.02, 1, 300);
    out.end = s.m.now();
    return true;
  }
  if (decoy == 4) {  // comes back by itself, positions unchanged: chance
    out.what = "idle_return";
    s.walk(level - to * s.r.between(1.1, 1.8) * sig60, s.r.between(90, 240));
    s.hold(level - to * 1.5 * sig60, 0.03, 0.8, 60);
    out.end = s.m.now();
    return true;
  }
  if (decoy == 5) {
    out.what = "break_holds";
    s.m.control().oi_per_s = built / dwell;
    s.walk(level + to * (beyond + s.r.between(2, 6)) * sig60, s.r.between(120, 300));
    s.hold(level + to * (beyond + 3) * sig60, 0.01, 1, 240);
    out.end = s.m.now();
    return true;
  }
  const double seconds = s.draw({15, 50}, {20, 80}, {30, 120});
  const double inside = level - to * s.draw({1.6, 3.5}, {1.4, 2.8}, {1.2, 2.2}) * sig60;
  s.m.control().oi_per_s = -built * s.r.between(0.5, 1.2) / seconds;
  s.m.control().rate = s.draw({3, 6}, {2, 4}, {1.3, 2.5});
  s.m.control().buyers = 0.5 - to * s.draw({0.35, 0.45}, {0.25, 0.4}, {0.1, 0.3});
  s.walk(inside, seconds);
  out.end = s.m.now();
  s.m.release();
  s.hold(inside, 0.05, 0.7, 60);
  return true;
}

bool play_impulse(stage& s, int decoy, episode& out) {
  out.up = s.r.happens(0.5);
  const double farthest = 16 * s.m.sig60();
  if (s.m.room(out.up) < farthest) out.up = !out.up;
  if (s.m.room(out.up) < farthest) return false;
  const double to = sign_of(out.up), sig60 = s.m.sig60(), from = s.m.value();
  out.onset = s.m.now();
  out.levels = {from};
  const double way = s.draw({9, 15}, {7.5, 12}, {6.8, 9.5}) * sig60;
  if (decoy == 1) {  // as far, but slowly
    out.what = "slow_grind";
    s.m.control().buyers = 0.5 + to * 0.15, s.m.control().rate = 1.2;
    s.walk(from + to * way, s.r.between(700, 1000));
    out.end = s.m.now();
    return true;
  }
  if (decoy == 2) return absorbed_burst(s, from + to * 0.6 * sig60, out.up, out), true;
  if (decoy == 3) {  // a small impulse
    out.what = "small_impulse";
    s.m.control().rate = s.r.between(2, 4), s.m.control().buyers = 0.5 + to * 0.4;
    s.walk(from + to * s.r.between(2, 4) * sig60, s.r.between(20, 90));
    s.m.release();
    s.run(300);
    out.end = s.m.now();
    return true;
  }
  const bool fake = decoy < 0;
  out.moved = true;
  if (!fake) out.what = "move_holds";
  const double seconds = s.r.between(20, 100), burst = s.draw({6, 15}, {4, 10}, {3, 6});
  auto& c = s.m.control();
  c.rate = 1 + 0.2 * burst;
  c.buyers = 0.5 + to * s.draw({0.45, 0.49}, {0.42, 0.48}, {0.38, 0.46});
  c.index_follows = fake ? s.draw({0.2, 0.6}, {0.45, 0.85}, {0.65, 1}) : s.draw({0.85, 1}, {0.7, 1}, {0.65, 1});
  const double oi = fake ? s.draw({-0.002, 0}, {-0.001, 0.001}, {-0.0005, 0.0012})
                         : s.draw({0.002, 0.006}, {0.0005, 0.003}, {-0.0002, 0.002});
  c.oi_per_s = oi / seconds;
  c.depth[out.up ? 0 : 1] =
      fake ? s.draw({0.3, 0.6}, {0.5, 0.9}, {0.7, 1.1}) : s.draw({1, 1.6}, {0.9, 1.3}, {0.8, 1.2});
  s.walk(from + to * way, seconds, 0.4 * burst * background::volume);
  out.peak = s.m.now();
  const double top = s.m.value();
  c.rate = 1.2, c.buyers = 0.5, c.oi_per_s = 0;
  if (!fake) {
    const double kept = top - to * s.r.between(0, 0.28) * way;
    s.hold(top, 0.05, 0.8, s.r.between(20, 120));
    s.walk(kept, 120);
    c.depth = {1, 1};
    s.hold(kept, 0.02, 0.8, 840);
    out.end = s.m.now();
    return true;
  }
  s.hold(top, 0.1, 0.7, s.r.between(25, 150));
  c.rate = s.r.between(1.2, 2.5), c.buyers = 0.5 - to * 0.2;
  const double share = s.r.between(0.62, 1.05), back = s.r.between(60, 450);
  s.walk(top - to * share * way, back);
  out.end = s.m.now();
  s.m.release();
  s.run(60);
  return true;
}

}  // namespace planted
