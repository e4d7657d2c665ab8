// Exact decimals: an int64 mantissa and a base-10 exponent, as they stand in event payloads.
//
// Parsing and formatting are exact inverses: format() gives the text that was parsed, save for leading zeros and the
// sign of a zero. Nothing is rounded anywhere but in to_double(), and what does not fit is refused, never wrapped. No
// function here allocates except those that fill a std::string. [any]
#pragma once

#include <array>
#include <charconv>
#include <compare>
#include <cstddef>
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
// a point, at most 18 significant digits and 18 decimals. The exponent is minus the number of decimals written, so
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
  if (a.exp == b.exp) return a.mantissa <=> b.mantissa;
  // Only the one with the higher exponent is scaled. Past 2^100 the other, below 2^64, cannot be larger any more,
  // whatever digits are still to come.
  const auto scaled = [](__int128 v, int digits) {
    constexpr __int128 enough = static_cast<__int128>(1) << 100;
    for (; digits > 0 && v < enough && v > -enough; --digits) v *= 10;
    return v;
  };
  const __int128 x = scaled(a.mantissa, a.exp - b.exp), y = scaled(b.mantissa, b.exp - a.exp);
  return x < y ? std::strong_ordering::less : x > y ? std::strong_ordering::greater : std::strong_ordering::equal;
}

// The double nearest to the exact value, ties to even, as strtod() would read the text; NaN for an exponent beyond
// -18..18. For detectors, metrics and pictures, never for orders.
constexpr double to_double(std::int64_t mantissa, int exp) noexcept {
  if (exp < -max_decimal_exp || exp > max_decimal_exp) return std::numeric_limits<double>::quiet_NaN();
  const std::int64_t power = pow10_table[static_cast<std::size_t>(exp < 0 ? -exp : exp)];
  // Both operands are doubles without rounding (10^18 = 2^18 * 5^18, and 5^18 < 2^53), so that the one operation rounds
  // once (Clinger 1990, "How to read floating point numbers accurately").
  constexpr std::int64_t exact = std::int64_t{1} << 53;
  if (mantissa >= -exact && mantissa <= exact) [[likely]] {
    const double m = static_cast<double>(mantissa), p = static_cast<double>(power);
    return exp < 0 ? m / p : m * p;
  }
  if (exp >= 0) return static_cast<double>(static_cast<__int128>(mantissa) * power);  // below 2^123
  // The quotient in fixed point: 64 binary places leave at least 57 significant bits, of which the last one stands for
  // all that was cut off, so that the conversion rounds as if all were there.
  using wide = unsigned __int128;
  const wide m = mantissa < 0 ? 0 - static_cast<std::uint64_t>(mantissa) : static_cast<std::uint64_t>(mantissa);
  wide quotient = (m << 64) / static_cast<wide>(power);
  if (quotient * static_cast<wide>(power) != m << 64) quotient |= 1;
  const double v = static_cast<double>(quotient) * 0x1p-64;
  return mantissa < 0 ? -v : v;
}

constexpr double to_double(decimal value) noexcept { return to_double(value.mantissa, value.exp); }

// Bytes that the text of any mantissa and any int8 exponent fits into.
inline constexpr std::size_t max_decimal_text = 152;

// Writes plain decimal text, never with an exponent: (5000, -4) is "0.5000", (5, 2) is "500". `out` has room for
// max_decimal_text bytes; no NUL is written. Returns the end.
inline char* format_to(char* out, std::int64_t mantissa, std::int8_t exp) noexcept {
  char digits[20];
  const std::uint64_t magnitude =
      mantissa < 0 ? 0 - static_cast<std::uint64_t>(mantissa) : static_cast<std::uint64_t>(mantissa);
  const int n = static_cast<int>(std::to_chars(digits, digits + sizeof digits, magnitude).ptr - digits);
  const auto put = [&](const char* from, int count) {
    for (int i = 0; i < count; ++i) *out++ = from[i];
  };
  const auto zeros = [&](int count) {
    for (int i = 0; i < count; ++i) *out++ = '0';
  };
  if (mantissa < 0) *out++ = '-';
  const int whole = n + exp;  // digits before the point
  if (exp >= 0) {
    put(digits, n);
    if (mantissa != 0) zeros(exp);
  } else if (whole > 0) {
    put(digits, whole);
    *out++ = '.';
    put(digits + whole, -exp);
  } else {
    *out++ = '0';
    *out++ = '.';
    zeros(-whole);
    put(digits, n);
  }
  return out;
}

// Appends the same text; "nan" for an exponent beyond int8, which no payload can hold.
inline void format_to(std::string& out, std::int64_t mantissa, int exp) {
  if (exp != static_cast<std::int8_t>(exp)) {
    out += "nan";
    return;
  }
  char text[max_decimal_text];
  out.append(text, format_to(text, mantissa, static_cast<std::int8_t>(exp)));
}

inline std::string format(std::int64_t mantissa, int exp) {
  std::string out;
  format_to(out, mantissa, exp);
  return out;
}

inline std::string format(decimal value) { return format(value.mantissa, value.exp); }

}  // namespace v0
}  // namespace trapline::sdk
