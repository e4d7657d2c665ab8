// The envelope of a text frame: what it is, what it is about, and where its data begins.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string_view>

#include "dialect.hpp"
#include "json_scalar.hpp"

namespace trapline::mm_ws {

enum class frame_kind : std::uint8_t { malformed, data, login, subscribed, unsubscribed, error, other };

// Views into the frame.
struct frame_head {
  frame_kind kind = frame_kind::malformed;
  bool snapshot = false;        // `action` is `snapshot`
  std::string_view channel;     // of `arg`
  std::string_view instrument;  // of `arg`: symbol, or `default`
  std::string_view interval;    // of `arg`, v3 only
  std::int64_t ts = 0;          // top level, ns; 0 = none
  std::int64_t code = 0;        // venue code of login and error; -1 = not a number
  std::string_view message;     // venue text of login and error
  std::string_view op;          // of an error: the request that it answers; empty if not said
};

// Reads frames one after another; one object a connection.
class frame_reader {
 public:
  explicit frame_reader(const dialect& d) : dialect_(d) {}

  // Reads `text`, after which at least simdjson::SIMDJSON_PADDING bytes are readable. For a data frame calls
  // `on_data(head, value)` once, when the head is known whatever the order of the keys; it answers whether the
  // data was well formed. A frame that is not well formed has kind `malformed`, with channel and instrument if they
  // were found.
  template <class F>
  frame_head read(std::string_view text, F&& on_data);

  // What a malformed frame was about, as far as its characters tell: a frame that was cut off still names its channel
  // near its beginning, and whoever lost something must be told.
  void guess(std::string_view text, frame_head& head) const;

 private:
  bool read_arg(ondemand::value value, frame_head& head) const;

  const dialect& dialect_;
  ondemand::parser parser_;
};

inline bool frame_reader::read_arg(ondemand::value value, frame_head& head) const {
  ondemand::object arg;
  if (value.get_object().get(arg) != simdjson::SUCCESS) return false;
  for (auto member : arg) {
    ondemand::field f;
    if (std::move(member).get(f) != simdjson::SUCCESS) return false;
    const auto key = key_text(f.key());
    std::string_view* out = nullptr;
    if (key == dialect_.channel_key) out = &head.channel;
    else if (key == dialect_.instrument_key || key == dialect_.account_key) out = &head.instrument;
    else if (key == "interval") out = &head.interval;
    if (out && !scalar(f.value(), *out)) return false;
  }
  if (head.instrument.empty()) head.instrument = "default";  // private acks may leave it out
  return true;
}

inline void frame_reader::guess(std::string_view text, frame_head& head) const {
  const auto value_of = [&](std::string_view key) -> std::string_view {
    for (auto at = text.find(key); at != text.npos && at > 0; at = text.find(key, at + 1)) {
      const auto from = at + key.size() + 3;  // `":"`
      if (text[at - 1] != '"' || text.substr(at + key.size(), 3) != "\":\"") continue;
      const auto end = text.find('"', from);
      return end == text.npos || end - from > 40 ? std::string_view() : text.substr(from, end - from);
    }
    return {};
  };
  if (head.channel.empty()) head.channel = value_of(dialect_.channel_key);
  if (head.instrument.empty()) head.instrument = value_of(dialect_.instrument_key);
}

template <class F>
frame_head frame_reader::read(std::string_view text, F&& on_data) {
  frame_head head;
  ondemand::document doc;
  ondemand::object root;
  if (parser_.iterate(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING).get(doc) != simdjson::SUCCESS)
    return head;
  if (doc.get_object().get(root) != simdjson::SUCCESS) return head;

  bool has_data = false, data_read = false, data_good = true, has_event = false, has_action = false, has_arg = false;
  frame_kind kind = frame_kind::other;
  const auto pass = [&](bool second) {
    for (auto member : root) {
      ondemand::field f;
      if (std::move(member).get(f) != simdjson::SUCCESS) return false;
      const auto key = key_text(f.key());
      std::string_view word;
      if (key == "data") {
        has_data = true;
        if (data_read || !((has_action && has_arg) || second)) continue;
        data_read = true;
        data_good = on_data(head, f.value());
        if (!data_good) return false;
      } else if (second) {
        continue;
      } else if (key == "action") {
        if (!scalar(f.value(), word)) return false;
        head.snapshot = word == "snapshot";
        has_action = true;
      } else if (key == "arg") {
        // Other shapes occur in answers to requests that are not ours.
        has_arg = read_arg(f.value(), head);
      } else if (key == "ts") {
        if (scalar(f.value(), word)) head.ts = to_time(word).value_or(0);
      } else if (key == "event") {
        if (!scalar(f.value(), word)) return false;
        has_event = true;
        kind = word == "subscribe"     ? frame_kind::subscribed
               : word == "unsubscribe" ? frame_kind::unsubscribed
               : word == "login"       ? frame_kind::login
               : word == "error"       ? frame_kind::error
                                       : frame_kind::other;
      } else if (key == "code") {
        if (scalar(f.value(), word)) head.code = word.empty() ? 0 : to_int(word).value_or(-1);
      } else if (key == "msg") {
        if (scalar(f.value(), word)) head.message = word;
      } else if (key == "op") {
        if (scalar(f.value(), word)) head.op = word;
      }
    }
    return true;
  };
  if (!pass(false)) return head;
  if (!has_event && has_data && !data_read) {
    if (!has_arg) return head;
    doc.rewind();
    if (doc.get_object().get(root) != simdjson::SUCCESS || !pass(true)) return head;
  }
  head.kind = has_event ? kind : data_read ? frame_kind::data : frame_kind::other;
  return head;
}

}  // namespace trapline::mm_ws
