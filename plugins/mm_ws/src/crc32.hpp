// CRC-32 (IEEE 802.3, polynomial 0xEDB88320), the one of zlib and of the venue's book checksum.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace trapline::mm_ws {

namespace detail {
// Eight tables let eight bytes be taken at a time ("slicing by 8").
inline constexpr auto crc_tables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> t{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int k = 0; k < 8; ++k) c = (c >> 1) ^ (c & 1 ? 0xEDB88320u : 0);
    t[0][i] = c;
  }
  for (std::size_t i = 0; i < 256; ++i)
    for (std::size_t k = 1; k < 8; ++k) t[k][i] = (t[k - 1][i] >> 8) ^ t[0][t[k - 1][i] & 0xFF];
  return t;
}();
}  // namespace detail

inline std::uint32_t crc32(const char* data, std::size_t size) noexcept {
  const auto& t = detail::crc_tables;
  std::uint32_t c = 0xFFFFFFFFu;
  for (; size >= 8; data += 8, size -= 8) {
    std::uint32_t a = 0, b = 0;
    std::memcpy(&a, data, 4);
    std::memcpy(&b, data + 4, 4);
    a ^= c;
    c = t[7][a & 0xFF] ^ t[6][a >> 8 & 0xFF] ^ t[5][a >> 16 & 0xFF] ^ t[4][a >> 24] ^ t[3][b & 0xFF] ^
        t[2][b >> 8 & 0xFF] ^ t[1][b >> 16 & 0xFF] ^ t[0][b >> 24];
  }
  for (; size > 0; ++data, --size) c = (c >> 8) ^ t[0][(c ^ static_cast<unsigned char>(*data)) & 0xFF];
  return c ^ 0xFFFFFFFFu;
}

}  // namespace trapline::mm_ws
