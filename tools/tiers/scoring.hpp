// What contestants said of planted sessions against their truth.
//
// An alarm is the first `detected` or `confirmed` of an id. It hits an episode of its pattern if it lies from 2 s
// before the onset to a tolerance after the end (spoofing, layering 5 s; stop hunt 30 s; pump 60 s; traps and fakes 120
// s), names the same direction, and a level within 2 ticks or 1 bp of the true one; one alarm an episode, every further
// one is false. Three kinds count neither way: spoofing or layering told again of the same run of false orders (it is
// one episode of two minutes, and the detectors' refractory time is 30 s); spoofing told of a ladder of false orders
// (layering is spoofing by more orders), and a pump or dump told of a fast, far move that another script made.
#pragma once

#include <map>

#include "contest.hpp"
#include "measure/statistics.hpp"
#include "planted/session.hpp"

namespace tiers {

// The forecast of an episode of which nothing was said.
inline constexpr double silence = 0.01;

// One session and what each contestant said of it.
struct played {
  planted::session_settings settings;
  planted::session_truth truth;
  struct said {
    std::string name;
    std::vector<alarm> alarms;
    std::vector<reading> readings;
    std::vector<std::string> evidence;
  };
  std::vector<said> contestants;
  std::vector<float> prices;  // the last one of each second since truth.begin
};

struct tally {
  std::string name;
  pattern what = pattern::stop_hunt;
  std::uint64_t positives = 0, hits = 0;
  std::uint64_t false_alarms = 0;  // in sessions of the pattern's own family: five decoys for each trap
  std::uint64_t other_false = 0;   // in the sessions of the other families
  std::uint64_t neutral = 0;
  std::uint64_t wrong_level = 0;             // false only because of the level
  double hours = 0;                          // of all sessions
  std::vector<double> delays;                // s from the onset, of hits
  std::vector<measure::outcome> units;       // an episode or decoy each, for drawing anew
  std::vector<measure::forecast> forecasts;  // one an episode or decoy of the family
  std::map<std::string, int> false_by;       // which decoys drew false alarms

  measure::rates rates() const { return measure::rates_of(positives, hits, false_alarms); }
};

// Whether the pattern is true of the episode.
bool is(const planted::episode& e, pattern p) noexcept;
planted::family family_of(pattern p) noexcept;

// A hit of `a` in the sense above; the level is looked at apart.
bool hits(const planted::episode& e, const alarm& a) noexcept;
bool level_agrees(const planted::episode& e, pattern p, double level) noexcept;

// `who`: index of the contestant, the same in every session.
tally score(const std::vector<played>& all, std::size_t who, pattern p);

}  // namespace tiers
