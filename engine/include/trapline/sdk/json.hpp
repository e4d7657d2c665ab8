// A small strict JSON reader for what a host sends: the options of configure(). Not for the hot path.
//
// RFC 8259 and nothing beside it: no comments, no NaN, no leading zeros, valid UTF-8, each key of an object once,
// nested at most 32 deep. Whatever the text is, it is read or refused.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "trapline/sdk/error.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::sdk {
inline namespace v0 {

struct json_value {
  enum class kind : std::uint8_t { null, boolean, integer, real, text, list, object };

  kind type = kind::null;
  bool truth = false;
  std::int64_t integer = 0;
  double real = 0;   // of an integer, too; a whole number beyond int64 is a real
  std::string text;  // UTF-8
  std::vector<json_value> items;
  std::vector<std::string> keys;  // of an object: one for each item

  // Member of an object, or nullptr.
  const json_value* find(std::string_view key) const noexcept {
    for (std::size_t i = 0; i < keys.size(); ++i)
      if (keys[i] == key) return &items[i];
    return nullptr;
  }
};

namespace detail {

class json_reader {
 public:
  explicit json_reader(std::string_view text) : text_(text) {}

  json_value document() {
    json_value v = value(0);
    skip_space();
    if (at_ != text_.size()) refuse("unexpected text after the end of");
    return v;
  }

 private:
  static constexpr int deepest = 32;

  [[noreturn]] void refuse(std::string_view what) const {
    throw error(TRAPLINE_E_CONFIG, {}, cat("the options are not JSON: ", what, " the text, at byte ", at_));
  }
  bool more() const noexcept { return at_ < text_.size(); }
  char peek() const noexcept { return more() ? text_[at_] : '\0'; }
  bool take(char c) noexcept {
    if (!more() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view word) noexcept {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  void skip_space() noexcept {
    while (more() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  }

  json_value value(int depth) {
    if (depth > deepest) refuse("too many levels in");
    skip_space();
    json_value v;
    if (take('{')) {
      object(v, depth);
    } else if (take('[')) {
      list(v, depth);
    } else if (peek() == '"') {
      v.type = json_value::kind::text;
      v.text = string();
    } else if (take("true") || take("false")) {
      v.type = json_value::kind::boolean;
      v.truth = text_[at_ - 2] == 'u';
    } else if (!take("null")) {
      number(v);
    }
    return v;
  }

  void object(json_value& v, int depth) {
    v.type = json_value::kind::object;
    skip_space();
    if (take('}')) return;
    do {
      skip_space();
      if (peek() != '"') refuse("expected a key in quotes in");
      std::string key = string();
      if (v.find(key)) refuse("a key stands twice in");
      skip_space();
      if (!take(':')) refuse("expected ':' after a key of");
      v.items.push_back(value(depth + 1));
      v.keys.push_back(std::move(key));
      skip_space();
    } while (take(','));
    if (!take('}')) refuse("expected ',' or '}' in");
  }

  void list(json_value& v, int depth) {
    v.type = json_value::kind::list;
    skip_space();
    if (take(']')) return;
    do {
      v.items.push_back(value(depth + 1));
      skip_space();
    } while (take(','));
    if (!take(']')) refuse("expected ',' or ']' in");
  }

  std::size_t digits() noexcept {
    const std::size_t from = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ - from;
  }

  // std::from_chars takes more than JSON allows, so the grammar is walked first.
  void number(json_value& v) {
    const std::size_t from = at_;
    take('-');
    const bool zero = peek() == '0';
    const std::size_t whole = digits();
    if (whole == 0 || (zero && whole > 1)) refuse("expected a value in");
    bool integer = true;
    if (take('.')) {
      integer = false;
      if (digits() == 0) refuse("expected a digit after the point in");
    }
    if (take('e') || take('E')) {
      integer = false;
      if (!take('-')) take('+');
      if (digits() == 0) refuse("expected a digit in the exponent in");
    }
    const char *begin = text_.data() + from, *end = text_.data() + at_;
    if (std::from_chars(begin, end, v.real).ec != std::errc{}) refuse("a number beyond the range of a double in");
    integer = integer && std::from_chars(begin, end, v.integer).ec == std::errc{};
    v.type = integer ? json_value::kind::integer : json_value::kind::real;
  }

  std::string string() {
    std::string out;
    ++at_;
    for (;;) {
      if (!more()) refuse("a string without its closing quote in");
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (take('"')) return out;
      if (take('\\')) escape(out);
      else if (c < 0x20) refuse("a control character in a string of");
      else if (c < 0x80) out += text_[at_++];
      else multi_byte(out);
    }
  }

  void escape(std::string& out) {
    constexpr std::string_view marks = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    if (const auto i = more() ? marks.find(text_[at_]) : marks.npos; i != marks.npos) {
      out += meanings[i];
      ++at_;
      return;
    }
    if (!take('u')) refuse("an unknown escape in a string of");
    std::uint32_t c = unit();
    if (c >= 0xdc00 && c < 0xe000) refuse("half a surrogate pair in a string of");
    if (c >= 0xd800 && c < 0xdc00) {
      const std::uint32_t low = take("\\u") ? unit() : 0;
      if (low < 0xdc00 || low >= 0xe000) refuse("half a surrogate pair in a string of");
      c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (c < 0x80) return put(c);
    if (c < 0x800) {
      put(0xc0 | c >> 6);
    } else {
      if (c < 0x10000) {
        put(0xe0 | c >> 12);
      } else {
        put(0xf0 | c >> 18);
        put(0x80 | (c >> 12 & 0x3f));
      }
      put(0x80 | (c >> 6 & 0x3f));
    }
    put(0x80 | (c & 0x3f));
  }

  // The four hex digits after \u.
  std::uint32_t unit() {
    std::uint32_t c = 0;
    const auto four = text_.substr(at_, 4);
    const auto r = std::from_chars(four.data(), four.data() + four.size(), c, 16);
    if (four.size() < 4 || r.ec != std::errc{} || r.ptr != four.data() + 4) refuse("expected four hex digits in");
    at_ += 4;
    return c;
  }

  // One character of 2 to 4 bytes.
  void multi_byte(std::string& out) {
    const auto size = utf8_size(text_.substr(at_));
    if (size == 0) refuse("bytes that are not UTF-8 in a string of");
    out.append(text_.substr(at_, size));
    at_ += size;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace detail

// Throws error (TRAPLINE_E_CONFIG) with the place where the text stops being JSON.
inline json_value parse_json(std::string_view text) { return detail::json_reader(text).document(); }

}  // namespace v0
}  // namespace trapline::sdk
