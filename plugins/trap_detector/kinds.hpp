// The classes that the detector tells apart: a pattern together with its direction.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "trapline/abi/signal.h"

namespace trapline::trap {

enum class kind : std::uint8_t {
  stop_hunt_high,
  stop_hunt_low,
  bull_trap,
  bear_trap,
  fake_pump,
  fake_dump,
  pump,
  dump,
  spoofing_bid,
  spoofing_ask,
  layering_bid,
  layering_ask,
};
inline constexpr std::size_t kind_count = 12;

struct kind_info {
  std::string_view name;     // first part of an episode's id
  std::string_view pattern;  // as in the option `patterns`
  std::uint16_t abi_pattern;
  std::uint8_t direction;
};

inline constexpr std::array<kind_info, kind_count> kinds{{
    {"stop_hunt_high", "stop_hunt", TRAPLINE_PATTERN_STOP_HUNT, TRAPLINE_DIRECTION_UP},
    {"stop_hunt_low", "stop_hunt", TRAPLINE_PATTERN_STOP_HUNT, TRAPLINE_DIRECTION_DOWN},
    {"bull_trap", "bull_trap", TRAPLINE_PATTERN_BULL_TRAP, TRAPLINE_DIRECTION_UP},
    {"bear_trap", "bear_trap", TRAPLINE_PATTERN_BEAR_TRAP, TRAPLINE_DIRECTION_DOWN},
    {"fake_pump", "fake_pump", TRAPLINE_PATTERN_FAKE_PUMP, TRAPLINE_DIRECTION_UP},
    {"fake_dump", "fake_dump", TRAPLINE_PATTERN_FAKE_DUMP, TRAPLINE_DIRECTION_DOWN},
    {"pump", "pump", TRAPLINE_PATTERN_PUMP, TRAPLINE_DIRECTION_UP},
    {"dump", "dump", TRAPLINE_PATTERN_DUMP, TRAPLINE_DIRECTION_DOWN},
    {"spoofing_bid", "spoofing", TRAPLINE_PATTERN_SPOOFING, TRAPLINE_DIRECTION_BID},
    {"spoofing_ask", "spoofing", TRAPLINE_PATTERN_SPOOFING, TRAPLINE_DIRECTION_ASK},
    {"layering_bid", "layering", TRAPLINE_PATTERN_LAYERING, TRAPLINE_DIRECTION_BID},
    {"layering_ask", "layering", TRAPLINE_PATTERN_LAYERING, TRAPLINE_DIRECTION_ASK},
}};

constexpr std::size_t index(kind k) noexcept { return static_cast<std::size_t>(k); }
constexpr const kind_info& info(kind k) noexcept { return kinds[index(k)]; }

}  // namespace trapline::trap
