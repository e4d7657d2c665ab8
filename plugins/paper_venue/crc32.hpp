// CRC-32 (IEEE 802.3, as in zlib): the checksum of Bitget's order books.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace trapline::paper_venue {

inline constexpr auto crc32_table = [] {
  std::array<std::uint32_t, 256> t{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int k = 0; k < 8; ++k) c = (c & 1u) != 0 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
    t[i] = c;
  }
  return t;
}();

constexpr std::uint32_t crc32(std::string_view text) {
  std::uint32_t c = 0xFFFFFFFFu;
  for (const char ch : text) c = crc32_table[(c ^ static_cast<unsigned char>(ch)) & 0xFFu] ^ (c >> 8);
  return c ^ 0xFFFFFFFFu;
}

}  // namespace trapline::paper_venue
