// CRC-32C (Castagnoli polynomial, RFC 3720 B.4), by the processor's instruction where it has one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace trapline::journal {

// Of `size` bytes; `seed`: the value for what stands before them, 0 at the beginning.
std::uint32_t crc32c(const void* bytes, std::size_t size, std::uint32_t seed = 0) noexcept;

// The same without the instruction; for machines that lack it and for tests.
std::uint32_t crc32c_portable(const void* bytes, std::size_t size, std::uint32_t seed = 0) noexcept;

}  // namespace trapline::journal
