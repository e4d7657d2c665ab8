// Client and server against each other over real TLS sockets on loopback.
#include "trapline/net/websocket.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>

#include "trapline/net/certificate.hpp"

namespace {

namespace fs = std::filesystem;
using namespace trapline::net;

struct client_log : ws_client_handler {
  bool open = false;
  std::vector<std::string> texts;
  std::vector<close_info> closes;
  std::function<void(std::string_view)> react;
  void on_open() override { open = true; }
  void on_text(std::string_view t) override {
    texts.emplace_back(t);
    if (react) react(t);
  }
  void on_close(const close_info& i) override { closes.push_back(i); }
};

struct server_log : ws_server_handler {
  std::vector<ws_session*> sessions;
  std::vector<std::string> texts, paths;
  std::vector<close_info> closes;
  std::function<void(ws_session&, std::string_view)> react;
  void on_open(ws_session& s) override {
    sessions.push_back(&s);
    paths.emplace_back(s.path());
  }
  void on_text(ws_session& s, std::string_view t) override {
    texts.emplace_back(t);
    if (react) react(s, t);
  }
  void on_close(ws_session& s, const close_info& i) override {
    std::erase(sessions, &s);
    closes.push_back(i);
  }
};

class websocket : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = fs::path(testing::TempDir()) / ("trapline_websocket_" + std::to_string(::getpid()));
    fs::create_directories(directory_);
    write_self_signed_certificate(directory_ / "ca.pem", directory_ / "key.pem", {"localhost", "127.0.0.1"});
    write_self_signed_certificate(directory_ / "other.pem", directory_ / "other_key.pem", {"localhost"});
  }
  static void TearDownTestSuite() { fs::remove_all(directory_); }

  void listen(std::size_t max_message = 1u << 20) {
    ws_server_options o;
    o.certificate_file = directory_ / "ca.pem";
    o.key_file = directory_ / "key.pem";
    o.max_message_size = max_message;
    server_ = listen_websocket(loop_, o, at_server_);
  }
  void connect(const std::string& path = "/v2/ws/public", const char* ca = "ca.pem", const char* host = "localhost") {
    ws_client_options o;
    o.url = "wss://" + std::string(host) + ":" + std::to_string(server_->port()) + path;
    o.ca_file = directory_ / ca;
    client_ = connect_websocket(loop_, o, at_client_);
  }
  void open(const std::string& path = "/v2/ws/public") {
    connect(path);
    ASSERT_TRUE(until([&] { return at_client_.open && at_server_.sessions.size() == 1; }));
  }
  bool until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      loop_.poll(50'000'000);
    }
    return true;
  }
  void drain() {
    for (int i = 0; i < 20; ++i) loop_.poll(1'000'000);
  }

  static inline fs::path directory_;
  loop loop_;
  client_log at_client_;
  server_log at_server_;
  std::unique_ptr<ws_server> server_;
  std::unique_ptr<ws_client> client_;
};

TEST_F(websocket, text_travels_both_ways_in_order) {
  listen();
  at_server_.react = [](ws_session& s, std::string_view t) { s.send(std::string("echo ") + std::string(t)); };
  open("/v2/ws/private?x=1");
  EXPECT_EQ(at_server_.paths, std::vector<std::string>{"/v2/ws/private"});
  for (int i = 0; i < 200; ++i) client_->send("message " + std::to_string(i));
  ASSERT_TRUE(until([&] { return at_client_.texts.size() == 200; }));
  for (int i = 0; i < 200; ++i) EXPECT_EQ(at_client_.texts[i], "echo message " + std::to_string(i));
}

TEST_F(websocket, a_message_larger_than_any_buffer_arrives_whole) {
  listen();
  open();
  std::string big(3u << 20, 'x');
  big += "\xE2\x82\xAC";
  at_server_.sessions[0]->send(big);
  ASSERT_TRUE(until([&] { return !at_client_.texts.empty(); }));
  EXPECT_EQ(at_client_.texts[0], big);
}

TEST_F(websocket, a_close_by_the_server_arrives_after_everything_sent_before_it) {
  listen();
  open();
  for (int i = 0; i < 500; ++i) at_server_.sessions[0]->send(std::string(2000, 'a'));
  at_server_.sessions[0]->close(1000, "done");
  ASSERT_TRUE(until([&] { return !at_client_.closes.empty() && !at_server_.closes.empty(); }));
  EXPECT_EQ(at_client_.texts.size(), 500u);
  EXPECT_EQ(at_client_.closes[0].why, close_info::cause::closed);
  EXPECT_EQ(at_client_.closes[0].code, 1000);
  EXPECT_EQ(at_server_.closes[0].why, close_info::cause::closed);
}

TEST_F(websocket, a_close_by_the_client_reaches_both_handlers_once) {
  listen();
  open();
  client_->close(1001, "going");
  ASSERT_TRUE(until([&] { return !at_client_.closes.empty() && !at_server_.closes.empty(); }));
  drain();
  EXPECT_EQ(at_server_.closes.size(), 1u);
  EXPECT_EQ(at_server_.closes[0].code, 1001);
  EXPECT_EQ(at_client_.closes.size(), 1u);
}

TEST_F(websocket, an_abort_is_a_lost_connection_for_both_sides) {
  listen();
  open();
  at_server_.sessions[0]->abort();
  ASSERT_TRUE(until([&] { return !at_client_.closes.empty() && !at_server_.closes.empty(); }));
  EXPECT_EQ(at_client_.closes[0].why, close_info::cause::lost);
  EXPECT_EQ(at_server_.closes[0].why, close_info::cause::lost);
  drain();
  EXPECT_EQ(at_client_.closes.size(), 1u);
  EXPECT_EQ(at_server_.closes.size(), 1u);
}

TEST_F(websocket, an_abort_inside_a_callback_is_safe) {
  listen();
  at_server_.react = [](ws_session& s, std::string_view) {
    s.send("never mind");
    s.close(1000, "");
    s.abort();
    s.send("too late");
    s.abort();
  };
  open();
  client_->send("go");
  ASSERT_TRUE(until([&] { return !at_client_.closes.empty() && !at_server_.closes.empty(); }));
}

TEST_F(websocket, the_server_can_be_destroyed_inside_a_callback) {
  listen();
  at_server_.react = [this](ws_session&, std::string_view) { server_.reset(); };
  open();
  client_->send("die");
  ASSERT_TRUE(until([&] { return !at_client_.closes.empty(); }));
  drain();
  EXPECT_TRUE(at_server_.closes.empty()) << "a callback came after the destructor";
}

TEST_F(websocket, the_server_can_be_destroyed_with_sessions_open_and_the_loop_never_polled_again) {
  listen();
  open();
  at_server_.sessions[0]->send(std::string(1u << 20, 'x'));
  server_.reset();
  client_.reset();
}

TEST_F(websocket, stop_listening_lets_open_sessions_go_on) {
  listen();
  open();
  server_->stop_listening();
  at_server_.sessions[0]->send("still here");
  ASSERT_TRUE(until([&] { return !at_client_.texts.empty(); }));
  client_log refused;
  ws_client_options o;
  o.url = "wss://localhost:" + std::to_string(server_->port()) + "/";
  o.ca_file = directory_ / "ca.pem";
  const auto second = connect_websocket(loop_, o, refused);
  ASSERT_TRUE(until([&] { return !refused.closes.empty(); }));
  EXPECT_EQ(refused.closes[0].why, close_info::cause::refused);
}

TEST_F(websocket, a_client_that_trusts_another_certificate_refuses_the_server) {
  listen();
  connect("/", "other.pem");
  ASSERT_TRUE(until([&] { return !at_client_.closes.empty(); }));
  EXPECT_EQ(at_client_.closes[0].why, close_info::cause::certificate);
  EXPECT_FALSE(at_client_.open);
  drain();
  EXPECT_TRUE(at_server_.paths.empty());
}

TEST_F(websocket, a_client_that_reaches_the_server_by_a_name_not_in_the_certificate_refuses_it) {
  listen();
  connect("/", "ca.pem", "127.0.0.2");
  ASSERT_TRUE(until([&] { return !at_client_.closes.empty(); }));
  // 127.0.0.2 is not listened on; either way nothing may open.
  EXPECT_FALSE(at_client_.open);
}

TEST_F(websocket, a_message_above_the_limit_ends_the_connection) {
  listen(1000);
  open();
  client_->send(std::string(5000, 'x'));
  ASSERT_TRUE(until([&] { return !at_client_.closes.empty() && !at_server_.closes.empty(); }));
  EXPECT_TRUE(at_server_.texts.empty());
}

TEST_F(websocket, buffered_bytes_grow_while_the_peer_does_not_read_and_fall_to_zero_after) {
  listen();
  open();
  auto& s = *at_server_.sessions[0];
  for (int i = 0; i < 64; ++i) s.send(std::string(64u << 10, 'x'));
  EXPECT_GE(s.buffered(), 60u * (64u << 10));
  ASSERT_TRUE(until([&] { return at_client_.texts.size() == 64; }));
  ASSERT_TRUE(until([&] { return s.buffered() == 0; }));
}

TEST_F(websocket, a_taken_port_and_a_missing_certificate_are_told_plainly) {
  listen();
  ws_server_options o;
  o.certificate_file = directory_ / "ca.pem";
  o.key_file = directory_ / "key.pem";
  o.port = server_->port();
  try {
    listen_websocket(loop_, o, at_server_);
    FAIL() << "listened twice on one port";
  } catch (const std::runtime_error& e) {
    EXPECT_NE(std::string(e.what()).find("in use"), std::string::npos) << e.what();
  }
  o.port = 0;
  o.certificate_file = directory_ / "absent.pem";
  EXPECT_THROW(listen_websocket(loop_, o, at_server_), std::runtime_error);
}

TEST_F(websocket, a_peer_that_does_not_speak_tls_harms_nobody) {
  listen();
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_port = htons(server_->port());
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
  const char garbage[] = "GET / HTTP/1.1\r\n\r\n";
  ASSERT_GT(::send(fd, garbage, sizeof garbage, MSG_NOSIGNAL), 0);
  open();
  EXPECT_EQ(at_server_.paths.size(), 1u);
  ::close(fd);
}

}  // namespace
