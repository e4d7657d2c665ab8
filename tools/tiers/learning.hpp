// Learns the tables of a pattern from planted sessions.
//
// The unit is a candidate: an episode of the detector, alarmed or not. In each state that its machine reached it counts
// once, with the last evidence of that state, and with the answer whether a planted episode of the pattern was under
// way. The log-odds are an offset for the state plus one number for the bin of each item: logistic regression that is
// drawn to the reasoned priors and ratios, and in which it costs little to move a bin as its neighbours are moved. So a
// table keeps its shape where samples are few, and a habit of the planted market, seen in one bin, is not taken for a
// trait of the pattern. Then one slope and one offset, fitted on candidates of sessions that the fit had not seen,
// scale all of it: so that the forecast of an episode, which is the highest that its candidates got (scoring.cpp), is
// right as often as it says. The base rate in what comes out is that of the planted sessions, five decoys for each
// trap: shift_to() moves it to another.
#pragma once

#include "games.hpp"
#include "probability.hpp"

namespace tiers {

struct sample {
  trap::state at = trap::state::idle;
  std::vector<std::pair<trap::item, double>> evidence;
  bool came = false;
  std::size_t session = 0;  // for folds
  // The planted episode or decoy under way, a number of its own among all sessions; -1 = none.
  std::int64_t episode = -1;
  double highest = 1;    // what caps leave of the probability
  bool forecast = true;  // whether it takes part in the episode's forecast
};

// What the detector's machines looked like in the sessions of each pattern's own family. Alarms are held off, so that
// every candidate runs to its end.
std::array<std::vector<sample>, pattern_count> collect(const std::vector<planted::session_settings>& sessions,
                                                       unsigned threads);

// `kind`: whose reasoned priors hold where there are no samples. `name`: of the id.
struct learned {
  trap::pattern_calibration numbers;
  std::string id, hash, text;  // `numbers` points into these after settle()
  void settle(const std::string& name);
};
learned learn(const std::vector<sample>& from, trap::kind kind, const std::string& name);

// log-odds of the candidate without caps
double logit_of(const trap::pattern_calibration& c, const sample& s);

// Items whose learned table runs against the reasoned one, and by more than `much` from its lowest to its highest bin:
// more of what the definition asks for would lower the probability. Such a table has learned a habit of the planted
// market, and no trait of the pattern.
std::vector<std::string> contradictions(const trap::pattern_calibration& c, double much = 1);

// Slope and offset of the log-odds with which these forecasts have the least log loss.
std::pair<double, double> scale_of(const std::vector<measure::forecast>& said);
void scale(trap::pattern_calibration& c, double slope, double offset);

// Moves all offsets from one base rate to another.
void shift_to(trap::pattern_calibration& c, double base_rate_from, double base_rate_to);

// "on a; o0 .. o5; item l0 .. l7; ..." in shortest exact form; the first part only if there is a threshold.
std::string text_of(const trap::pattern_calibration& c);
// The content of calibration/<name>.inc.
std::string data_file(const learned& l);

// The patterns that have learned tables, their names, and where the settings keep them.
struct slot {
  pattern what;
  const char* name;
  trap::kind kind;
  trap::pattern_calibration& (*of)(trap::settings&);
};
std::span<const slot> slots();
// The settings with the reasoned tables everywhere.
trap::settings reasoned();

}  // namespace tiers
