// Builds compact JSON text. Numbers keep the digits they are given; nothing is parsed or reordered.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "trapline/sdk/decimal.hpp"

namespace trapline::redis_bridge {

inline void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (u < 0x20) {
      constexpr char hex[] = "0123456789abcdef";
      out += "\\u00";
      out += hex[u >> 4];
      out += hex[u & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

class json_writer {
 public:
  json_writer& object() { return open('{'); }
  json_writer& end_object() { return close('}'); }
  json_writer& array() { return open('['); }
  json_writer& end_array() { return close(']'); }

  json_writer& key(std::string_view name) {
    comma();
    append_json_string(out_, name);
    out_ += ':';
    first_ = true;
    return *this;
  }

  json_writer& string(std::string_view v) {
    comma();
    append_json_string(out_, v);
    return *this;
  }
  json_writer& boolean(bool v) { return raw(v ? "true" : "false"); }
  json_writer& null() { return raw("null"); }
  json_writer& integer(std::int64_t v) {
    char text[24];
    return raw({text, std::to_chars(text, text + sizeof text, v).ptr});
  }
  // Shortest exact form; null for what JSON cannot say.
  json_writer& real(double v) {
    if (!std::isfinite(v)) return null();
    char text[40];
    return raw({text, std::to_chars(text, text + sizeof text, v).ptr});
  }
  json_writer& decimal(std::int64_t mantissa, int exp) {
    comma();
    sdk::format_to(out_, mantissa, exp);
    return *this;
  }
  json_writer& decimal_string(std::int64_t mantissa, int exp) {
    comma();
    out_ += '"';
    sdk::format_to(out_, mantissa, exp);
    out_ += '"';
    return *this;
  }
  // Text that is JSON already.
  json_writer& raw(std::string_view json) {
    comma();
    out_ += json;
    return *this;
  }

  const std::string& text() const { return out_; }
  std::string take() { return std::move(out_); }

 private:
  json_writer& open(char c) {
    comma();
    out_ += c;
    first_ = true;
    return *this;
  }
  json_writer& close(char c) {
    out_ += c;
    first_ = false;
    return *this;
  }
  void comma() {
    if (!first_) out_ += ',';
    first_ = false;
  }

  std::string out_;
  bool first_ = true;
};

}  // namespace trapline::redis_bridge
