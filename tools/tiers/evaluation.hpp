// `tiers evaluate`: all tiers of detection.md 3 on the test split and on recordings.
//
//   T0  easy sessions with one trap each: is it told, and which decoys are
//   T1  planted sessions, five decoys for each trap, by difficulty
//   T2  false orders laid over the real BTC stream
//   T3  labelled pumps (`pumps evaluate` has the whole table)
//   T4  the real stream and real bars as they are, with surrogates; natural moves of the labelled recordings
#pragma once

#include <string>
#include <vector>

#include "planted/episode.hpp"

namespace tiers {

struct evaluation_settings {
  bool full = false;                              // otherwise: medium only, few traps, no labelled pumps
  std::vector<planted::difficulty> difficulties;  // of T1; empty = those of the form
  std::string data = "../shared/data";
  std::string output = "run/evaluation";
  int sessions = 0;  // times the usual number; 0 = 1
  unsigned threads = 0;
};

// Prints the tables, writes <output>/report.html. What needs recordings that are absent is left out, and said so. 0 =
// done.
int evaluate(const evaluation_settings& s);

}  // namespace tiers
