#include "recording.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "measure/packed.hpp"

namespace pumps {

std::vector<std::string> fields(const std::string& line) {
  std::vector<std::string> out;
  std::stringstream in(line);
  for (std::string f; std::getline(in, f, ',');) out.push_back(f);
  return out;
}

namespace {

void read_trades(const std::string& path, recording& r) {
  std::stringstream in(measure::read_xz(path));
  std::string line;
  std::getline(in, line);  // the names of the columns
  for (std::size_t n = 2; std::getline(in, line); ++n) {
    const auto f = fields(line);
    trapline::trap::trade_tick t;
    if (f.size() >= 4) {
      t.ts = std::atoll(f[0].c_str()) * 1'000'000;
      t.side = f[1] == "b" ? 1 : f[1] == "s" ? -1 : 0;
      t.price = std::strtod(f[2].c_str(), nullptr);
      t.size = std::strtod(f[3].c_str(), nullptr);
    }
    if (t.ts <= 0 || t.side == 0 || !(t.price > 0) || !(t.size > 0))
      throw std::runtime_error(path + ":" + std::to_string(n) + ": expected timestamp_ms,b|s,price,amount");
    r.trades.push_back(t);
  }
  if (r.trades.empty()) throw std::runtime_error(path + ": holds no trades");
  std::stable_sort(r.trades.begin(), r.trades.end(), [](const auto& a, const auto& b) { return a.ts < b.ts; });
}

}  // namespace

std::vector<recording> read_recordings(const std::string& dir) {
  const std::string labels = dir + "/labels.csv";
  std::ifstream in(labels);
  if (!in) throw std::runtime_error(labels + ": cannot be read");
  std::vector<recording> out;
  std::string line;
  std::getline(in, line);
  for (std::size_t n = 2; std::getline(in, line); ++n) {
    const auto f = fields(line);
    if (f.size() < 4) throw std::runtime_error(labels + ":" + std::to_string(n) + ": expected at least 4 columns");
    recording r;
    r.name = f[0];
    std::replace(r.name.begin(), r.name.end(), ' ', '_');
    r.coin = r.name.substr(0, r.name.find('_'));
    r.announced = std::atoll(f[1].c_str()) * 1'000'000;
    r.verified = f[2] == "1";
    r.onset = std::atoll(f[3].c_str()) * 1'000'000;
    read_trades(dir + "/" + r.name + ".csv.xz", r);
    out.push_back(std::move(r));
  }
  return out;
}

}  // namespace pumps
