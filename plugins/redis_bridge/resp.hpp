// The Redis wire protocol RESP2: commands by hand into one buffer, replies by hiredis' reader.
#pragma once

#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace trapline::redis_bridge {

// `mark`, the number, the end of a line.
inline void append_head(std::string& out, char mark, std::size_t number) {
  char text[24] = {mark};
  auto* end = std::to_chars(text + 1, text + sizeof text - 2, number).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(text, static_cast<std::size_t>(end - text));
}

inline void append_array_head(std::string& out, std::size_t elements) { append_head(out, '*', elements); }

inline void append_bulk(std::string& out, std::string_view value) {
  append_head(out, '$', value.size());
  out += value;
  out.append("\r\n", 2);
}

inline void append_bulk(std::string& out, std::int64_t value) {
  char text[24];
  const auto* end = std::to_chars(text, text + sizeof text, value).ptr;
  append_bulk(out, std::string_view(text, static_cast<std::size_t>(end - text)));
}

inline void append_command(std::string& out, std::initializer_list<std::string_view> words) {
  append_array_head(out, words.size());
  for (const auto w : words) append_bulk(out, w);
}

// One reply, borrowed from its owner below.
class reply {
 public:
  explicit reply(const void* raw) : raw_(raw) {}
  bool is_error() const;
  bool is_nil() const;
  bool is_array() const;
  std::string_view text() const;  // of a string, status or error; else empty
  std::int64_t integer() const;   // 0 if it is none
  std::size_t size() const;       // elements of an array, else 0
  reply at(std::size_t i) const;  // beyond size(): nil, so that an answer of another shape is none

 private:
  const void* raw_;
};

class reply_reader {
 public:
  // Takes bytes as they come, cut anywhere.
  reply_reader();
  ~reply_reader();
  reply_reader(const reply_reader&) = delete;
  reply_reader& operator=(const reply_reader&) = delete;

  void feed(std::string_view bytes);

  struct free_reply {
    void operator()(void* raw) const;
  };
  using owned = std::unique_ptr<void, free_reply>;

  // The next complete reply, or null if more bytes are needed. Throws std::runtime_error if the bytes are not
  // RESP2, or if one reply is larger than max_reply_size or has more than max_elements, nested ones included. Nothing
  // is reserved for elements that are only announced beyond that.
  owned next();

  static constexpr std::size_t max_reply_size = 32u << 20;
  static constexpr std::size_t max_elements = 1u << 20;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace trapline::redis_bridge
