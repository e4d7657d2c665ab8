#include "calibration/learned.hpp"

namespace trapline::trap {

constexpr pattern_calibration shipped_stop_hunt =
#include "calibration/stop_hunt.inc"
    ;
constexpr pattern_calibration shipped_range_trap =
#include "calibration/range_trap.inc"
    ;
constexpr pattern_calibration shipped_fake_move =
#include "calibration/fake_move.inc"
    ;
constexpr pattern_calibration shipped_spoofing =
#include "calibration/spoofing.inc"
    ;
constexpr pattern_calibration shipped_layering =
#include "calibration/layering.inc"
    ;

}  // namespace trapline::trap
