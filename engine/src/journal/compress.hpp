// Makes a closed segment smaller: the same blocks, each of them one zstd frame, and an index to match.
#pragma once

#include <functional>
#include <string>

namespace trapline::journal {

// In place of the file, whole or not at all; its time of last change stays. Empty: done, or it is compressed already,
// or it was never closed, or another process is at it, or `leave` (asked before every block) said so. Otherwise why
// not; the file is as it was.
std::string compress(
    const std::string& segment_path, const std::function<bool()>& leave = [] { return false; });

}  // namespace trapline::journal
