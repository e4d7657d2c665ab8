// Writes scripts: the planted episodes, each after its definition, and the decoys that resemble them.
//
// Sizes of moves are in sigma60, the deviation of one-minute mid moves; volumes in seconds of usual volume.
#pragma once

#include <cstdint>

#include "market.hpp"
#include "prng.hpp"
#include "script.hpp"

namespace trapline::paper_venue {

// The kinds of `episodes.kinds`.
enum class episode_kind : std::uint8_t { stop_hunt, bull_trap, bear_trap, fake_pump, fake_dump, spoofing };

enum class decoy_kind : std::uint8_t {
  filled_layer,       // a large order that is meant and gets filled
  two_sided_refresh,  // makers post and withdraw large orders on both sides together
  lone_layer,         // one large order, withdrawn once, without a move
  break_that_holds,   // a break of a level that is accepted and goes on
  move_that_holds     // a fast move with new positions behind it, that is not retraced
};
inline constexpr int decoy_kinds = 5;

// `up`: the side to which the price is pushed or lured; for spoofing, whether the false orders are bids.
script plan_episode(episode_kind kind, bool up, const market& m, prng& random);
script plan_decoy(decoy_kind kind, bool up, const market& m, prng& random);

// The nearest price beyond which stops are thought to rest and that could be known beforehand: an untouched swing
// of the minute bars, or a round price (500 at 64,000), at least `nearest` ticks away.
std::int64_t find_level(bool above, const market& m, double nearest);

}  // namespace trapline::paper_venue
