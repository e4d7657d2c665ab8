// What a replay found, as text for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "replay/verifier.hpp"

namespace trapline::replay {

// `+90s` after `begin`, integer UTC ns, or UTC as time::read_utc() takes it. Empty: it is no time.
std::optional<std::int64_t> read_time(std::string_view text, std::int64_t begin);

// Several lines: where, what, and both events field by field, those that differ marked.
std::string render(const difference& d, std::string_view topic, std::string_view symbol);

}  // namespace trapline::replay
