// Offsets and tables learned from planted episodes, as data; one file a pattern, `{}` = the reasoned tables of
// calibration.cpp hold. Written by `tiers learn` (tools/README.md), never by hand: a test checks that the numbers are
// those that the id was made from.
#pragma once

#include "probability.hpp"

namespace trapline::trap {

extern const pattern_calibration shipped_stop_hunt, shipped_range_trap, shipped_fake_move, shipped_spoofing,
    shipped_layering;

}  // namespace trapline::trap
