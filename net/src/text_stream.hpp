// The stream under websocketpp's client, which takes whole text messages out before the library sees them.
//
// Nearly all that a venue sends are text messages of one frame. websocketpp copies each of them and counts references
// some ten times, which costs more than to decode a small one. They are handed over here, straight from the buffer.
// Whatever else comes (the HTTP upgrade, control frames, messages in fragments or too large for the buffer, anything
// that breaks the protocol) goes through untouched and in its place, so that the library keeps judging it.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "tls_stream.hpp"
#include "trapline/net/websocket.hpp"
#include "utf8_validator.hpp"

namespace trapline::net {

class text_stream : public tls_stream {
 public:
  using tls_stream::tls_stream;

  // `f` gets each text message of one frame, with `simdjson_padding` readable bytes behind it, at most `most` bytes
  // long; a longer one goes through. It may close the socket; it runs from the loop, never inside async_read_some().
  void take_texts(std::size_t most, std::function<void(std::string_view)> f) {
    most_ = std::min(most, longest);
    on_text_ = std::move(f);
  }

  // h(error_code, bytes): what is not taken out.
  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& h) {
    const boost::asio::mutable_buffer to = *boost::asio::buffer_sequence_begin(buffers);
    if (to.size() == 0 || begin_ == end_) return read_on(to, std::forward<Handler>(h));
    sort_out_later(to, std::forward<Handler>(h));
  }

 private:
  static constexpr std::size_t capacity = 64 * 1024;
  static constexpr std::size_t longest = capacity - 16;  // of a message with its head
  // Texts handed out before the loop gets its turn: whoever takes them has other things to do as well, and on a lane of
  // the engine nothing of what they brought is seen before that.
  static constexpr int most_at_once = 64;

  template <class Handler>
  void read_on(boost::asio::mutable_buffer to, Handler&& h) {
    // What is left is the beginning of one frame.
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
    tls_stream::async_read_some(boost::asio::buffer(buffer_.data() + end_, to.size() == 0 ? 0 : capacity - end_),
                                [this, to, h = std::forward<Handler>(h)](error_code ec, std::size_t n) mutable {
                                  end_ += n;
                                  if (ec || to.size() == 0) h(ec, 0);
                                  else sort_out(to, std::move(h));
                                });
  }

  template <class Handler>
  void sort_out_later(boost::asio::mutable_buffer to, Handler&& h) {
    boost::asio::post(get_executor(),
                      [this, to, h = std::forward<Handler>(h)]() mutable { sort_out(to, std::move(h)); });
  }

  template <class Handler>
  void sort_out(boost::asio::mutable_buffer to, Handler&& h) {
    const std::size_t n = take(static_cast<char*>(to.data()), to.size());
    if (!lowest_layer().is_open()) h(boost::asio::error::operation_aborted, 0);
    else if (n > 0) h(error_code(), n);
    else if (enough_) sort_out_later(to, std::forward<Handler>(h));
    else read_on(to, std::forward<Handler>(h));
  }

  // Hands out texts, up to something else, of which it copies to `out` what there is. 0: more must be read.
  std::size_t take(char* out, std::size_t room) {
    enough_ = false;
    if (!upgraded()) return take_http(out, room);
    int texts = 0;
    while (begin_ != end_) {
      if (passing_ == 0) {
        const auto f = look();
        if (!f.complete) return 0;
        if (f.plain && is_utf8(f.text)) {
          begin_ = static_cast<std::size_t>(f.text.data() + f.text.size() - buffer_.data());
          on_text_(f.text);
          enough_ = ++texts == most_at_once && begin_ != end_;
          if (enough_ || !lowest_layer().is_open()) return 0;
          continue;
        }
        if (!f.control) in_fragments_ = !f.final;
        passing_ = f.size;
      }
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>({passing_, end_ - begin_, room}));
      std::memcpy(out, buffer_.data() + begin_, n);
      begin_ += n;
      passing_ -= n;
      return n;
    }
    return 0;
  }

  // The answer to the upgrade ends with an empty line; frames follow.
  std::size_t take_http(char* out, std::size_t room) {
    constexpr std::string_view end_of_head = "\r\n\r\n";
    std::size_t n = 0;
    while (n < room && begin_ != end_ && !upgraded()) {
      const char c = out[n++] = buffer_[begin_++];
      if (c == end_of_head[matched_]) ++matched_;
      else matched_ = c == '\r' ? 1 : 0;
    }
    return n;
  }
  bool upgraded() const { return matched_ == 4; }

  struct frame {
    bool complete = false;  // as much of it is there as is needed to say what follows
    bool plain = false;     // text, whole, in one frame, not masked
    bool control = false, final = false;
    std::uint64_t size = 0;  // with its head
    std::string_view text;   // if plain
  };
  // RFC 6455, 5.2
  frame look() const {
    frame f;
    const auto byte = [this](std::size_t i) { return static_cast<unsigned char>(buffer_[begin_ + i]); };
    const std::size_t have = end_ - begin_;
    if (have < 2) return f;
    const bool masked = (byte(1) & 0x80) != 0;
    const unsigned short_size = byte(1) & 0x7f;
    const std::size_t size_bytes = short_size == 126 ? 2 : short_size == 127 ? 8 : 0;
    const std::size_t head = 2 + size_bytes + (masked ? 4 : 0);
    if (have < head) return f;
    std::uint64_t size = size_bytes == 0 ? short_size : 0;
    for (std::size_t i = 0; i < size_bytes; ++i) size = size << 8 | byte(2 + i);
    f.final = (byte(0) & 0x80) != 0;
    f.control = (byte(0) & 0x08) != 0;
    // The library judges a length that is not written the shortest way; 64 bits never are, up to `longest`.
    const bool shortest = size_bytes == 0 || (size_bytes == 2 && size > 125);
    f.plain = byte(0) == 0x81 && !masked && shortest && !in_fragments_ && size <= most_ && on_text_;
    f.complete = !f.plain || have >= head + size;
    constexpr auto largest = std::numeric_limits<std::uint64_t>::max() / 2;  // the library refuses far smaller ones
    f.size = head + std::min(size, largest);
    if (f.plain && f.complete) f.text = {buffer_.data() + begin_ + head, static_cast<std::size_t>(size)};
    return f;
  }

  static bool is_utf8(std::string_view text) {
    websocketpp::utf8_validator::validator v;
    return v.decode(text.begin(), text.end()) && v.complete();
  }

  std::vector<char> buffer_ = std::vector<char>(capacity + simdjson_padding);
  std::size_t begin_ = 0, end_ = 0;  // of what was read and not yet handed out
  std::size_t matched_ = 0;          // characters of the end of the HTTP head
  std::uint64_t passing_ = 0;        // bytes of the present frame that are still to go through
  bool in_fragments_ = false;
  bool enough_ = false;  // take() ended before the bytes did
  std::size_t most_ = 0;
  std::function<void(std::string_view)> on_text_;
};

}  // namespace trapline::net
