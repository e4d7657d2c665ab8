// Files of the run directory.
#pragma once

#include <string>
#include <string_view>

namespace trapline::paper_venue {

// Writes beside the target and renames. `mode`: permissions, such as 0600. Throws std::runtime_error.
void write_file(const std::string& path, std::string_view text, unsigned mode);

}  // namespace trapline::paper_venue
