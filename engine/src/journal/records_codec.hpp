// Records of a journal as frames in a block, and the manifest as text.
//
// A frame is a trapline_event with space 0xffff whose type says which record it is; its payload is
// {u32 bytes of text, u32 bytes of data, text: a JSON object, data}.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "journal/records.hpp"
#include "trapline/abi/event.h"

namespace trapline::journal {

// Consecutive ids from `first` on.
struct topic_names {
  std::uint32_t first = 1;
  std::vector<std::string> names;
};
struct instrument_names {
  std::uint32_t first = 1;
  std::vector<instrument_name> names;
};

using record = std::variant<topic_names, instrument_names, instance_info, instance_step, command_step, lane_loss>;

// Whole frames, 8-byte aligned sizes; the result's buffer is aligned for a trapline_event.
std::vector<std::byte> encode(const record& r);
// nullopt: a kind of a later format, to be ignored. Throws std::runtime_error for one that is malformed.
std::optional<record> decode(const trapline_event& frame);

std::string manifest_text(const manifest& m);
// Throws std::runtime_error that says what is wrong.
manifest read_manifest(std::string_view text);

}  // namespace trapline::journal
