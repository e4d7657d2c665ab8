// What must be refused, with one clear message and exit code 2.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

#include "stage.hpp"
#include "trapline/net/certificate.hpp"
#include "trapline/net/websocket.hpp"

namespace net = trapline::net;

namespace {

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST(refusals, a_configuration_with_five_mistakes_tells_all_five_at_once) {
  test::stage s;
  test::write_file(s.dir() + "/bad.yaml",
                   "engine: { nmae: x }\n"
                   "lanes: { core: { wait: sometimes } }\n"
                   "plugins:\n"
                   "  feed:\n"
                   "    use: mm_ws\n"
                   "    lane: croe\n"
                   "    options: { environment: paper, symbols: [BTCUSDT], ping_interval: 20, credentials: { key: "
                   "abc123literal } }\n");
  for (const char* command : {"run", "check"}) {
    const auto r = s.run({command, "bad.yaml"});
    EXPECT_EQ(r.code, 2);
    for (const char* part :
         {"bad.yaml:1:11: engine.nmae: unknown option; did you mean 'name'?",
          "bad.yaml:2:24: lanes.core.wait: found 'sometimes'",
          "bad.yaml:6:11: plugins.feed.lane: there is no lane 'croe'; did you mean 'core'?",
          "plugins.feed.options.ping_interval: expected a duration", "a secret must not stand in this file"})
      EXPECT_NE(r.err.find(part), std::string::npos) << part << "\n" << r.err;
    EXPECT_EQ(r.err.find("abc123literal"), std::string::npos);
    EXPECT_EQ(lines(r.err), std::string(command) == "run" ? 5u : 6u) << r.err;
  }
}

TEST(refusals, a_plugin_of_another_abi_is_refused_before_its_constructor_runs) {
  test::stage s;
  const std::string canary = s.dir() + "/canary";
  test::write_file(s.dir() + "/wrong.yaml",
                   "plugins: { x: { use: " TRAPLINE_BUILD_DIR "/tests/modules/wrong_major.so } }\n");
  const auto r = s.run({"run", "wrong.yaml"}, {"TRAPLINE_TEST_CANARY=" + canary});
  EXPECT_EQ(r.code, 2);
  EXPECT_EQ(lines(r.err), 1u) << r.err;
  EXPECT_NE(r.err.find("built for plugin ABI 1.0, this host offers 0.1; rebuild it with this host's headers"),
            std::string::npos)
      << r.err;
  EXPECT_FALSE(std::filesystem::exists(canary));
}

namespace {

// A TLS WebSocket server with a certificate for `names`, on a thread of its own.
class tls_server : net::ws_server_handler {
 public:
  tls_server(const std::string& dir, const std::vector<std::string>& names) {
    net::write_self_signed_certificate(dir + "/server.pem", dir + "/server.key", names);
    server_ = net::listen_websocket(loop_, {"127.0.0.1", 0, dir + "/server.pem", dir + "/server.key", 1u << 20}, *this);
    thread_ = std::thread([this] {
      while (!stop_) loop_.poll(50'000'000);
    });
  }
  ~tls_server() override {
    stop_ = true;
    loop_.wake();
    thread_.join();
  }
  std::string url() const { return "wss://localhost:" + std::to_string(server_->port()) + "/v2/ws/public"; }
  void on_open(net::ws_session&) override {}
  void on_text(net::ws_session&, std::string_view) override {}
  void on_close(net::ws_session&, const net::close_info&) override {}

 private:
  net::loop loop_;
  std::unique_ptr<net::ws_server> server_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

test::finished run_feed(test::stage& s, const std::string& url, const std::string& ca_file) {
  test::write_file(
      s.dir() + "/feed.yaml",
      "engine: { log: { file: ./run/trapline.log } }\n"
      "plugins: { feed: { use: mm_ws, options: { environment: paper, symbols: [BTCUSDT], endpoint: { public: '" +
          url + "', ca_file: " + ca_file + " } } } }\n");
  return s.run({"run", "feed.yaml", "--view", "off"});
}

}  // namespace

TEST(refusals, a_certificate_for_another_name_ends_the_run_with_one_message) {
  test::stage s;
  const tls_server server(s.dir(), {"venue.example", "10.1.2.3"});
  const auto r = run_feed(s, server.url(), s.dir() + "/server.pem");
  EXPECT_EQ(r.code, 2) << r.err << s.log();
  EXPECT_EQ(lines(r.err), 1u) << r.err;
  EXPECT_NE(
      r.err.find(
          "the certificate is not for this host: expected localhost, the certificate offers venue.example, 10.1.2.3"),
      std::string::npos)
      << r.err;
}

TEST(refusals, a_certificate_of_an_unknown_issuer_ends_the_run_with_one_message) {
  test::stage s;
  const tls_server server(s.dir(), {"localhost"});
  net::write_self_signed_certificate(s.dir() + "/other.pem", s.dir() + "/other.key", {"localhost"});
  const auto r = run_feed(s, server.url(), s.dir() + "/other.pem");
  EXPECT_EQ(r.code, 2) << r.err << s.log();
  EXPECT_EQ(lines(r.err), 1u) << r.err;
  EXPECT_NE(r.err.find("the certificate was not accepted"), std::string::npos) << r.err;
}

TEST(refusals, wrong_command_lines_exit_with_2) {
  test::stage s;
  EXPECT_EQ(s.run({}).code, 2);
  EXPECT_EQ(s.run({"fly"}).code, 2);
  EXPECT_EQ(s.run({"run"}).code, 2);
  EXPECT_EQ(s.run({"run", "x.yaml", "--seconds", "-1"}).code, 2);
  const auto missing = s.run({"run", "no-such-file.yaml"});
  EXPECT_EQ(missing.code, 2);
  EXPECT_NE(missing.err.find("no-such-file.yaml: cannot be read"), std::string::npos) << missing.err;
  const auto unknown = s.run({"explain", "no_such_plugin"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_NE(unknown.err.find("there is no plugin 'no_such_plugin'"), std::string::npos);
  EXPECT_NE(s.run({"swapp"}).err.find("there is no command 'swapp'"), std::string::npos);
}
