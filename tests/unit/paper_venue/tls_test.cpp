// The venue behind real TLS sockets, with the client of net/.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>

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

}  // namespace
