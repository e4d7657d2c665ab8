// Some hours of one planted market: episodes and decoys in random order, five decoys for each trap.
#pragma once

#include <cstdint>
#include <vector>

#include "episode.hpp"

namespace planted {

// Sessions of one split never share a seed with another: the calibration is learned on `tune`, whether it is used is
// decided on `choose`, and what is reported comes from `test`.
enum class split : std::uint8_t { tune, choose, test };
std::string_view name_of(split s) noexcept;
std::uint64_t seed_of(split s, difficulty d, family f, int number) noexcept;

struct session_settings {
  std::uint64_t seed = 1;
  difficulty how = difficulty::medium;
  family of = family::spoofing;
  int traps = 6;                      // five decoys come with each; of impulses: one move that holds and two decoys
  std::int64_t warmup = 16 * minute;  // market without episodes at the beginning
};

struct session_truth {
  std::vector<episode> episodes;  // in time order
  std::int64_t begin = 0, end = 0;
  int no_place = 0;  // episodes for which the market offered none
  background::counts counted;
};

// The same settings give the same events and truth.
session_truth run_session(const session_settings& s, tape& out);

}  // namespace planted
