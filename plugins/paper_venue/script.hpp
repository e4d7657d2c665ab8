// A script bends the market for a while: a list of phases, each with its own forces.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "order_book.hpp"

namespace trapline::paper_venue {

inline constexpr std::int64_t second = 1'000'000'000;

// A large order that rests for one phase, `distance` ticks from the touch, and is withdrawn with it.
struct layer {
  std::int64_t distance = 0;
  std::int64_t lots = 0;
};

// What acts on the market. As made: nothing but the background.
struct forces {
  std::optional<double> target;  // price in ticks that the efficient price reaches at the end of the phase
  double noise = 1;              // scale of the efficient price's own noise
  double buy_rate = 1;           // scale of the rate of background takers
  double sell_rate = 1;
  double burst_buy = 0;  // lots a second that takers buy in large orders besides
  double burst_sell = 0;
  double hit_fraction = 0.05;  // share of outrun quotes that takers hit before they are moved
  double bid_depth = 1;        // scale of the resting liquidity
  double ask_depth = 1;
  double opening = 0;       // lots of open interest made (+) or shed (-) by each lot traded
  double index_follow = 1;  // share of the move that the index takes part in
  std::optional<layer> bid_layer;
  std::optional<layer> ask_layer;
};

struct phase {
  std::int64_t duration = 0;  // ns
  forces act;
  bool onset = false;  // the episode proper begins with this phase
};

struct script {
  std::uint16_t pattern = 0;          // TRAPLINE_PATTERN_*; UNKNOWN = a decoy, about which no truth is told
  std::uint8_t direction = 0;         // TRAPLINE_DIRECTION_*
  std::optional<std::int64_t> level;  // tick
  std::vector<phase> phases;          // the last one is the aftermath: the episode proper ends before it

  std::int64_t duration_from_onset() const {
    std::int64_t total = 0;
    bool begun = false;
    for (std::size_t i = 0; i + 1 < phases.size(); ++i) {
      begun = begun || phases[i].onset;
      if (begun) total += phases[i].duration;
    }
    return total;
  }
};

}  // namespace trapline::paper_venue
