// Turns a snapshot into text for people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "live_view.hpp"
#include "trapline/engine.hpp"

namespace trapline::cli {

struct frame {
  std::string engine;
  double elapsed_s = 0;
  double events_per_s = 0;
  std::vector<lane_status> lanes;
  std::uint64_t bus_bytes = 0, refusals = 0;
  snapshot data;
};

// Several lines, each at most `width` columns, for a terminal with ANSI colours.
std::string render_live(const frame& f, int width);
// One line without control characters.
std::string render_line(const frame& f);
// What was planted and found, one line a kind; empty without planted episodes.
std::string render_episodes(const snapshot& s);

}  // namespace trapline::cli
