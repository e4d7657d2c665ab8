// Labelled recordings of announced pumps: every trade of one coin for some days round the announcement.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "features/market.hpp"

namespace pumps {

struct recording {
  std::string name;  // of the file, without endings
  std::string coin;
  std::int64_t announced = 0;  // UTC ns
  bool verified = false;       // the price did rise; otherwise nothing is known of the hours round the announcement
  std::int64_t onset = 0;      // UTC ns of the first trade 3 % up; 0 if not verified
  std::vector<trapline::trap::trade_tick> trades;  // in time order

  // The later of onset and announcement: in five of the recordings a small rise 70 to 175 s before the pump itself
  // carries the label, and the pump begins with its announcement.
  std::int64_t begun() const { return verified && announced > onset ? announced : onset; }
  double days() const { return static_cast<double>(trades.back().ts - trades.front().ts) / 86'400e9; }
};

// The columns of a line of CSV; none of these files quotes any.
std::vector<std::string> fields(const std::string& line);

// All recordings that `<dir>/labels.csv` names, in its order. Throws std::runtime_error with file and line.
std::vector<recording> read_recordings(const std::string& dir);

}  // namespace pumps
