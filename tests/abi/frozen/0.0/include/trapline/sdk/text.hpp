// Small text helpers for plugins: views of ABI strings, fixed character arrays, joining.
#pragma once

#include <charconv>
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
