// The HTTPS client against a server of few words, over real sockets on loopback.
#include "trapline/net/http_client.hpp"

#include <gtest/gtest.h>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "support/temp_dir.hpp"
#include "trapline/net/certificate.hpp"

namespace trapline::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using cause = http_answer::cause;
constexpr std::int64_t ms = 1'000'000, second = 1000 * ms;

std::string ok(const std::string& body, const std::string& more = "") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + more + "\r\n" + body;
}

// Answers the n-th request it reads, over all connections, with the n-th text; "" = never, "cut" = by cutting.
class server {
 public:
  server(asio::io_context& c, const std::string& cert, const std::string& key, std::vector<std::string> answers)
      : context_(asio::ssl::context::tls_server),
        acceptor_(c, {asio::ip::address_v4::loopback(), 0}),
        answers_(std::move(answers)) {
    context_.use_certificate_chain_file(cert);
    context_.use_private_key_file(key, asio::ssl::context::pem);
    accept();
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  std::vector<std::string> requests;
  unsigned connections = 0;
  bool close_after_answer = false;  // without saying so, as a server does whose patience is over

 private:
  struct peer {
    explicit peer(tcp::socket s, asio::ssl::context& c) : stream(std::move(s), c) {}
    asio::ssl::stream<tcp::socket> stream;
    std::string in, out;
  };
  void accept() {
    acceptor_.async_accept([this](boost::system::error_code e, tcp::socket s) {
      if (e) return;
      ++connections;
      auto p = std::make_shared<peer>(std::move(s), context_);
      p->stream.async_handshake(asio::ssl::stream_base::server, [this, p](boost::system::error_code failed) {
        if (!failed) read(p);
      });
      accept();
    });
  }
  void read(std::shared_ptr<peer> p) {
    asio::async_read_until(p->stream, asio::dynamic_buffer(p->in), "\r\n\r\n",
                           [this, p](boost::system::error_code e, std::size_t n) {
                             if (e) return;
                             requests.push_back(p->in.substr(0, n));
                             p->in.erase(0, n);
                             answer(p);
                           });
  }
  void answer(std::shared_ptr<peer> p) {
    const auto n = requests.size() - 1;
    if (n >= answers_.size() || answers_[n].empty()) return held_.push_back(p);
    if (answers_[n] == "cut") return p->stream.lowest_layer().close();
    p->out = answers_[n];
    asio::async_write(p->stream, asio::buffer(p->out), [this, p](boost::system::error_code e, std::size_t) {
      if (e) return;
      if (close_after_answer) p->stream.lowest_layer().close();
      else read(p);
    });
  }
  asio::ssl::context context_;
  tcp::acceptor acceptor_;
  std::vector<std::shared_ptr<peer>> held_;  // never to be answered
  std::vector<std::string> answers_;
};

struct http_client_test : testing::Test {
  ::test::temp_dir dir;
  const std::string cert = dir.path() + "/ca.pem", key = dir.path() + "/key.pem";
  loop l;
  asio::io_context server_context;
  std::unique_ptr<server> served;
  std::unique_ptr<http_client> client;
  std::vector<http_answer> answers;

  void SetUp() override { write_self_signed_certificate(cert, key, {"localhost"}); }
  void serve(std::vector<std::string> what) {
    served = std::make_unique<server>(server_context, cert, key, std::move(what));
  }
  void connect(const std::string& host = "localhost", std::int64_t timeout = 5 * second) {
    http_client_options o;
    o.url = "https://" + host + ":" + std::to_string(served->port());
    o.ca_file = cert;
    o.connect_timeout = o.request_timeout = timeout;
    o.max_body = 1000;
    client = make_http_client(l, o);
  }
  void get(const std::string& target) {
    http_call r;
    r.target = target;
    r.headers = {{"ACCESS-KEY", "k"}};
    client->request(std::move(r), [this](const http_answer& a) { answers.push_back(a); });
  }
  void until(std::size_t n) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (answers.size() < n) {
      ASSERT_LT(std::chrono::steady_clock::now(), end) << "waited too long";
      server_context.restart();
      server_context.poll();
      l.poll(ms);
    }
  }
};

TEST_F(http_client_test, sends_requests_one_after_another_over_one_connection) {
  serve({ok("one"), ok("two"), ok("three")});
  connect();
  get("/a?x=1");
  get("/b");
  EXPECT_TRUE(answers.empty());
  until(2);
  get("/c");
  until(3);
  EXPECT_EQ(answers[0].body, "one");
  EXPECT_EQ(answers[2].body, "three");
  EXPECT_EQ(answers[0].status, 200u);
  EXPECT_EQ(answers[0].failed, cause::none);
  EXPECT_EQ(served->connections, 1u);
  ASSERT_EQ(served->requests.size(), 3u);
  EXPECT_EQ(served->requests[0].rfind("GET /a?x=1 HTTP/1.1\r\nHost: localhost:" + std::to_string(served->port()), 0),
            0u);
  EXPECT_NE(served->requests[0].find("ACCESS-KEY: k\r\n"), std::string::npos);
}

TEST_F(http_client_test, a_kept_connection_that_the_server_closed_costs_no_request) {
  serve({ok("one"), ok("two")});
  served->close_after_answer = true;
  connect();
  get("/a");
  until(1);
  get("/b");
  until(2);
  EXPECT_EQ(answers[1].body, "two") << answers[1].error;
  EXPECT_EQ(served->connections, 2u);
}

TEST_F(http_client_test, an_error_status_is_an_answer) {
  serve({"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\n{}"});
  connect();
  get("/a");
  until(1);
  EXPECT_EQ(answers[0].failed, cause::none);
  EXPECT_EQ(answers[0].status, 429u);
  EXPECT_EQ(answers[0].retry_after, 7 * second);
  EXPECT_EQ(answers[0].body, "{}");
}

TEST_F(http_client_test, a_connection_cut_before_the_answer_is_lost_and_was_sent) {
  serve({"cut"});
  connect();
  get("/a");
  until(1);
  EXPECT_EQ(answers[0].failed, cause::lost) << answers[0].error;
  EXPECT_TRUE(answers[0].sent);
}

TEST_F(http_client_test, half_an_answer_is_none) {
  serve({"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"code\":"});
  served->close_after_answer = true;
  connect();
  get("/a");
  until(1);
  EXPECT_EQ(answers[0].failed, cause::lost) << answers[0].error;
}

TEST_F(http_client_test, silence_runs_into_the_timeout_and_the_next_request_is_served) {
  serve({"", ok("later")});
  connect("localhost", 100 * ms);
  get("/a");
  get("/b");
  until(2);
  EXPECT_EQ(answers[0].failed, cause::timeout);
  EXPECT_EQ(answers[1].body, "later") << answers[1].error;
}

TEST_F(http_client_test, an_answer_above_the_limit_is_refused) {
  serve({ok(std::string(1001, 'x'))});
  connect();
  get("/a");
  until(1);
  EXPECT_EQ(answers[0].failed, cause::protocol) << answers[0].error;
  EXPECT_TRUE(answers[0].body.empty());
}

TEST_F(http_client_test, what_is_no_http_is_refused) {
  serve({"SSH-2.0-OpenSSH\r\n\r\n"});
  connect();
  get("/a");
  until(1);
  EXPECT_EQ(answers[0].failed, cause::protocol) << answers[0].error;
}

TEST_F(http_client_test, a_certificate_for_another_name_or_of_a_stranger_is_refused) {
  serve({ok("no")});
  connect("127.0.0.1");
  get("/a");
  until(1);
  EXPECT_EQ(answers[0].failed, cause::certificate) << answers[0].error;
  EXPECT_NE(answers[0].error.find("localhost"), std::string::npos) << answers[0].error;
  EXPECT_FALSE(answers[0].sent);
  const auto port = served->port();
  write_self_signed_certificate(dir.path() + "/other.pem", dir.path() + "/other_key.pem", {"localhost"});
  http_client_options o;
  o.url = "https://localhost:" + std::to_string(port);
  o.ca_file = dir.path() + "/other.pem";
  client = make_http_client(l, o);
  get("/a");
  until(2);
  EXPECT_EQ(answers[1].failed, cause::certificate) << answers[1].error;
  EXPECT_TRUE(served->requests.empty());
}

TEST_F(http_client_test, a_closed_port_is_refused) {
  serve({});
  connect();
  served.reset();
  get("/a");
  until(1);
  EXPECT_EQ(answers[0].failed, cause::refused) << answers[0].error;
}

TEST_F(http_client_test, may_be_destroyed_inside_its_callback_and_with_requests_waiting) {
  serve({ok("one"), ok("two")});
  connect();
  http_call r;
  r.target = "/a";
  bool called = false;
  client->request(r, [&](const http_answer&) {
    called = true;
    client.reset();
    answers.emplace_back();
  });
  client->request(r, [&](const http_answer&) { ADD_FAILURE() << "a callback after the end"; });
  until(1);
  EXPECT_TRUE(called);
  for (int i = 0; i < 20; ++i) l.poll(ms);
}

TEST_F(http_client_test, malformed_urls_throw) {
  for (const char* url : {"", "http://localhost", "wss://localhost", "https://", "https://a:0", "https://u@h"}) {
    http_client_options o;
    o.url = url;
    EXPECT_THROW(make_http_client(l, o), std::invalid_argument) << url;
  }
}

}  // namespace
}  // namespace trapline::net
