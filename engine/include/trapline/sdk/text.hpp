// Small text helpers for plugins: views of ABI strings, fixed character arrays, joining.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "trapline/abi/base.h"

namespace trapline::sdk {
inline namespace v0 {

constexpr std::string_view view(trapline_str s) noexcept { return {s.ptr, s.len}; }
constexpr trapline_str str(std::string_view s) noexcept { return {s.data(), s.size()}; }

// Text of a NUL-padded array. An array without a NUL is taken whole.
template <std::size_t N>
std::string_view view(const char (&text)[N]) noexcept {
  const auto* end = static_cast<const char*>(std::memchr(text, 0, N));
  return {text, end ? static_cast<std::size_t>(end - text) : N};
}

// Copies into a NUL-padded array, always leaving a NUL. False: the text was cut.
template <std::size_t N>
bool assign(char (&out)[N], std::string_view text) noexcept {
  const std::size_t n = text.size() < N ? text.size() : N - 1;
  if (n > 0) std::memcpy(out, text.data(), n);
  std::memset(out + n, 0, N - n);
  return n == text.size();
}

// Bytes of the UTF-8 character that `text` begins with: well-formed, shortest form, no surrogate (Unicode, table 3-7).
// 0: it does not begin with one, or is empty.
constexpr std::size_t utf8_size(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return text.empty() ? 0 : 1;
  const std::size_t size = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) >= 0xa0) || (lead == 0xf0 && byte(1) < 0x90) ||
      (lead == 0xf4 && byte(1) >= 0x90))
    return 0;
  return size;
}

constexpr bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const auto size = utf8_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

namespace detail {
template <class T>
void append(std::string& out, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_same_v<T, char>) {
    out += value;
  } else if constexpr (std::is_arithmetic_v<T>) {
    char buf[32];
    const auto r = std::to_chars(buf, buf + sizeof buf, value);
    out.append(buf, r.ptr);
  } else {
    out += std::string_view(value);
  }
}
}  // namespace detail

// "a", 5, 0.5 -> "a50.5". Doubles in their shortest exact form.
template <class... Ts>
std::string cat(const Ts&... parts) {
  std::string out;
  (detail::append(out, parts), ...);
  return out;
}

}  // namespace v0
}  // namespace trapline::sdk
