// Offsets and tables learned from planted episodes, as data; one file a pattern, `{}` = the reasoned tables of
// calibration.cpp hold. Written by `tiers learn` (tools/README.md), never by hand: a test checks that the numbers are
// those that the id was made from.
#pragma once

#include "probability.hpp"

namespace trapline::trap {

inline constexpr pattern_calibration shipped_stop_hunt =
#include "calibration/stop_hunt.inc"
    ;
inline constexpr pattern_calibration shipped_range_trap =
#include "calibration/range_trap.inc"
    ;
inline constexpr pattern_calibration shipped_fake_move =
#include "calibration/fake_move.inc"
    ;
inline constexpr pattern_calibration shipped_spoofing =
#include "calibration/spoofing.inc"
    ;
inline constexpr pattern_calibration shipped_layering =
#include "calibration/layering.inc"
    ;

}  // namespace trapline::trap
