// Planted episodes and their decoys: what happens to the market, and what is true about it.
//
// Each script moves the market by itself from its first to its last moment. The parameters are drawn from ranges that
// depend on the difficulty (a hard episode differs little from what the market does by itself); every trap has at least
// five decoys that share some of its traits and lack the one that makes it a trap. The definitions are those of
// detection.md 1.2 to 1.5, told in terms of the fair value, flow and orders: no feature or threshold of a detector is
// read here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "background.hpp"

namespace planted {

enum class difficulty : std::uint8_t { easy, medium, hard };
std::string_view name_of(difficulty d) noexcept;

enum class family : std::uint8_t { stop_hunt, range_trap, impulse, spoofing, layering };
inline constexpr std::size_t family_count = 5;
std::string_view name_of(family f) noexcept;

// How many kinds of decoys a family has; for `impulse` the one counterpart is the move that holds, then decoys of
// the move itself.
int decoys_of(family f) noexcept;

// An order of a script of the book.
struct false_order {
  double price = 0, size = 0;         // coins
  std::int64_t posted = 0, left = 0;  // ns; left 0: it was not taken away, but traded
  double traded = 0;
  int leg = 0;  // orders of one leg are posted together
};

struct episode {
  family of = family::stop_hunt;
  std::string what;  // "trap", or which decoy
  bool trap = false;
  bool up = true;                   // price pushed or lured up; of spoofing and layering: false orders on the bid
  bool moved = false;               // so fast and far that `pump` or `dump` is true of it as well
  std::int64_t from = 0;            // ns: first moment of the script
  std::int64_t until = 0;           // last moment
  std::int64_t onset = 0;           // of the episode; of a decoy: of what looks like one
  std::int64_t end = 0;             // last moment that belongs to it; of an impulse: of its retrace
  std::int64_t peak = 0;            // of an impulse: when its move was over
  std::vector<double> levels;       // prices (not ticks) about which it is; any of them is right
  std::vector<false_order> orders;  // of spoofing and layering
};

// Name of the pattern that is true of a trap, as in FORMATS: stop_hunt, bull_trap, bear_trap, fake_pump, ...
std::string_view pattern_of(const episode& e) noexcept;

// Plays one episode. `decoy` < 0: the trap itself. Nothing if the market offered no place for it; time passed all
// the same.
std::optional<episode> play(background& m, family f, int decoy, difficulty d);

}  // namespace planted
