// Rows of a plugin's option table: see abi/option.h for types, and options.hpp to read the values.
//
// `path`: dotted. `def`: as it would stand in YAML, nullptr = none (the option may be left out and is null then).
// `range`: `min..max`, either end may be missing; `allowed`: `a|b|c`; nullptr = any. `doc`: one line for people.
#pragma once

#include <cstdint>

#include "trapline/abi/option.h"

namespace trapline::sdk {
inline namespace v0 {

constexpr trapline_option make_option(std::uint32_t type, const char* path, const char* def, const char* allowed,
                                      const char* doc, std::uint32_t flags = 0) {
  return {sizeof(trapline_option), flags, type, 0, path, def, allowed, doc};
}
constexpr trapline_option option_bool(const char* path, const char* def, const char* doc) {
  return make_option(TRAPLINE_OPTION_BOOL, path, def, nullptr, doc);
}
constexpr trapline_option option_int(const char* path, const char* def, const char* range, const char* doc) {
  return make_option(TRAPLINE_OPTION_INT, path, def, range, doc);
}
constexpr trapline_option option_float(const char* path, const char* def, const char* range, const char* doc) {
  return make_option(TRAPLINE_OPTION_FLOAT, path, def, range, doc);
}
constexpr trapline_option option_string(const char* path, const char* def, const char* doc) {
  return make_option(TRAPLINE_OPTION_STRING, path, def, nullptr, doc);
}
constexpr trapline_option option_duration(const char* path, const char* def, const char* range, const char* doc) {
  return make_option(TRAPLINE_OPTION_DURATION, path, def, range, doc);
}
constexpr trapline_option option_bytes(const char* path, const char* def, const char* range, const char* doc) {
  return make_option(TRAPLINE_OPTION_BYTES, path, def, range, doc);
}
constexpr trapline_option option_enum(const char* path, const char* def, const char* allowed, const char* doc) {
  return make_option(TRAPLINE_OPTION_ENUM, path, def, allowed, doc);
}
constexpr trapline_option option_secret(const char* path, const char* doc) {
  return make_option(TRAPLINE_OPTION_SECRET, path, nullptr, nullptr, doc);
}
constexpr trapline_option option_list(const char* path, const char* def, const char* allowed, const char* doc) {
  return make_option(TRAPLINE_OPTION_LIST, path, def, allowed, doc);
}
constexpr trapline_option option_map(const char* path, const char* doc) {
  return make_option(TRAPLINE_OPTION_MAP, path, "{}", nullptr, doc);
}
constexpr trapline_option required(trapline_option o) {
  o.flags |= TRAPLINE_OPTION_REQUIRED;
  return o;
}

}  // namespace v0
}  // namespace trapline::sdk
