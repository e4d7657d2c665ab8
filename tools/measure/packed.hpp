// Recordings are stored packed.
#pragma once

#include <string>

namespace measure {

// Content of an xz or gzip file, whole. Throws std::runtime_error with the path.
std::string read_xz(const std::string& path);
std::string read_gzip(const std::string& path);

}  // namespace measure
