// What a server may send between and inside of plain text messages, cut into TLS records at any place: the client takes
// plain messages by a way of their own (text_stream.hpp), and the order must not show it.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "support/temp_dir.hpp"
#include "trapline/net/certificate.hpp"
#include "trapline/net/websocket.hpp"

namespace trapline::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

std::string frame(int first_byte, const std::string& payload) {
  std::string out(1, static_cast<char>(first_byte));
  const auto n = payload.size();
  if (n < 126) {
    out += static_cast<char>(n);
  } else if (n < 65536) {
    out += {126, static_cast<char>(n >> 8), static_cast<char>(n)};
  } else {
    out += static_cast<char>(127);
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(n >> shift);
  }
  return out + payload;
}
constexpr int whole_text = 0x81, first_text = 0x01, more = 0x00, last = 0x80, ping = 0x89, whole_binary = 0x82;

// Sends prepared bytes behind the answer to the upgrade, each piece as a TLS record of its own. Then it sends
// close_notify if told so, and leaves the TCP connection open in any case.
class raw_server {
 public:
  raw_server(asio::io_context& c, const std::string& certificate, const std::string& key)
      : context_(asio::ssl::context::tls_server), acceptor_(c, {asio::ip::address_v4::loopback(), 0}), socket_(c) {
    context_.use_certificate_chain_file(certificate);
    context_.use_private_key_file(key, asio::ssl::context::pem);
    acceptor_.async_accept(socket_, [this](error_code e) {
      if (e) return;
      stream_ = std::make_unique<asio::ssl::stream<tcp::socket&>>(socket_, context_);
      stream_->async_handshake(asio::ssl::stream_base::server, [this](error_code failed) {
        if (!failed) upgrade();
      });
    });
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  std::vector<std::string> pieces;
  bool say_end = false;

 private:
  void upgrade() {
    asio::async_read_until(*stream_, asio::dynamic_buffer(in_), "\r\n\r\n", [this](error_code e, std::size_t) {
      if (e) return;
      const std::string name = "Sec-WebSocket-Key: ";
      const auto at = in_.find(name) + name.size();
      const std::string key = in_.substr(at, in_.find('\r', at) - at) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
      unsigned char hash[20], text[64];
      ::SHA1(reinterpret_cast<const unsigned char*>(key.data()), key.size(), hash);
      ::EVP_EncodeBlock(text, hash, sizeof hash);
      // The first frames may come in one record with the answer.
      pieces.insert(pieces.begin(),
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Accept: " +
                        std::string(reinterpret_cast<char*>(text)) + "\r\n\r\n" + pieces.front());
      pieces.erase(pieces.begin() + 1);
      write();
    });
  }
  void write() {
    if (next_ == pieces.size()) {
      if (say_end) stream_->async_shutdown([](error_code) {});  // waits for the client's own
      return;
    }
    asio::async_write(*stream_, asio::buffer(pieces[next_]), [this](error_code e, std::size_t) {
      ++next_;
      if (!e) write();
    });
  }

  asio::ssl::context context_;
  tcp::acceptor acceptor_;
  tcp::socket socket_;
  std::unique_ptr<asio::ssl::stream<tcp::socket&>> stream_;
  std::string in_;
  std::size_t next_ = 0;
};

struct recorder : ws_client_handler {
  std::vector<std::string> texts;
  std::vector<close_info> closed;
  std::function<void()> then_on_text;
  void on_open() override {}
  void on_text(std::string_view text) override {
    volatile char sum = 0;
    for (std::size_t i = 0; i < simdjson_padding; ++i) sum = static_cast<char>(sum + text.data()[text.size() + i]);
    texts.emplace_back(text);
    if (then_on_text) then_on_text();
  }
  void on_close(const close_info& info) override { closed.push_back(info); }
};

struct text_stream_test : testing::Test {
  ::test::temp_dir dir;
  loop l;
  recorder r;
  std::vector<std::unique_ptr<raw_server>> servers;  // none goes while something of it may be under way
  std::unique_ptr<ws_client> client;

  void SetUp() override {
    write_self_signed_certificate(dir.path() + "/ca.pem", dir.path() + "/key.pem", {"localhost"});
  }
  // Ends when `done`; fails after ten seconds.
  void receive(std::vector<std::string> pieces, const std::function<bool()>& done) {
    client.reset();
    auto& server = servers.emplace_back(
        std::make_unique<raw_server>(l.context(), dir.path() + "/ca.pem", dir.path() + "/key.pem"));
    server->pieces = std::move(pieces);
    server->say_end = say_end;
    r.texts.clear();
    r.closed.clear();
    ws_client_options o;
    o.url = "wss://localhost:" + std::to_string(server->port()) + "/";
    o.ca_file = dir.path() + "/ca.pem";
    o.max_message_size = 1 << 20;
    o.close_timeout = 200'000'000;
    client = connect_websocket(l, o, r);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << r.texts.size() << " texts came";
      l.poll(20'000'000);
    }
  }
  bool say_end = false;
};

TEST_F(text_stream_test, messages_of_every_kind_arrive_in_order_however_they_are_cut) {
  std::mt19937 random(3);
  for (int round = 0; round < 20; ++round) {
    std::vector<std::string> expected;
    std::string bytes;
    for (int i = 0; i < 60; ++i) {
      const std::string text = std::to_string(i) + std::string(random() % 300, 'x') + "ä€😀";
      expected.push_back(text);
      switch (random() % 6) {
        case 0:  // in fragments, with a ping between them
          bytes += frame(first_text, text.substr(0, 3)) + frame(ping, "?") + frame(more, text.substr(3, 2)) +
                   frame(last, text.substr(5));
          break;
        case 1:
          bytes += frame(ping, "ping") + frame(whole_text, text);
          break;
        case 2:  // too large for the buffer, with a length of 64 bits
          expected.back() = text + std::string(70'000, 'y');
          bytes += frame(whole_text, expected.back());
          break;
        default:
          bytes += frame(whole_text, text);
      }
    }
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t n = random() % 4 == 0 ? 1 + random() % 3 : 1 + random() % 20'000;
      pieces.push_back(bytes.substr(at, n));
      at += n;
    }
    receive(pieces, [&] { return r.texts.size() >= expected.size() || !r.closed.empty(); });
    ASSERT_TRUE(r.closed.empty()) << r.closed[0].text;
    ASSERT_EQ(r.texts, expected) << "round " << round;
  }
}

TEST_F(text_stream_test, what_breaks_the_protocol_ends_the_connection_after_what_came_before_it) {
  const auto good = frame(whole_text, "good");
  const std::vector<std::string> bad = {frame(whole_text, "\xC0\x80"),                         // not UTF-8
                                        frame(0xC1, "reserved bit"),                           //
                                        frame(first_text, "a") + frame(whole_text, "inside"),  // of a fragmented one
                                        std::string("\x81\x84\0\0\0\0mask", 10),               // by a server
                                        frame(0x8B, "opcode"),
                                        std::string("\x81\x7E\x00\x01x", 5),  // a length in too many bytes

                                        frame(whole_text, std::string((1 << 20) + 1, 'x')),
                                        std::string("\x81\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10)};
  for (std::size_t i = 0; i < bad.size(); ++i) {
    receive({good + bad[i] + good}, [&] { return !r.closed.empty(); });
    EXPECT_EQ(r.texts, std::vector<std::string>{"good"}) << "case " << i;
    ASSERT_EQ(r.closed.size(), 1u);
    EXPECT_EQ(r.closed[0].why, close_info::cause::protocol) << "case " << i << ": " << r.closed[0].text;
  }
}

TEST_F(text_stream_test, an_end_that_is_said_with_the_last_message_is_noticed_though_tcp_stays_open) {
  say_end = true;
  receive({frame(whole_text, "last")}, [&] { return !r.closed.empty(); });
  EXPECT_EQ(r.texts, std::vector<std::string>{"last"});
  ASSERT_EQ(r.closed.size(), 1u);
  EXPECT_EQ(r.closed[0].why, close_info::cause::lost);
}

TEST_F(text_stream_test, nothing_comes_after_the_client_was_destroyed_or_closed_inside_a_callback) {
  const auto many = frame(whole_text, "1") + frame(whole_text, "2") + frame(whole_text, "3");
  r.then_on_text = [&] { client.reset(); };
  receive({many}, [&] { return !r.texts.empty(); });
  for (int i = 0; i < 10; ++i) l.poll(1'000'000);
  EXPECT_EQ(r.texts.size(), 1u);
  r.then_on_text = [&] { client->close(1000, "enough"); };
  receive({many}, [&] { return !r.closed.empty(); });
  EXPECT_EQ(r.texts.size(), 1u);
  EXPECT_EQ(r.closed.size(), 1u);
}

}  // namespace
}  // namespace trapline::net
