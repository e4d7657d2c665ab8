// SHA-256 of a text, in hex.
#pragma once

#include <string>

namespace measure {

std::string sha256(const std::string& text);

}  // namespace measure
