// What the payload of each core event type must look like.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "trapline/abi/event.h"

namespace trapline::testkit {

// Bytes of a payload's fixed part, 0 for a type that is not of the core set.
std::size_t fixed_size(std::uint16_t type);
const char* type_name(std::uint16_t type);

// Empty, or what is wrong with an event that a plugin wants to publish.
std::string payload_fault(const trapline_event& head, const void* payload, std::uint32_t size);

}  // namespace trapline::testkit
