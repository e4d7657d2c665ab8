// Times as people write and read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace trapline::time {

// 2026-11-23T10:48:12.123456789Z; of UTC ns.
std::string utc_text(std::int64_t ns);
// UTC ns of the same, with or without fraction and Z, and with T or a space. Empty: it is no time.
std::optional<std::int64_t> read_utc(const std::string& text);

}  // namespace trapline::time
