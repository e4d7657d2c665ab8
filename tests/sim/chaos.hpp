// Everything that may go wrong, at random times from a seed: at the venue, on the network, on this machine.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "prng.hpp"
#include "world.hpp"

namespace trapline::sim {

class chaos {
 public:
  // `pause`: mean ns between two faults.
  chaos(world& w, std::uint64_t seed, std::int64_t pause);

  // To be called whenever the clock has moved.
  void advance();
  // Nothing new goes wrong from here on, and what lasts by itself (clocks, refused connections) is put right.
  void end();
  std::uint64_t faults() const { return faults_; }
  std::string last() const { return last_; }

 private:
  void strike();
  void strike_network();
  void strike_machine();

  world& world_;
  paper_venue::prng random_;
  std::int64_t pause_, next_;
  std::int64_t refusing_until_ = 0, bus_full_until_ = 0;
  std::int64_t venue_clock_ = 0;  // ms, sum of its jumps
  std::uint64_t faults_ = 0;
  std::string last_;
  bool ended_ = false;
};

// One run of `length` ns of venue time: faults for a while, then quiet, in which everything must be found equal, again
// and again. What is wrong is in w.findings.
struct chaos_run {
  std::int64_t storm = 10 * minute, most_calm = 15 * minute;  // ns
  std::int64_t pause = 40 * second;                           // see chaos
};
struct chaos_result {
  std::uint64_t faults = 0, restarts = 0, rounds = 0;
  std::int64_t longest_recovery = 0;  // ns until all was equal after the last fault
};
chaos_result run_chaos(world& w, std::int64_t length, const chaos_run& how);

// The setup that a seed stands for: dialect, position mode, one or two symbols.
setup setup_of_seed(std::uint64_t seed);

}  // namespace trapline::sim
