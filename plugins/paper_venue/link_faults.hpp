// What goes wrong on the way to the clients: counts and times of the faults in force, and what they do to a frame.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "prng.hpp"

namespace trapline::paper_venue {

enum class frame_kind : std::uint8_t { answer, data, private_data, other };

// A frame that is kept back, for one connection.
struct held_frame {
  std::int64_t due;  // mono
  std::string text;
};

struct link_state {
  std::deque<held_frame> delayed;
  std::optional<std::string> overtaken;  // goes out after the next data frame
};

class link_faults {
 public:
  explicit link_faults(std::uint64_t seed) : random_(seed) {}

  std::int64_t truncate = 0, corrupt = 0, duplicate = 0, reorder = 0;  // data frames still to be hit
  std::int64_t lost_acks = 0, lost_pushes = 0;
  std::int64_t delay = 0, delay_until = 0;  // ns; mono
  std::int64_t black_hole_until = 0;        // mono

  bool swallows(std::int64_t mono) const { return mono < black_hole_until; }

  // What becomes of a frame: the texts to send now, in order. Those to be sent later are in `state`.
  std::vector<std::string> pass(std::string text, frame_kind kind, std::int64_t mono, link_state& state);
  // Delayed frames that are due.
  std::vector<std::string> due(std::int64_t mono, link_state& state) const;

 private:
  prng random_;
};

}  // namespace trapline::paper_venue
