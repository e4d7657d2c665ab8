// The WebSocket client against our own server and against servers that misbehave, over real sockets on loopback.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/temp_dir.hpp"
#include "trapline/net/certificate.hpp"
#include "trapline/net/loop.hpp"
#include "trapline/net/websocket.hpp"

namespace trapline::net {
namespace {

constexpr std::int64_t ms = 1'000'000, second = 1000 * ms;

struct recorder : ws_client_handler {
  int opened = 0;
  std::vector<std::string> texts;
  std::vector<close_info> closed;
  std::function<void()> then_on_open, then_on_text, then_on_close;
  bool padded = true;

  void on_open() override {
    ++opened;
    if (then_on_open) then_on_open();
  }
  void on_text(std::string_view text) override {
    volatile char sum = 0;
    for (std::size_t i = 0; i < simdjson_padding; ++i) sum = static_cast<char>(sum + text.data()[text.size() + i]);
    texts.emplace_back(text);
    if (then_on_text) then_on_text();
  }
  void on_close(const close_info& info) override {
    closed.push_back(info);
    if (then_on_close) then_on_close();
  }
};

struct echo : ws_server_handler {
  std::vector<ws_session*> sessions;
  std::vector<std::string> texts;
  std::vector<close_info> closed;
  std::function<void(ws_session&)> then_on_open;
  void on_open(ws_session& s) override {
    sessions.push_back(&s);
    if (then_on_open) then_on_open(s);
  }
  void on_text(ws_session& s, std::string_view text) override {
    texts.emplace_back(text);
    s.send(text);
  }
  void on_close(ws_session& s, const close_info& info) override {
    closed.push_back(info);
    std::erase(sessions, &s);
  }
};

struct ws_client_test : testing::Test {
  ::test::temp_dir dir;
  const std::string cert = dir.path() + "/ca.pem", key = dir.path() + "/key.pem";
  loop l;
  echo served;
  std::unique_ptr<ws_server> server;
  recorder r;
  std::unique_ptr<ws_client> client;

  void SetUp() override { write_self_signed_certificate(cert, key, {"localhost", "127.0.0.1"}); }
  void TearDown() override {
    client.reset();
    server.reset();
  }
  void listen() {
    ws_server_options o;
    o.certificate_file = cert;
    o.key_file = key;
    server = listen_websocket(l, o, served);
  }
  void connect(const std::string& host, std::optional<std::uint16_t> port = {},
               std::function<void(ws_client_options&)> change = {}) {
    ws_client_options o;
    o.url = "wss://" + host + ":" + std::to_string(port ? *port : server->port()) + "/v2/ws/public?x=1";
    o.ca_file = cert;
    o.connect_timeout = 5 * second;
    o.close_timeout = 300 * ms;
    if (change) change(o);
    client = connect_websocket(l, o, r);
  }
  // Runs until the condition holds; fails after ten seconds.
  void until(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end)
          << "waited too long" << (r.closed.empty() ? "" : ": " + r.closed[0].text);
      l.poll(20 * ms);
    }
  }
  void run_for(std::int64_t ns) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(ns);
    while (std::chrono::steady_clock::now() < end) l.poll(5 * ms);
  }
  bool ended() const { return !r.closed.empty(); }
};

// A TCP server that does nothing but accept.
struct silent_server {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  std::uint16_t port = 0;
  silent_server() {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(fd, reinterpret_cast<sockaddr*>(&a), sizeof a);
    ::listen(fd, 5);
    socklen_t n = sizeof a;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&a), &n);
    port = ntohs(a.sin_port);
  }
  ~silent_server() {
    if (fd >= 0) ::close(fd);
  }
};

TEST_F(ws_client_test, exchanges_texts_with_a_server_known_by_name_or_address) {
  for (const char* host : {"localhost", "127.0.0.1"}) {
    listen();
    r = {};
    served = {};
    connect(host);
    until([&] { return r.opened == 1; });
    client->send("ping");
    client->send(R"({"op":"subscribe"})");
    until([&] { return r.texts.size() == 2; });
    EXPECT_EQ(r.texts, (std::vector<std::string>{"ping", R"({"op":"subscribe"})"}));
    ASSERT_EQ(served.sessions.size(), 1u);
    EXPECT_EQ(served.sessions[0]->path(), "/v2/ws/public");
    EXPECT_TRUE(r.closed.empty());
    client.reset();
    until([&] { return served.sessions.empty(); });
    server.reset();
  }
}

TEST_F(ws_client_test, a_certificate_for_another_name_is_refused_and_both_names_are_told) {
  write_self_signed_certificate(cert, key, {"venue.example", "10.1.2.3"});
  listen();
  connect("localhost");
  until([&] { return ended(); });
  EXPECT_EQ(r.opened, 0);
  ASSERT_EQ(r.closed.size(), 1u);
  EXPECT_EQ(r.closed[0].why, close_info::cause::certificate);
  EXPECT_NE(r.closed[0].text.find("expected localhost"), std::string::npos) << r.closed[0].text;
  EXPECT_NE(r.closed[0].text.find("venue.example, 10.1.2.3"), std::string::npos) << r.closed[0].text;
}

TEST_F(ws_client_test, a_certificate_that_nobody_trusts_is_refused) {
  listen();
  const auto other = dir.path() + "/other.pem";
  write_self_signed_certificate(other, dir.path() + "/other.key", {"localhost"});
  connect("localhost", {}, [&](auto& o) { o.ca_file = other; });
  until([&] { return ended(); });
  EXPECT_EQ(r.closed[0].why, close_info::cause::certificate);
  EXPECT_NE(r.closed[0].text.find("not accepted"), std::string::npos) << r.closed[0].text;
  r = {};
  connect("localhost", {}, [&](auto& o) { o.ca_file.clear(); });  // the system's roots do not know it either
  until([&] { return ended(); });
  EXPECT_EQ(r.closed[0].why, close_info::cause::certificate);
}

TEST_F(ws_client_test, a_missing_ca_file_is_an_error_of_the_attempt_and_not_an_exception) {
  listen();
  connect("localhost", {}, [&](auto& o) { o.ca_file = "/does/not/exist.pem"; });
  until([&] { return ended(); });
  EXPECT_EQ(r.closed[0].why, close_info::cause::tls);
  EXPECT_NE(r.closed[0].text.find("/does/not/exist.pem"), std::string::npos);
}

TEST_F(ws_client_test, a_closed_port_is_refused_at_once) {
  std::uint16_t port = 0;
  {
    silent_server s;
    port = s.port;
  }
  connect("127.0.0.1", port);
  until([&] { return ended(); });
  EXPECT_EQ(r.closed[0].why, close_info::cause::refused);
  EXPECT_NE(r.closed[0].text.find(std::to_string(port)), std::string::npos);
}

TEST_F(ws_client_test, a_server_that_never_speaks_runs_into_the_connect_timeout) {
  silent_server s;
  connect("127.0.0.1", s.port, [](auto& o) { o.connect_timeout = 200 * ms; });
  until([&] { return ended(); });
  EXPECT_EQ(r.closed[0].why, close_info::cause::timeout);
  EXPECT_NE(r.closed[0].text.find("0.2 s"), std::string::npos) << r.closed[0].text;
}

TEST_F(ws_client_test, a_server_that_is_no_tls_server_fails_in_tls) {
  silent_server s;
  connect("127.0.0.1", s.port);
  int peer = -1;
  until([&] {
    peer = ::accept(s.fd, nullptr, nullptr);
    return peer >= 0 || r.opened;
  });
  ASSERT_GE(::send(peer, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, 0), 0);
  until([&] { return ended(); });
  EXPECT_EQ(r.closed[0].why, close_info::cause::tls);
  ::close(peer);
}

TEST_F(ws_client_test, a_closing_handshake_of_the_server_carries_its_code) {
  listen();
  connect("localhost");
  until([&] { return r.opened == 1 && served.sessions.size() == 1; });
  served.sessions[0]->close(4001, "maintenance");
  until([&] { return ended(); });
  EXPECT_EQ(r.closed[0].why, close_info::cause::closed);
  EXPECT_EQ(r.closed[0].code, 4001);
  EXPECT_NE(r.closed[0].text.find("maintenance"), std::string::npos);
}

TEST_F(ws_client_test, a_connection_that_is_cut_is_lost) {
  listen();
  connect("localhost");
  until([&] { return r.opened == 1 && served.sessions.size() == 1; });
  served.sessions[0]->abort();
  until([&] { return ended(); });
  EXPECT_EQ(r.closed.size(), 1u);
  EXPECT_EQ(r.closed[0].why, close_info::cause::lost);
}

TEST_F(ws_client_test, closing_ends_in_exactly_one_on_close) {
  listen();
  connect("localhost");
  until([&] { return r.opened == 1; });
  client->close(1000, "bye");
  client->close(1000, "again");
  until([&] { return ended(); });
  run_for(400 * ms);
  EXPECT_EQ(r.closed.size(), 1u);
  client->send("ignored");
}

TEST_F(ws_client_test, closing_while_connecting_ends_in_on_close_later) {
  silent_server s;
  connect("127.0.0.1", s.port);
  client->close(1000, "");
  EXPECT_TRUE(r.closed.empty());
  until([&] { return ended(); });
}

TEST_F(ws_client_test, destroying_the_client_cuts_without_a_callback_at_every_stage) {
  listen();
  for (int polls = 0; polls < 60; ++polls) {
    connect("localhost");
    for (int i = 0; i < polls; ++i) l.poll(ms);
    const auto opened = r.opened;
    client.reset();
    run_for(3 * ms);
    EXPECT_EQ(r.opened, opened);
  }
  EXPECT_TRUE(r.closed.empty());
  until([&] { return served.sessions.empty(); });
}

TEST_F(ws_client_test, the_client_may_be_destroyed_inside_its_callbacks) {
  listen();
  r.then_on_open = [&] { client.reset(); };
  connect("localhost");
  until([&] { return r.opened == 1; });
  r = {};
  connect("localhost");
  until([&] { return r.opened == 1; });
  r.then_on_text = [&] { client.reset(); };
  client->send("a");
  client->send("b");
  until([&] { return !r.texts.empty(); });
  run_for(20 * ms);
  EXPECT_EQ(r.texts.size(), 1u);
  r = {};
  r.then_on_close = [&] { client.reset(); };
  connect("localhost", 1);
  until([&] { return ended(); });
  EXPECT_EQ(r.closed.size(), 1u);
}

TEST_F(ws_client_test, the_loop_may_end_before_the_handlers_have_run) {
  auto own = std::make_unique<loop>();
  ws_client_options o;
  o.url = "wss://localhost:1/";
  auto c = connect_websocket(*own, o, r);
  c.reset();
  own.reset();
  EXPECT_TRUE(r.closed.empty());
}

TEST_F(ws_client_test, a_message_above_the_limit_ends_the_connection_with_a_plain_reason) {
  listen();
  connect("localhost", {}, [](auto& o) { o.max_message_size = 1000; });
  until([&] { return r.opened == 1; });
  served.sessions[0]->send(std::string(1000, 'x'));
  until([&] { return r.texts.size() == 1; });
  served.sessions[0]->send(std::string(1001, 'x'));
  until([&] { return ended(); });
  EXPECT_EQ(r.texts.size(), 1u);
  EXPECT_EQ(r.closed[0].why, close_info::cause::protocol) << r.closed[0].text;
}

TEST_F(ws_client_test, large_and_small_messages_alternate_unharmed) {
  listen();
  connect("localhost", {}, [](auto& o) { o.max_message_size = 1 << 20; });
  until([&] { return r.opened == 1; });
  std::vector<std::string> expected;
  for (int i = 0; i < 40; ++i) {
    expected.push_back(std::string(i % 2 ? 10 + i : 200'000 + i, static_cast<char>('a' + i % 26)) + "ä€😀");
    served.sessions[0]->send(expected.back());
  }
  until([&] { return r.texts.size() == expected.size(); });
  EXPECT_EQ(r.texts, expected);
}

TEST_F(ws_client_test, malformed_urls_throw_with_the_reason) {
  for (const char* url :
       {"", "ws://localhost/", "https://localhost/", "wss://", "wss:///path", "wss://host:0/", "wss://host:70000/",
        "wss://host:12x/", "wss://user@host/", "wss://[::1/", "wss://[::1]x/", "wss://ho st/"}) {
    ws_client_options o;
    o.url = url;
    EXPECT_THROW(connect_websocket(l, o, r), std::invalid_argument) << url;
  }
}

}  // namespace
}  // namespace trapline::net
