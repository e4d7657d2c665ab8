// What the scripts have in common: drawing parameters by difficulty, letting time pass, walking the price.
#pragma once

#include <array>
#include <cmath>
#include <functional>

#include "episode.hpp"

namespace planted {

struct range {
  double low, high;
};

class stage {
 public:
  stage(background& market, difficulty d) : m(market), r(market.random()), how(d) {}

  double draw(range easy, range medium, range hard) {
    const range& x = how == difficulty::easy ? easy : how == difficulty::medium ? medium : hard;
    return r.between(x.low, x.high);
  }

  template <class Each>
  void run(double seconds, Each&& each) {
    for (const std::int64_t until = m.now() + static_cast<std::int64_t>(seconds * 1e9); m.now() < until;) {
      each();
      m.step();
    }
  }
  void run(double seconds) {
    run(seconds, [] {});
  }
  // Draws the fair value to `target` in about `seconds` and lets `lots_per_s` of takers push that way.
  void walk(double target, double seconds, double lots_per_s = 0) {
    const bool up = target > m.value();
    m.control().target = target;
    const std::int64_t until = m.now() + static_cast<std::int64_t>(seconds * 1e9);
    run(seconds, [&] {
      const double left = std::max(0.05, static_cast<double>(until - m.now()) * 1e-9);
      m.control().drift = (target - m.value()) / left;
      if (lots_per_s > 0) m.market_order(up, lots_per_s * 0.05 * r.exponential(1));
    });
    m.control().drift = 0;
  }
  void hold(double target, double pull, double calm, double seconds) {
    m.control().target = target, m.control().pull = pull, m.control().calm = calm;
    run(seconds);
    m.control().pull = 0, m.control().calm = 1;
  }

  // An extreme that everyone sees, at which the price has not been for 12 minutes or more, or else a round number,
  // brought within reach: the price stands half a deviation before it. 0 = none offered itself in time.
  double approach(bool& up);

  background& m;
  chance& r;
  difficulty how;
};

// One script a family; `out` is filled in. False: no place for it.
bool play_stop_hunt(stage& s, int decoy, episode& out);
bool play_range_trap(stage& s, int decoy, episode& out);
bool play_impulse(stage& s, int decoy, episode& out);
bool play_spoofing(stage& s, int decoy, episode& out);
bool play_layering(stage& s, int decoy, episode& out);

// Decoys that stop hunts and range traps share; the price stands half a deviation before `level`.
void news_jump(stage& s, double level, bool up, episode& out);
void cascade(stage& s, double level, bool up, episode& out);
void absorbed_burst(stage& s, double level, bool up, episode& out);

}  // namespace planted
