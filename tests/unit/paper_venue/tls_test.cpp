// The venue behind real TLS sockets, with the client of net/.
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <filesystem>
#include <future>

#include <nlohmann/json.hpp>

#include "trapline/net/certificate.hpp"
#include "venue.hpp"

namespace {

namespace fs = std::filesystem;
using namespace trapline::paper_venue;
namespace net = trapline::net;

struct client : net::ws_client_handler {
  bool open = false;
  std::vector<nlohmann::json> messages;
  std::vector<net::close_info> closes;
  void on_open() override { open = true; }
  void on_text(std::string_view t) override { messages.push_back(nlohmann::json::parse(t)); }
  void on_close(const net::close_info& i) override { closes.push_back(i); }
};

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

TEST(venue_over_tls, a_client_logs_in_subscribes_and_is_served) {
  const auto dir = fs::path(testing::TempDir()) / ("trapline_tls_" + std::to_string(::getpid()));
  fs::create_directories(dir);
  net::write_self_signed_certificate(dir / "ca.pem", dir / "key.pem", {"localhost", "127.0.0.1"});
  const credentials keys{"k", "s", "p"};
  const auto began = now_ns();
  net::loop loop;
  venue v(settings{}, keys, venue_clock{now_ns, now_ns}, {}, began);
  net::ws_server_options listen;
  listen.certificate_file = dir / "ca.pem";
  listen.key_file = dir / "key.pem";
  const auto server = net::listen_websocket(loop, listen, v);
  client c;
  net::ws_client_options o;
  o.url = "wss://localhost:" + std::to_string(server->port()) + "/v2/ws/private";
  o.ca_file = dir / "ca.pem";
  const auto link = net::connect_websocket(loop, o, c);
  std::int64_t market = began;
  const auto until = [&](auto done) {
    const auto deadline = now_ns() + 20 * second;
    while (!done() && now_ns() < deadline) {
      loop.poll(1'000'000);
      v.advance(market += 25'000'000);
    }
    return done();
  };
  ASSERT_TRUE(until([&] { return c.open || !c.closes.empty(); }));
  ASSERT_TRUE(c.closes.empty()) << c.closes[0].text;
  const auto stamp = std::to_string(now_ns() / second);
  link->send(R"({"op":"login","args":[{"apiKey":"k","passphrase":"p","timestamp":")" + stamp + R"(","sign":")" +
             hmac_sha256_base64("s", stamp + "GET/user/verify") + "\"}]}");
  link->send(R"({"op":"subscribe","args":[{"instType":"USDT-FUTURES","channel":"positions","instId":"default"},)"
             R"({"instType":"USDT-FUTURES","channel":"books","instId":"BTCUSDT"}]})");
  ASSERT_TRUE(until([&] { return c.messages.size() >= 25; }));
  EXPECT_EQ(c.messages[0]["event"], "login");
  EXPECT_EQ(c.messages[1]["event"], "subscribe");
  EXPECT_EQ(c.messages[3]["arg"]["channel"], "positions");
  EXPECT_EQ(c.messages[4]["action"], "snapshot");
  EXPECT_EQ(c.messages[5]["action"], "update");
  v.close_all("done");
  ASSERT_TRUE(until([&] { return v.sessions() == 0 && !c.closes.empty(); }));
  EXPECT_EQ(c.closes[0].code, 1001);
  fs::remove_all(dir);
}

// One HTTPS request, blocking; runs beside the thread that polls the venue.
std::string ask(std::uint16_t port, const std::string& ca_file, const std::string& request) {
  namespace asio = boost::asio;
  asio::io_context context;
  asio::ssl::context tls(asio::ssl::context::tls_client);
  tls.load_verify_file(ca_file);
  asio::ssl::stream<asio::ip::tcp::socket> stream(context, tls);
  stream.set_verify_mode(asio::ssl::verify_peer);
  stream.set_verify_callback(asio::ssl::host_name_verification("localhost"));
  stream.lowest_layer().connect({asio::ip::address_v4::loopback(), port});
  stream.handshake(asio::ssl::stream_base::client);
  asio::write(stream, asio::buffer(request));
  std::string answer;
  boost::system::error_code e;
  asio::read(stream, asio::dynamic_buffer(answer), e);  // until the venue closes
  return answer;
}

TEST(venue_over_tls, the_port_of_the_sockets_answers_rest_calls_with_bodies_too) {
  const auto dir = fs::path(testing::TempDir()) / ("trapline_https_" + std::to_string(::getpid()));
  fs::create_directories(dir);
  net::write_self_signed_certificate(dir / "ca.pem", dir / "key.pem", {"localhost", "127.0.0.1"});
  net::loop loop;
  settings s;
  s.trader = false;
  const credentials keys{"k", "s", "p"};
  venue v(s, keys, venue_clock{now_ns, now_ns}, {}, now_ns());
  net::ws_server_options listen;
  listen.certificate_file = dir / "ca.pem";
  listen.key_file = dir / "key.pem";
  const auto server = net::listen_websocket(loop, listen, v, &v);
  const auto exchange = [&](const std::string& request) {
    auto answer = std::async(std::launch::async, ask, server->port(), (dir / "ca.pem").string(), request);
    const auto deadline = now_ns() + 20 * second;
    while (answer.wait_for(std::chrono::seconds(0)) != std::future_status::ready && now_ns() < deadline)
      loop.poll(1'000'000);
    return answer.get();
  };
  const auto time = exchange("GET /api/v2/public/time HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(time.rfind("HTTP/1.1 200 ", 0), 0u) << time;
  EXPECT_NE(time.find("Connection: close"), std::string::npos) << time;
  EXPECT_NE(time.find("\"code\":\"00000\""), std::string::npos) << time;

  const std::string body =
      R"({"symbol":"BTCUSDT","productType":"USDT-FUTURES","size":"0.01","side":"buy","orderType":"market"})";
  const std::string target = "/api/v2/mix/order/place-order", stamp = std::to_string(now_ns() / 1'000'000);
  const auto placed = exchange("POST " + target + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
                               "ACCESS-KEY: k\r\nACCESS-PASSPHRASE: p\r\nACCESS-TIMESTAMP: " + stamp +
                               "\r\nACCESS-SIGN: " + hmac_sha256_base64("s", stamp + "POST" + target + body) +
                               "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_NE(placed.find("\"orderId\":\""), std::string::npos) << placed;
  EXPECT_EQ(v.the_simulation()->the_exchange().the_account().positions().size(), 1u);
  const auto lost = exchange("GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(lost.rfind("HTTP/1.1 404 ", 0), 0u) << lost;
  // A call that a fault leaves without an answer is cut off with the venue's farewell.
  v.inflict(parse_fault("0 rest_timeout"));
  auto hanging = std::async(std::launch::async, ask, server->port(), (dir / "ca.pem").string(),
                            std::string("GET /api/v2/public/time HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  const auto before = v.counts().requests;
  const auto deadline = now_ns() + 20 * second;
  while (v.counts().requests == before && now_ns() < deadline) loop.poll(1'000'000);
  v.close_all("done");
  while (hanging.wait_for(std::chrono::seconds(0)) != std::future_status::ready && now_ns() < deadline)
    loop.poll(1'000'000);
  EXPECT_EQ(hanging.get(), "");
  fs::remove_all(dir);
}

}  // namespace
