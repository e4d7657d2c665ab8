// Looks at every byte of a run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace trapline::journal {

struct verdict {
  std::vector<std::string> faults;   // what is wrong, for people
  std::vector<std::string> remarks;  // what is not, but should be known: torn end of a killed engine's run
  bool opened = true;                // false: there is nothing to look at, and `faults` says why
  std::uint64_t segments = 0, blocks = 0, events = 0, records = 0, bytes = 0;
  std::uint64_t first_seq = 0, last_seq = 0;
};

// Checksums, frames, order, index, names, and whether the manifest says the same. `path` as for reader::open().
verdict verify(const std::string& path);

}  // namespace trapline::journal
