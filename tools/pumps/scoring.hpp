// What a detector told of the recordings against their labels.
//
// An alarm is the first `detected` or `confirmed` of an id of the pattern `pump`. A hit lies from 120 s before a
// labelled onset to 60 s after it (`strict`), or to 60 s after the pump has begun (see recording::begun); one an onset.
// Any other alarm is false, save within an hour of an announcement, where nothing is known for sure. Delays are from
// the labelled onset in both.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "candle/bar_detector.hpp"
#include "detector.hpp"
#include "measure/statistics.hpp"
#include "recording.hpp"
#include "threshold/move_detector.hpp"

namespace pumps {

using namespace measure;  // intervals, quantiles, forecasts

struct told {
  std::int64_t ts = 0;
  double probability = 0;
  bool alarm = false;
};

// The `pump` signals of one recording, in order.
std::vector<told> run_trap(const recording& r, const trapline::trap::settings& s);
std::vector<told> run_candle(const recording& r, const trapline::trap::settings& s);
std::vector<told> run_threshold(const recording& r, const trapline::trap::move_settings& s);

struct result {
  std::uint64_t pumps = 0, hits = 0, false_alarms = 0;
  double days = 0;                   // without the hours that do not count
  std::vector<double> delays;        // s from the onset to the alarm, of hits
  std::vector<double> delays_begun;  // s from the later of onset and announcement
  std::vector<std::string> missed;   // names of recordings
  std::vector<std::string> wrong;    // name and time of false alarms
  // `mute`: ns after an alarm in which further ones do not count.
  void add(const recording& r, const std::vector<told>& all, bool strict, std::int64_t mute);

  double precision() const;
  double recall() const { return pumps ? static_cast<double>(hits) / static_cast<double>(pumps) : 0; }
  double f1() const;
};

// 95 % bounds of F1 by drawing recordings anew, 2000 times, from a fixed seed. `each`: one result a recording.
interval f1_bounds(const std::vector<result>& each);
result sum(const std::vector<result>& each);

}  // namespace pumps
