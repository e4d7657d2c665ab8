// Section `journal` of a configuration.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace trapline::journal {

struct settings {
  std::string dir;                         // empty: `<run_dir>/journal`
  std::int64_t segment_bytes = 256 << 20;  // after which a segment is closed
  std::int64_t keep_bytes = 0;             // of all closed segments together; 0: no limit
  std::int64_t keep_age = 0;               // ns since a segment was closed; 0: no limit
  std::int64_t sync = 200'000'000;         // ns, longest that an event waits to be on the disk
  bool halt_on_full = true;                // when it cannot be written: stop the engine; else go on without
  bool compress = true;                    // closed segments
  std::vector<std::string> leave_out;      // topic patterns
  bool operator==(const settings&) const = default;
};

}  // namespace trapline::journal
