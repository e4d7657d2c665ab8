// Learns the weights of the onset model from labelled recordings.
//
// The unit is the candidate episode: moments at which the price stands at least 1 % above its 60-s low, with less than
// 30 minutes between them. An episode of pumps is every moment from 120 s before the labelled onset to 5 s after the
// pump has begun; what else lies within an hour of an announcement is left out. An episode counts with its strongest
// moment, because that is what raises an alarm (multiple-instance learning): fit, choose each episode's strongest
// moment, fit again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "features/onset.hpp"
#include "recording.hpp"

namespace pumps {

struct moment {
  std::int64_t ts = 0;
  trapline::trap::onset_values x{};
};
struct episode {
  std::size_t recording = 0;
  bool pump = false;
  std::vector<moment> moments;  // never empty
  std::vector<moment> later;    // of a pump, from 5 s to 60 s after it has begun: too late to learn from
};

// Within an hour of the announcement or the onset.
bool near_announcement(const recording& r, std::int64_t ts);
std::vector<episode> find_episodes(const std::vector<recording>& all);

inline constexpr double usual_ridge = 2;
// All weights are 0 or more. `ridge`: penalty on the square of the standardised weights.
trapline::trap::onset_model learn(const std::vector<const episode*>& from, double ridge);

// The strongest moment's probability; of a pump, up to 60 s after it has begun.
double peak(const episode& e, const trapline::trap::onset_model& m);

// Which of `folds` parts a recording belongs to; all recordings of one coin share one.
std::vector<std::size_t> fold_of(const std::vector<recording>& all, std::size_t folds);

// "bias w0 w1 ..." in shortest exact form.
std::string text_of(const trapline::trap::onset_model& m);
// The content of calibration/onset.inc.
std::string data_file(const trapline::trap::onset_model& m);

}  // namespace pumps
