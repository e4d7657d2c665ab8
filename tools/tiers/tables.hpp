// The tables that people read: on the terminal and in the report.
#pragma once

#include <string>
#include <vector>

#include "real.hpp"
#include "scoring.hpp"

namespace tiers {

struct table {
  std::string title, note;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};
std::string as_text(const table& t);
std::string as_html(const table& t);

std::string text(double value, int places);
std::string text(measure::interval i, int places);

// Every pattern with each contestant that ever speaks of it, and what always giving the base rate would get.
table detection_table(const std::string& title, const std::string& note, const std::vector<played>& all,
                      const std::vector<pattern>& patterns);
// Which decoys drew the false alarms of contestant `who`.
table decoy_table(const std::string& title, const std::vector<played>& all, std::size_t who);
table bars_table(const bars_result& r);
// Alarms of contestants where nothing was planted.
table quiet_table(const std::string& title, const std::string& note, const played& p);

// A goal of detection.md section 4, and what became of it.
struct goal {
  std::string what, wanted, measured;
  bool met = false;
};
table goals_table(const std::vector<goal>& all);

}  // namespace tiers
