// Decides when what is played on one market: episodes in turn, decoys between them, never two at once.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "market.hpp"
#include "planner.hpp"

namespace trapline::paper_venue {

struct director_settings {
  std::vector<episode_kind> kinds;      // empty: no episodes, and no decoys
  std::int64_t interval = 90 * second;  // mean quiet time between two scripts
  std::int64_t after = 300 * second;    // before the first
  double decoys = 5;                    // played for each episode, on average
};

// The truth about an episode, told at its beginning and at its end.
struct episode_truth {
  std::uint64_t id = 0;
  std::uint16_t pattern = 0;
  std::uint8_t direction = 0;
  bool ended = false;
  std::int64_t onset_ts = 0;
  std::int64_t end_ts = 0;            // planned, until `ended`
  std::optional<std::int64_t> level;  // tick
  int price_exp = 0;                  // of a tick; filled in by the simulation
};

class director {
 public:
  director(const director_settings& settings, const market& m, std::uint64_t seed);

  // Before each step of the market. Tells at most one thing.
  std::optional<episode_truth> advance(market& m);

  std::uint64_t decoys_played() const { return decoys_; }
  bool playing() const { return playing_.has_value(); }

 private:
  void begin(script s, market& m);
  script next(const market& m);
  std::int64_t pause() {
    return static_cast<std::int64_t>(static_cast<double>(settings_.interval) * random_.uniform(0.5, 1.5));
  }

  director_settings settings_;
  prng random_;
  std::int64_t next_at_;
  std::size_t turn_ = 0;  // into settings_.kinds
  std::size_t rounds_ = 0;
  int decoys_next_ = 0;
  int decoy_turn_ = 0;
  std::uint64_t decoys_ = 0, last_id_ = 0;

  std::optional<script> playing_;
  std::size_t phase_ = 0;
  std::int64_t phase_end_ = 0;
  episode_truth truth_;
  bool told_ = false;
};

}  // namespace trapline::paper_venue
