// HTTP at the port of a WebSocket server, over real TLS sockets on loopback.
#include "trapline/net/http_server.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <future>

#include "trapline/net/certificate.hpp"
#include "trapline/net/websocket.hpp"

namespace {

namespace fs = std::filesystem;
namespace asio = boost::asio;
using namespace trapline::net;

// Sends `request` and reads until the server closes; blocking, so on a thread of its own.
std::string ask(std::uint16_t port, const std::string& ca_file, const std::string& request) {
  asio::io_context context;
  asio::ssl::context tls(asio::ssl::context::tls_client);
  tls.load_verify_file(ca_file);
  asio::ssl::stream<asio::ip::tcp::socket> stream(context, tls);
  stream.set_verify_mode(asio::ssl::verify_peer);
  std::string answer;
  boost::system::error_code e;
  stream.lowest_layer().connect({asio::ip::address_v4::loopback(), port}, e);
  if (!e) stream.handshake(asio::ssl::stream_base::client, e);
  if (!e) asio::write(stream, asio::buffer(request), e);
  asio::read(stream, asio::dynamic_buffer(answer), e);
  return answer;
}

struct socket_log : ws_server_handler {
  int opened = 0;
  void on_open(ws_session&) override { ++opened; }
  void on_text(ws_session&, std::string_view) override {}
  void on_close(ws_session&, const close_info&) override {}
};

struct request_log : http_handler {
  std::vector<http_request> requests;
  std::vector<std::unique_ptr<http_exchange>> kept;
  std::function<void(const http_request&, http_exchange&)> react;
  void on_request(const http_request& r, std::unique_ptr<http_exchange> e) override {
    requests.push_back(r);
    if (react) react(r, *e);
    else kept.push_back(std::move(e));
  }
};

class http_server : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(testing::TempDir()) / ("trapline_http_" + std::to_string(::getpid()));
    fs::create_directories(directory_);
    write_self_signed_certificate(directory_ / "ca.pem", directory_ / "key.pem", {"localhost"});
  }
  void TearDown() override { fs::remove_all(directory_); }

  void listen(http_handler* http) {
    ws_server_options o;
    o.certificate_file = directory_ / "ca.pem";
    o.key_file = directory_ / "key.pem";
    server_ = listen_websocket(loop_, o, sockets_, http);
    port_ = server_->port();
  }
  std::future<std::string> start(const std::string& request) {
    return std::async(std::launch::async, ask, port_, (directory_ / "ca.pem").string(), request);
  }
  bool until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      loop_.poll(1'000'000);
    }
    return true;
  }
  std::string finish(std::future<std::string>& f) {
    EXPECT_TRUE(until([&] { return f.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }));
    return f.get();
  }
  std::string exchange(const std::string& request) {
    auto f = start(request);
    return finish(f);
  }

  fs::path directory_;
  loop loop_;
  socket_log sockets_;
  request_log http_;
  std::unique_ptr<ws_server> server_;
  std::uint16_t port_ = 0;
};

TEST_F(http_server, a_request_arrives_whole_and_its_answer_closes_the_connection) {
  listen(&http_);
  http_.react = [](const http_request& r, http_exchange& e) {
    e.respond({201, {{"X-Answer", "42"}, {"Content-Type", "text/plain"}}, "got " + r.body});
  };
  const auto answer =
      exchange("POST /path?a=%20b&c HTTP/1.1\r\nHost: localhost\r\nX-Thing: one\r\nContent-Length: 5\r\n\r\nhello");
  ASSERT_EQ(http_.requests.size(), 1u);
  EXPECT_EQ(http_.requests[0].method, "POST");
  EXPECT_EQ(http_.requests[0].target, "/path?a=%20b&c");
  EXPECT_EQ(http_.requests[0].body, "hello");
  EXPECT_EQ(http_.requests[0].header("x-thing"), "one");
  EXPECT_EQ(http_.requests[0].header("x-other"), "");
  EXPECT_EQ(answer.rfind("HTTP/1.1 201 ", 0), 0u) << answer;
  EXPECT_NE(answer.find("X-Answer: 42\r\n"), std::string::npos) << answer;
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
  EXPECT_EQ(answer.substr(answer.size() - 9), "got hello");
  EXPECT_EQ(sockets_.opened, 0);
}

TEST_F(http_server, an_answer_may_come_later_and_others_are_served_meanwhile) {
  listen(&http_);
  auto slow = start("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(until([&] { return http_.kept.size() == 1; }));
  http_.react = [](const http_request&, http_exchange& e) { e.respond({200, {}, "quick"}); };
  EXPECT_NE(exchange("GET /quick HTTP/1.1\r\nHost: localhost\r\n\r\n").find("quick"), std::string::npos);
  http_.kept[0]->respond({200, {}, "at last"});
  EXPECT_NE(finish(slow).find("at last"), std::string::npos);
}

TEST_F(http_server, an_exchange_that_is_dropped_cuts_the_connection) {
  listen(&http_);
  auto f = start("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(until([&] { return http_.kept.size() == 1; }));
  http_.kept.clear();
  EXPECT_EQ(finish(f), "");
}

TEST_F(http_server, the_server_may_go_before_the_answer) {
  listen(&http_);
  auto f = start("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(until([&] { return http_.kept.size() == 1; }));
  server_.reset();
  EXPECT_EQ(finish(f), "");
  http_.kept[0]->respond({200, {}, "to nobody"});
  for (int i = 0; i < 10; ++i) loop_.poll(1'000'000);
}

TEST_F(http_server, a_request_whose_body_is_not_complete_waits_for_the_rest) {
  listen(&http_);
  auto f = start("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nab");
  for (int i = 0; i < 50; ++i) loop_.poll(1'000'000);
  EXPECT_TRUE(http_.requests.empty());
  server_.reset();
  EXPECT_EQ(finish(f), "");
}

TEST_F(http_server, a_body_above_the_limit_is_refused_without_asking_the_handler) {
  listen(&http_);
  const auto answer = exchange("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n\r\n");
  EXPECT_EQ(answer.rfind("HTTP/1.1 4", 0), 0u) << answer;
  EXPECT_TRUE(http_.requests.empty());
}

TEST_F(http_server, without_a_handler_plain_requests_are_told_to_upgrade) {
  listen(nullptr);
  EXPECT_EQ(exchange("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").rfind("HTTP/1.1 426 ", 0), 0u);
}

TEST_F(http_server, what_is_no_http_is_answered_with_400) {
  listen(&http_);
  EXPECT_EQ(exchange("nonsense\r\n\r\n").rfind("HTTP/1.1 4", 0), 0u);
  EXPECT_TRUE(http_.requests.empty());
}

}  // namespace
