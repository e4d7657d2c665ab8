#include "planner.hpp"

#include <algorithm>
#include <cmath>

#include "trapline/abi/signal.h"

namespace trapline::paper_venue {
namespace {

constexpr std::int64_t in_seconds(double s) { return static_cast<std::int64_t>(s * 1e9); }

// What the planners of one script share.
struct sheet {
  const market& m;
  prng& random;
  bool up;
  double sigma = m.sigma60();     // ticks
  double flow = m.volume_rate();  // lots a second
  // The flow that long phases are measured in: bounded, or episodes would raise the rate that the next ones are
  // measured in.
  double usual = std::min(flow, 2 * market::base_volume * m.settings().lots_per_unit);
  double here = m.efficient_price();
  script out{};

  // A price `sigmas` beyond `from`, in the direction of the push.
  double beyond(double from, double sigmas) const { return from + (up ? sigmas : -sigmas) * sigma; }

  phase& add(double seconds_long, double target) {
    phase p;
    p.duration = in_seconds(seconds_long);
    p.act.target = target;
    out.phases.push_back(p);
    return out.phases.back();
  }
  // Takers on the side of the push (`with`) and against it.
  void takers(forces& f, double with, double against) const {
    f.buy_rate = up ? with : against;
    f.sell_rate = up ? against : with;
  }
  void burst(forces& f, bool with_push, double lots_per_second) const {
    (up == with_push ? f.burst_buy : f.burst_sell) = lots_per_second;
  }
  void depth(forces& f, double ahead, double behind) const {
    f.ask_depth = up ? ahead : behind;
    f.bid_depth = up ? behind : ahead;
  }

  // Slowly to just before the level, so that the way there is no event of its own; then a pause.
  void approach(double level, double stop_short) {
    const double target = beyond(level, -stop_short);
    const double distance = std::abs(target - here) / sigma;
    add(std::clamp(distance / 1.4 * 60, 15.0, 360.0), target).act.noise = 0.8;
    add(random.uniform(6, 12), target).act.noise = 0.3;
  }
  // Leaves the market quiet for a while, so that episodes do not run into one another.
  void aftermath(double seconds_long, double target) { add(seconds_long, target).act.noise = 0.8; }
};

void mark_onset(sheet& s, std::uint16_t pattern, std::uint8_t direction) {
  s.out.pattern = pattern;
  s.out.direction = direction;
  s.out.phases.back().onset = true;
}

script stop_hunt(sheet s) {
  const auto level = find_level(s.up, s.m, 0.6 * s.sigma);
  s.out.level = level;
  const double at = static_cast<double>(level);
  s.approach(at, 0.35);

  const double extreme = s.beyond(at, s.random.uniform(1.0, 2.4));
  const double sweep_time = s.random.uniform(3.0, 4.8);
  auto& sweep = s.add(sweep_time, extreme).act;
  mark_onset(s, TRAPLINE_PATTERN_STOP_HUNT, s.up ? TRAPLINE_DIRECTION_UP : TRAPLINE_DIRECTION_DOWN);
  sweep.noise = 0.4;
  sweep.hit_fraction = 0.8;
  sweep.opening = -0.7;  // stops and liquidations close positions
  s.takers(sweep, 4, 0.1);
  s.burst(sweep, true, s.flow * s.random.uniform(30, 42) / sweep_time);
  s.depth(sweep, 0.45, 0.8);

  auto& linger = s.add(s.random.uniform(5, 15), s.beyond(extreme, -0.25)).act;
  linger.noise = 0.4;
  linger.opening = -0.2;
  s.depth(linger, 1.2, 1.0);

  const double inside = s.beyond(at, -s.random.uniform(1.5, 2.0));
  auto& reclaim = s.add(s.random.uniform(14, 45), inside).act;
  reclaim.noise = 0.5;
  reclaim.hit_fraction = 0.15;
  s.takers(reclaim, 0.4, 2.5);
  s.burst(reclaim, false, s.usual * 1.5);
  s.depth(reclaim, 1.5, 0.9);

  auto& hold = s.add(s.random.uniform(36, 45), s.beyond(inside, -0.2)).act;
  hold.noise = 0.45;
  s.takers(hold, 0.7, 1.2);
  s.aftermath(20, s.beyond(inside, -0.2));
  return s.out;
}

// The way to a level and the break itself; the callers say what becomes of it. Returns the level.
double broken_level(sheet& s, double opening) {
  s.out.level = find_level(s.up, s.m, 0.8 * s.sigma);
  const auto at = static_cast<double>(*s.out.level);
  s.approach(at, 0.4);
  auto& break_out = s.add(s.random.uniform(12, 25), s.beyond(at, s.random.uniform(0.9, 1.3))).act;
  break_out.noise = 0.5;
  break_out.hit_fraction = 0.2;
  break_out.opening = opening;
  s.takers(break_out, 3, 0.5);
  s.burst(break_out, true, s.usual * 2);
  return at;
}

script trap(sheet s) {
  const double at = broken_level(s, 0.45);
  mark_onset(s, s.up ? TRAPLINE_PATTERN_BULL_TRAP : TRAPLINE_PATTERN_BEAR_TRAP,
             s.up ? TRAPLINE_DIRECTION_UP : TRAPLINE_DIRECTION_DOWN);
  // Late buyers (sellers) enter and are absorbed: volume and new positions without progress.
  auto& accepted = s.add(s.random.uniform(85, 180), s.beyond(at, s.random.uniform(0.9, 1.2))).act;
  accepted.noise = 0.28;
  accepted.opening = 0.5;
  s.takers(accepted, 2.2, 1.0);
  s.depth(accepted, 1.3, 0.8);

  const double inside = s.beyond(at, -s.random.uniform(1.5, 2.1));
  auto& failing = s.add(s.random.uniform(20, 45), inside).act;
  failing.noise = 0.5;
  failing.hit_fraction = 0.25;
  failing.opening = -0.5;
  s.takers(failing, 0.4, 3);
  s.burst(failing, false, s.usual * 2.5);

  auto& hold = s.add(s.random.uniform(30, 40), s.beyond(inside, -0.2)).act;
  hold.noise = 0.5;
  hold.opening = -0.2;
  s.takers(hold, 0.8, 1.2);
  s.aftermath(20, s.beyond(inside, -0.2));
  return s.out;
}

script fake_move(sheet s) {
  const double size = s.random.uniform(7.2, 9.0);
  const double peak = s.beyond(s.here, size);
  const double rise = s.random.uniform(70, 140);
  // A slow third, then the rest: the impulse accelerates as followers join.
  auto& start = s.add(rise * 0.45, s.beyond(s.here, size * 0.28)).act;
  mark_onset(s, s.up ? TRAPLINE_PATTERN_FAKE_PUMP : TRAPLINE_PATTERN_FAKE_DUMP,
             s.up ? TRAPLINE_DIRECTION_UP : TRAPLINE_DIRECTION_DOWN);
  const auto push = [&](forces& f, double strength) {
    f.noise = 0.4;
    f.hit_fraction = 0.25;
    f.index_follow = 0.45;  // the other venues hardly follow
    f.opening = -0.08;      // shorts cover; nobody builds a position
    s.takers(f, 1 + strength, 0.25);
    s.burst(f, true, s.usual * strength);
    s.depth(f, 0.8, 0.7);
  };
  push(start, 2.5);
  push(s.add(rise * 0.55, peak).act, 5);

  auto& top = s.add(s.random.uniform(22, 32), s.beyond(peak, -0.35)).act;
  top.noise = 0.35;
  top.index_follow = 0.45;

  const double kept = 1 - s.random.uniform(0.65, 0.9);
  const double back = s.beyond(s.here, size * kept);
  auto& retrace = s.add(s.random.uniform(70, 180), back).act;
  retrace.noise = 0.6;
  retrace.hit_fraction = 0.15;
  retrace.index_follow = 0.45;
  s.takers(retrace, 0.6, 2.2);
  s.burst(retrace, false, s.usual * 1.2);
  s.aftermath(30, back);
  return s.out;
}

script spoofing(sheet s) {
  // `up`: false bids, by which the price is lured up while the spoofer sells at the ask.
  const double base = s.here;
  const double bp = s.m.settings().ticks_per_bp;
  const double units = s.m.settings().lots_per_unit;
  const double distance = s.random.uniform(3, 9);
  const double size = s.random.uniform(16, 24);
  const int cycles = 5 + static_cast<int>(s.random.below(3));
  s.add(4, base).act.noise = 0.5;
  for (int i = 0; i < cycles; ++i) {
    const double lured = base + (s.up ? 1 : -1) * s.random.uniform(1.0, 1.6) * bp;
    auto& posted = s.add(s.random.uniform(1.2, 4.5), lured).act;
    if (i == 0) mark_onset(s, TRAPLINE_PATTERN_SPOOFING, s.up ? TRAPLINE_DIRECTION_BID : TRAPLINE_DIRECTION_ASK);
    posted.noise = 0.25;
    posted.hit_fraction = 0.15;
    s.takers(posted, 1.6, 0.3);
    (s.up ? posted.bid_layer : posted.ask_layer) = layer{std::llround((distance + s.random.uniform(-0.5, 0.5)) * bp),
                                                         std::llround(size * s.random.uniform(0.9, 1.1) * units)};
    auto& revert = s.add(s.random.uniform(3.5, 4.8), base).act;
    revert.noise = 0.25;
    s.takers(revert, 0.5, 1.5);
    if (i + 1 < cycles) s.add(s.random.uniform(5, 10), base).act.noise = 0.3;
  }
  s.aftermath(15, base);
  return s.out;
}

layer large_order(sheet& s, double bp_away) {
  return {std::llround(bp_away * s.m.settings().ticks_per_bp),
          std::llround(s.random.uniform(12, 20) * s.m.settings().lots_per_unit)};
}

script filled_layer(sheet s) {
  const double bp = s.m.settings().ticks_per_bp;
  const double away = s.random.uniform(3, 6);
  auto& walk = s.add(s.random.uniform(25, 45), s.here + (s.up ? 1 : -1) * (away + 1.5) * bp).act;
  walk.noise = 0.6;
  (s.up ? walk.ask_layer : walk.bid_layer) = large_order(s, away);
  s.takers(walk, 1.8, 0.7);
  s.aftermath(20, s.here + (s.up ? 1 : -1) * (away + 1.5) * bp);
  return s.out;
}

script two_sided_refresh(sheet s) {
  for (int i = 0; i < 4; ++i) {
    auto& posted = s.add(s.random.uniform(2, 6), s.here).act;
    const double away = s.random.uniform(4, 9);
    posted.bid_layer = large_order(s, away);
    posted.ask_layer = large_order(s, away);
    s.add(s.random.uniform(4, 9), s.here);
  }
  return s.out;
}

script lone_layer(sheet s) {
  auto& posted = s.add(s.random.uniform(2, 6), s.here).act;
  posted.noise = 0.6;
  (s.up ? posted.bid_layer : posted.ask_layer) = large_order(s, s.random.uniform(4, 9));
  s.add(10, s.here);
  return s.out;
}

script break_that_holds(sheet s) {
  const double at = broken_level(s, 0.4);
  auto& on = s.add(s.random.uniform(100, 160), s.beyond(at, s.random.uniform(3, 4.5))).act;
  on.opening = 0.2;
  s.takers(on, 1.5, 0.9);
  s.aftermath(60, s.beyond(at, 3.5));
  return s.out;
}

script move_that_holds(sheet s) {
  const double size = s.random.uniform(6.5, 8.5);
  const double end = s.beyond(s.here, size);
  auto& move = s.add(s.random.uniform(90, 150), end).act;
  move.noise = 0.6;
  move.hit_fraction = 0.2;
  move.opening = 0.35;
  s.takers(move, 3.5, 0.7);
  s.burst(move, true, s.usual * 2.5);
  s.aftermath(180, s.beyond(end, 0.4));
  return s.out;
}

}  // namespace

std::int64_t find_level(bool above, const market& m, double nearest) {
  const double price = m.efficient_price();
  const auto distance = [&](std::int64_t tick) { return (static_cast<double>(tick) - price) * (above ? 1 : -1); };
  // A twentieth of the power of ten at or below the start price: 500 at 64,000.
  const auto start = static_cast<double>(m.settings().start_tick);
  const auto round = std::max<std::int64_t>(1, std::llround(std::pow(10.0, std::floor(std::log10(start))) / 20));
  std::int64_t found = static_cast<std::int64_t>(price) / round * round + (above ? round : 0);
  while (distance(found) < nearest) found += above ? round : -round;
  for (const auto tick : above ? m.minute_bars().untouched_swing_highs() : m.minute_bars().untouched_swing_lows())
    if (distance(tick) >= nearest && distance(tick) < distance(found)) found = tick;
  return found;
}

script plan_episode(episode_kind kind, bool up, const market& m, prng& random) {
  switch (kind) {
    case episode_kind::stop_hunt:
      return stop_hunt({m, random, up});
    case episode_kind::bull_trap:
      return trap({m, random, true});
    case episode_kind::bear_trap:
      return trap({m, random, false});
    case episode_kind::fake_pump:
      return fake_move({m, random, true});
    case episode_kind::fake_dump:
      return fake_move({m, random, false});
    case episode_kind::spoofing:
      break;
  }
  return spoofing({m, random, up});
}

script plan_decoy(decoy_kind kind, bool up, const market& m, prng& random) {
  switch (kind) {
    case decoy_kind::filled_layer:
      return filled_layer({m, random, up});
    case decoy_kind::two_sided_refresh:
      return two_sided_refresh({m, random, up});
    case decoy_kind::lone_layer:
      return lone_layer({m, random, up});
    case decoy_kind::break_that_holds:
      return break_that_holds({m, random, up});
    case decoy_kind::move_that_holds:
      break;
  }
  return move_that_holds({m, random, up});
}

}  // namespace trapline::paper_venue
