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
  liquidity_grab_high,
  liquidity_grab_low,
  half_liquidity_grab_high,
  half_liquidity_grab_low,
  momentum_ignition_up,
  momentum_ignition_down,
  liquidity_pull_up,
  liquidity_pull_down,
  quote_stuffing_bid,
  quote_stuffing_ask,
  absorption_up,
  absorption_down,
  wash_trading,
};
inline constexpr std::size_t kind_count = 25;

// What a class rests on: the arbiter joins the probabilities of disjoint groups, and of one group takes the largest.
enum class kind_group : std::uint8_t {
  price,    // price and flow: the same trades under each of them
  book,     // what becomes of resting orders
  move,     // a move and no trap: it has a row and signals, but no part in the overall probability
  context,  // legitimate, or a slow index: told, never an alarm, no part in the overall probability
};

struct kind_info {
  std::string_view name;     // first part of an episode's id
  std::string_view pattern;  // as in the option `patterns`
  std::uint16_t abi_pattern;
  std::uint8_t direction;
  kind_group group;
};

inline constexpr std::array<kind_info, kind_count> kinds{{
    {"stop_hunt_high", "stop_hunt", TRAPLINE_PATTERN_STOP_HUNT, TRAPLINE_DIRECTION_UP, kind_group::price},
    {"stop_hunt_low", "stop_hunt", TRAPLINE_PATTERN_STOP_HUNT, TRAPLINE_DIRECTION_DOWN, kind_group::price},
    {"bull_trap", "bull_trap", TRAPLINE_PATTERN_BULL_TRAP, TRAPLINE_DIRECTION_UP, kind_group::price},
    {"bear_trap", "bear_trap", TRAPLINE_PATTERN_BEAR_TRAP, TRAPLINE_DIRECTION_DOWN, kind_group::price},
    {"fake_pump", "fake_pump", TRAPLINE_PATTERN_FAKE_PUMP, TRAPLINE_DIRECTION_UP, kind_group::price},
    {"fake_dump", "fake_dump", TRAPLINE_PATTERN_FAKE_DUMP, TRAPLINE_DIRECTION_DOWN, kind_group::price},
    {"pump", "pump", TRAPLINE_PATTERN_PUMP, TRAPLINE_DIRECTION_UP, kind_group::move},
    {"dump", "dump", TRAPLINE_PATTERN_DUMP, TRAPLINE_DIRECTION_DOWN, kind_group::move},
    {"spoofing_bid", "spoofing", TRAPLINE_PATTERN_SPOOFING, TRAPLINE_DIRECTION_BID, kind_group::book},
    {"spoofing_ask", "spoofing", TRAPLINE_PATTERN_SPOOFING, TRAPLINE_DIRECTION_ASK, kind_group::book},
    {"layering_bid", "layering", TRAPLINE_PATTERN_LAYERING, TRAPLINE_DIRECTION_BID, kind_group::book},
    {"layering_ask", "layering", TRAPLINE_PATTERN_LAYERING, TRAPLINE_DIRECTION_ASK, kind_group::book},
    {"liquidity_grab_high", "liquidity_grab", TRAPLINE_PATTERN_LIQUIDITY_GRAB, TRAPLINE_DIRECTION_UP,
     kind_group::price},
    {"liquidity_grab_low", "liquidity_grab", TRAPLINE_PATTERN_LIQUIDITY_GRAB, TRAPLINE_DIRECTION_DOWN,
     kind_group::price},
    {"half_liquidity_grab_high", "half_liquidity_grab", TRAPLINE_PATTERN_HALF_LIQUIDITY_GRAB, TRAPLINE_DIRECTION_UP,
     kind_group::price},
    {"half_liquidity_grab_low", "half_liquidity_grab", TRAPLINE_PATTERN_HALF_LIQUIDITY_GRAB, TRAPLINE_DIRECTION_DOWN,
     kind_group::price},
    {"momentum_ignition_up", "momentum_ignition", TRAPLINE_PATTERN_MOMENTUM_IGNITION, TRAPLINE_DIRECTION_UP,
     kind_group::price},
    {"momentum_ignition_down", "momentum_ignition", TRAPLINE_PATTERN_MOMENTUM_IGNITION, TRAPLINE_DIRECTION_DOWN,
     kind_group::price},
    // Up: the asks were pulled.
    {"liquidity_pull_up", "liquidity_pull", TRAPLINE_PATTERN_LIQUIDITY_PULL, TRAPLINE_DIRECTION_UP, kind_group::book},
    {"liquidity_pull_down", "liquidity_pull", TRAPLINE_PATTERN_LIQUIDITY_PULL, TRAPLINE_DIRECTION_DOWN,
     kind_group::book},
    // The side that flickers.
    {"quote_stuffing_bid", "quote_stuffing", TRAPLINE_PATTERN_QUOTE_STUFFING, TRAPLINE_DIRECTION_BID, kind_group::book},
    {"quote_stuffing_ask", "quote_stuffing", TRAPLINE_PATTERN_QUOTE_STUFFING, TRAPLINE_DIRECTION_ASK, kind_group::book},
    // Where the takers push: up = asks absorb them.
    {"absorption_up", "absorption", TRAPLINE_PATTERN_ABSORPTION, TRAPLINE_DIRECTION_UP, kind_group::context},
    {"absorption_down", "absorption", TRAPLINE_PATTERN_ABSORPTION, TRAPLINE_DIRECTION_DOWN, kind_group::context},
    {"wash_trading", "wash_trading", TRAPLINE_PATTERN_WASH_TRADING, TRAPLINE_DIRECTION_UNKNOWN, kind_group::context},
}};

constexpr std::size_t index(kind k) noexcept { return static_cast<std::size_t>(k); }
constexpr const kind_info& info(kind k) noexcept { return kinds[index(k)]; }

}  // namespace trapline::trap
