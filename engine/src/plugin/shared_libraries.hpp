// The shared libraries that the dynamic loader would bring in for a file, found and read without loading any.
#pragma once

#include <string>
#include <vector>

namespace trapline::plugin {

struct library_lookup {
  std::vector<std::string> missing;     // libraries that were wanted and not found
  std::vector<std::string> unprovided;  // symbols that none of the libraries defines
};

// Looks for `symbols` in the libraries `needed` and in what those need themselves, until all are found. Libraries are
// searched where the dynamic loader does for a file without a run path: LD_LIBRARY_PATH, the system's directories,
// /etc/ld.so.cache. Reads files: not for hot paths.
library_lookup look_up(const std::vector<std::string>& needed, const std::vector<std::string>& symbols);

}  // namespace trapline::plugin
