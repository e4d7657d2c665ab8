// The learned weights of the onset model, as data. Written by tools/pumps (see its README), never by hand: a test
// checks that the numbers are those that the id was made from.
#pragma once

#include "features/onset.hpp"

namespace trapline::trap {

struct onset_calibration {
  const char* id;    // onset-<first 12 hex digits of the hash>
  const char* hash;  // SHA-256 of the text of the numbers, see tools/pumps
  const char* text;  // "bias w0 w1 ..." in shortest exact form
  onset_model model;
};

inline constexpr onset_calibration shipped_onset =
#include "calibration/onset.inc"
    ;

}  // namespace trapline::trap
