// Exact decimals: an int64 mantissa and a base-10 exponent, as they stand in event payloads.
//
// Parsing and formatting are exact inverses for every text without leading zeros or a plus sign.
// No function here allocates except format().
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace trapline::sdk {
inline namespace v0 {

// value = mantissa * 10^exp, exp in -18..18.
struct decimal {
  std::int64_t mantissa = 0;
  std::int8_t exp = 0;
};

inline constexpr int max_decimal_exp = 18;

inline constexpr std::array<std::int64_t, 19> pow10_table = [] {
  std::array<std::int64_t, 19> t{};
  std::int64_t v = 1;
  for (auto& e : t) {
    e = v;
    if (v <= std::numeric_limits<std::int64_t>::max() / 10) v *= 10;
  }
  return t;
}();

// Parses `-?digits[.digits]`: no exponent, no plus sign, no spaces, at least one digit on each side of
// a point, at most 18 significant digits. The exponent is minus the number of decimals written, so
// "0.5000" is 5000 * 10^-4. Empty result: not such a text.
constexpr std::optional<decimal> parse_decimal(std::string_view text) noexcept {
  std::size_t i = 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) ++i;
  std::int64_t mantissa = 0;
  int digits = 0, decimals = 0, significant = 0;
  bool point = false;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.') {
      if (point || digits == 0) return std::nullopt;
      point = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    ++digits;
    if (point) ++decimals;
    if (significant > 0 || c != '0') ++significant;
    if (significant > 18 || decimals > max_decimal_exp) return std::nullopt;
    mantissa = mantissa * 10 + (c - '0');
  }
  if (digits == 0 || (point && decimals == 0)) return std::nullopt;
  return decimal{negative ? -mantissa : mantissa, static_cast<std::int8_t>(-decimals)};
}

// Mantissa of the same value at another exponent. Empty if it does not fit into 64 bits, or if
// digits other than zero would be cut off.
constexpr std::optional<std::int64_t> rescale(std::int64_t mantissa, int from_exp, int to_exp) noexcept {
  const int shift = from_exp - to_exp;
  if (shift == 0 || mantissa == 0) return mantissa;
  if (shift < -max_decimal_exp || shift > max_decimal_exp) return std::nullopt;
  if (shift > 0) {
    const std::int64_t f = pow10_table[static_cast<std::size_t>(shift)];
    std::int64_t out = 0;
    if (__builtin_mul_overflow(mantissa, f, &out)) return std::nullopt;
    return out;
  }
  const std::int64_t f = pow10_table[static_cast<std::size_t>(-shift)];
  if (mantissa % f != 0) return std::nullopt;
  return mantissa / f;
}

constexpr std::optional<std::int64_t> rescale(decimal value, int to_exp) noexcept {
  return rescale(value.mantissa, value.exp, to_exp);
}

// Order by value, whatever the exponents. Exact.
constexpr std::strong_ordering compare(decimal a, decimal b) noexcept {
  const int low = a.exp < b.exp ? a.exp : b.exp;
  __int128 x = a.mantissa, y = b.mantissa;
  // |mantissa| < 2^63 and a shift of at most 36 digits do not fit into 128 bits together, but a
  // difference in magnitude decides long before.
  for (int s = a.exp - low; s > 0; --s) {
    if (x > (static_cast<__int128>(1) << 100) || x < -(static_cast<__int128>(1) << 100)) break;
    x *= 10;
  }
  for (int s = b.exp - low; s > 0; --s) {
    if (y > (static_cast<__int128>(1) << 100) || y < -(static_cast<__int128>(1) << 100)) break;
    y *= 10;
  }
  return x < y ? std::strong_ordering::less : x > y ? std::strong_ordering::greater : std::strong_ordering::equal;
}

// Nearest double. For detectors, metrics and pictures, never for orders.
constexpr double to_double(std::int64_t mantissa, int exp) noexcept {
  if (exp == 0) return static_cast<double>(mantissa);
  if (exp < 0 && exp >= -max_decimal_exp)
    return static_cast<double>(mantissa) / static_cast<double>(pow10_table[static_cast<std::size_t>(-exp)]);
  if (exp > 0 && exp <= max_decimal_exp)
    return static_cast<double>(mantissa) * static_cast<double>(pow10_table[static_cast<std::size_t>(exp)]);
  return std::numeric_limits<double>::quiet_NaN();
}

constexpr double to_double(decimal value) noexcept { return to_double(value.mantissa, value.exp); }

// Appends plain decimal text, never with an exponent: (5000, -4) is "0.5000", (5, 2) is "500".
inline void format_to(std::string& out, std::int64_t mantissa, int exp) {
  std::array<char, 64> digits{};
  std::size_t n = 0;
  const bool negative = mantissa < 0;
  std::uint64_t v = negative ? 0 - static_cast<std::uint64_t>(mantissa) : static_cast<std::uint64_t>(mantissa);
  do {
    digits[n++] = static_cast<char>('0' + v % 10);
    v /= 10;
  } while (v != 0);
  if (exp < 0)
    while (n <= static_cast<std::size_t>(-exp) && n < digits.size()) digits[n++] = '0';
  if (negative) out.push_back('-');
  for (std::size_t i = n; i-- > 0;) {
    out.push_back(digits[i]);
    if (exp < 0 && i == static_cast<std::size_t>(-exp)) out.push_back('.');
  }
  if (exp > 0 && mantissa != 0) out.append(static_cast<std::size_t>(exp), '0');
}

inline std::string format(std::int64_t mantissa, int exp) {
  std::string out;
  format_to(out, mantissa, exp);
  return out;
}

inline std::string format(decimal value) { return format(value.mantissa, value.exp); }

}  // namespace v0
}  // namespace trapline::sdk
