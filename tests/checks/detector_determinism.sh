#!/bin/sh
# The detectors must give the same signals for the same events: no wall clock, no random numbers, no hash order.
set -eu
cd "$1"
if grep -rnE 'system_clock|steady_clock|high_resolution_clock|clock_gettime|gettimeofday|std::time\(|[^_a-z]rand\(|random_device|mt19937|unordered_(map|set)|host\(\)\.(now|mono)\(|-ffast-math' \
  plugins/trap_detector --include='*.hpp' --include='*.cpp' --include='CMakeLists.txt'; then
  echo 'FAILED: a detector must not use clocks, random numbers or unordered containers' >&2
  exit 1
fi
