// Reading the venue's scalars without copying: string or number, as bitget.md asks a client to accept.
#pragma once

#include <simdjson.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "trapline/sdk/decimal.hpp"

namespace trapline::mm_ws {

namespace ondemand = simdjson::ondemand;

// Finer than any venue quotes, and coarse enough that a price and a size always fit into 64 bits together with
// their scale: a value with more decimals is refused rather than letting it set the scale for everything after it.
inline constexpr int finest_exp = -12;

// Reads `-?digits[.digits][e[+-]digits]` from `p`, which is followed by any other character. Returns the first
// character behind it, or nullptr if that is no number, has more than 18 significant digits, or is out of range.
inline const char* scan_decimal(const char* p, sdk::decimal& out) noexcept {
  const bool negative = *p == '-';
  p += negative;
  std::uint64_t mantissa = 0;
  int significant = 0, exp = 0;
  const auto digit = [&](char c) {
    mantissa = mantissa * 10 + static_cast<std::uint64_t>(c - '0');
    significant += significant > 0 || c != '0';
  };
  const char* const first = p;
  while (*p >= '0' && *p <= '9' && significant <= 18) digit(*p++);
  if (p == first) return nullptr;
  if (*p == '.') {
    const char* const point = p++;
    while (*p >= '0' && *p <= '9' && significant <= 18) digit(*p++);
    if (p == point + 1) return nullptr;
    exp = -static_cast<int>(p - point - 1);
  }
  if (significant > 18) return nullptr;
  if (*p == 'e' || *p == 'E') {
    ++p;
    const bool down = *p == '-';
    p += *p == '-' || *p == '+';
    int shift = 0;
    const char* const digits = p;
    while (*p >= '0' && *p <= '9' && shift < 100) shift = shift * 10 + (*p++ - '0');
    if (p == digits) return nullptr;
    exp += down ? -shift : shift;
  }
  for (; exp < finest_exp && mantissa % 10 == 0 && mantissa != 0; ++exp) mantissa /= 10;
  if (mantissa == 0 && (exp < finest_exp || exp > 0)) exp = 0;
  for (; exp > 0; --exp)
    if (__builtin_mul_overflow(mantissa, std::uint64_t{10}, &mantissa) || mantissa > 999'999'999'999'999'999u)
      return nullptr;
  if (exp < finest_exp) return nullptr;
  out.mantissa = negative ? -static_cast<std::int64_t>(mantissa) : static_cast<std::int64_t>(mantissa);
  out.exp = static_cast<std::int8_t>(exp);
  return p;
}

// The digits at the beginning of eight bytes: how many, 8 if all are, and what they say. The arithmetic on whole words
// is that of "Faster integer parsing" (Daniel Lemire, Wojciech Mula); its gain is that no branch depends on a digit.
struct leading_digits {
  explicit leading_digits(const char* p) noexcept {
    std::uint64_t w;
    std::memcpy(&w, p, sizeof w);
    w ^= 0x3030303030303030u;
    const std::uint64_t others = ((w + 0x7676767676767676u) | w) & 0x8080808080808080u;
    count = std::countr_zero(others) / 8;
    if (count == 0) return;
    w <<= 64 - 8 * count;  // what follows falls out, zeros come in front
    w = w * 10 + (w >> 8);
    constexpr std::uint64_t pairs = 0x000000FF000000FFu;
    value = (((w & pairs) * (100 + (1'000'000ull << 32))) + (((w >> 16) & pairs) * (1 + (10'000ull << 32)))) >> 32;
  }
  int count = 0;
  std::uint64_t value = 0;
};

// As scan_decimal(), for a text with at least 24 readable bytes from `p` on, such as what simdjson has parsed. Prices
// and sizes have few digits, but not always the same number of them: a loop over them is mispredicted at each end.
inline const char* scan_padded_decimal(const char* p, sdk::decimal& out) noexcept {
  if constexpr (std::endian::native != std::endian::little) return scan_decimal(p, out);
  const leading_digits whole(p);
  if (whole.count == 0 || whole.count == 8) [[unlikely]]
    return scan_decimal(p, out);
  const char* end = p + whole.count;
  std::uint64_t mantissa = whole.value;
  int decimals = 0;
  if (*end == '.') {
    const leading_digits fraction(end + 1);
    if (fraction.count == 0 || fraction.count == 8) [[unlikely]]
      return scan_decimal(p, out);
    decimals = fraction.count;
    mantissa =
        mantissa * static_cast<std::uint64_t>(sdk::pow10_table[static_cast<std::size_t>(decimals)]) + fraction.value;
    end += 1 + decimals;
  }
  if (*end == 'e' || *end == 'E') [[unlikely]]
    return scan_decimal(p, out);
  out.mantissa = static_cast<std::int64_t>(mantissa);
  out.exp = static_cast<std::int8_t>(-decimals);
  return end;
}

inline std::optional<sdk::decimal> to_decimal(std::string_view text) noexcept {
  sdk::decimal d;
  // The text lies in a larger buffer: what follows it is readable and is no digit.
  const char* end = text.empty() ? nullptr : scan_decimal(text.data(), d);
  if (end != text.data() + text.size()) return std::nullopt;
  return d;
}

inline std::optional<std::int64_t> to_int(std::string_view text) noexcept {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > 19) return std::nullopt;
  std::uint64_t v = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    v = v * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (v > 9'223'372'036'854'775'807u) return std::nullopt;
  return negative ? -static_cast<std::int64_t>(v) : static_cast<std::int64_t>(v);
}

// Milliseconds since 1970 to nanoseconds. Empty for anything outside 1970..2261.
inline std::optional<std::int64_t> to_time(std::string_view text) noexcept {
  const auto ms = to_int(text);
  if (!ms || *ms < 0 || *ms > 9'200'000'000'000) return std::nullopt;
  return *ms * 1'000'000;
}

// The characters of a string (quotes removed; escapes are refused) or of a number, `true`, `false`. Empty for null.
// False: an array or object, or not JSON.
inline bool scalar(ondemand::value value, std::string_view& out) noexcept {
  std::string_view token;
  token = value.raw_json_token();
  while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') token.remove_suffix(1);
  if (token.empty()) return false;
  if (token[0] == '"') {
    if (token.size() < 2 || token.back() != '"') return false;
    out = token.substr(1, token.size() - 2);
    return out.find('\\') == out.npos;
  }
  if (token[0] == '[' || token[0] == '{') return false;
  out = token == "null" ? std::string_view() : token;
  return true;
}

// A key as it stands on the wire; ends at the first quote, which is looked for in eight bytes at once where they can be
// read: the document has padding behind it.
inline std::string_view key_text(ondemand::raw_json_string key) noexcept {
  const char* p = key.raw();
  const char* end = p;
  if constexpr (std::endian::native == std::endian::little) {
    for (;; end += 8) {
      std::uint64_t w;
      std::memcpy(&w, end, sizeof w);
      w ^= 0x2222222222222222u;
      // The lowest marked byte is a quote; those above it may be wrong.
      const std::uint64_t quotes = (w - 0x0101010101010101u) & ~w & 0x8080808080808080u;
      if (quotes == 0) continue;
      end += std::countr_zero(quotes) / 8;
      break;
    }
  } else {
    while (*end != '"') ++end;
  }
  return {p, static_cast<std::size_t>(end - p)};
}

}  // namespace trapline::mm_ws
