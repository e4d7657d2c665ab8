// The option table of trap_detector_threshold.
#pragma once

#include "threshold/move_detector.hpp"
#include "trapline/sdk/options.hpp"

namespace trapline::trap {

using namespace trapline::sdk;

inline constexpr auto threshold_options = option_set<move_settings>(
    bind<&move_settings::percent>(
        option_float("percent", "3", "0.01..1000", "a move of this many per cent is a pump or a dump")),
    bind<&move_settings::within>(option_duration("within", "5m", "1s..15m", "in this time")),
    bind<&move_settings::retrace>(
        option_float("retrace", "0.5", "0.1..1", "share of the move taken back that makes it fake")),
    bind<&move_settings::hold>(
        option_duration("hold", "15m", "1s..24h", "without a new extreme for this long, a move is over")),
    bind<&move_settings::refractory>(
        option_duration("refractory", "5m", "0s..24h", "no new episode this long after one has ended")),
    bind<&move_settings::max_symbols>(
        option_int("max_symbols", "200", "1..10000", "symbols watched at most; further ones are ignored")));

}  // namespace trapline::trap
