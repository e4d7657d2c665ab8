// The version of this engine.
#pragma once

#include <string_view>

namespace trapline {

inline constexpr std::string_view version_text = "0.1.0";

}  // namespace trapline
