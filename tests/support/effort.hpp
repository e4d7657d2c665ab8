// How often a test repeats itself. A sanitizer makes each round 5 to 20 times slower, and finds what it looks for in
// fewer; figures that tests are named after are those of an ordinary build.
#pragma once

namespace test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

// `full` rounds, a tenth of them under a sanitizer.
constexpr int effort(int full) { return sanitized ? full / 10 : full; }

}  // namespace test
