// The evaluation as one HTML file that needs nothing else: tables, and plots as inline SVG.
#pragma once

#include <string>

#include "tables.hpp"

namespace tiers {

struct report {
  std::string heading, about;  // about: split, seeds, hashes, time; one line each
  std::vector<table> tables;
  std::vector<std::string> plots;  // SVG
};
std::string as_html(const report& r);

// Reliability and precision against recall of one pattern; one colour a contestant, the first two of them.
std::string reliability_plot(const std::vector<played>& all, pattern p, std::size_t contestants);
std::string trade_off_plot(const std::vector<played>& all, pattern p, std::size_t contestants);
// The first episode of the pattern that the first contestant found: price, level, probability, alarm and its evidence.
// Empty if it found none.
std::string episode_plot(const std::vector<played>& all, pattern p);

}  // namespace tiers
