// TLS to a real redis-server: who is not who it should be is refused, in plain words.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <functional>

#include "rig.hpp"
#include "support/temp_dir.hpp"
#include "trapline/net/certificate.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::redis_bridge {
namespace {

using namespace test;

// A port that nobody listens on at present.
std::uint16_t free_port() {
  const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof a;
  EXPECT_EQ(::bind(s, reinterpret_cast<sockaddr*>(&a), size), 0);
  ::getsockname(s, reinterpret_cast<sockaddr*>(&a), &size);
  ::close(s);
  return ntohs(a.sin_port);
}

template <class T, class Free>
std::unique_ptr<T, Free> owned(T* p, Free f) {
  return {p, f};
}

// Changes a certificate and signs it anew.
void change(const std::string& certificate_file, const std::string& key_file, const std::function<void(X509*)>& how) {
  const auto open = [](const std::string& path, const char* mode) {
    return owned(BIO_new_file(path.c_str(), mode), BIO_free);
  };
  const auto certificate =
      owned(PEM_read_bio_X509(open(certificate_file, "r").get(), nullptr, nullptr, nullptr), X509_free);
  const auto key = owned(PEM_read_bio_PrivateKey(open(key_file, "r").get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  ASSERT_TRUE(certificate && key);
  how(certificate.get());
  ASSERT_GT(X509_sign(certificate.get(), key.get(), EVP_sha256()), 0);
  ASSERT_EQ(PEM_write_bio_X509(open(certificate_file, "w").get(), certificate.get()), 1);
}

class redis_over_tls : public rig {
 protected:
  // Not the plain server of the rig: each test says which certificate is shown, and what else.
  void SetUp() override {}

  std::string file(const std::string& name) const { return dir.path() + "/" + name; }
  void certificate(const std::string& name, const std::vector<std::string>& hosts) {
    net::write_self_signed_certificate(file(name + ".pem"), file(name + ".key"), hosts);
  }
  void serve(const std::string& name, const std::vector<std::string>& more = {}) {
    port = free_port();
    server_options = {"--tls-port",         std::to_string(port), "--bind",         "127.0.0.1",
                      "--tls-cert-file",    file(name + ".pem"),  "--tls-key-file", file(name + ".key"),
                      "--tls-ca-cert-file", file(name + ".pem")};
    if (more.empty()) server_options.insert(server_options.end(), {"--tls-auth-clients", "no"});
    server_options.insert(server_options.end(), more.begin(), more.end());
    rig::SetUp();
    config.endpoint.unix_path.clear();
    parse_url(sdk::cat("rediss://localhost:", port), config);
  }
  bool refused_because(const std::string& text) {
    make();
    const bool told = until([&] { return env.logged(text) > 0; });
    if (!told)
      for (const auto& l : env.lines) ADD_FAILURE() << l.text;
    EXPECT_FALSE(core->connected());
    EXPECT_EQ(server->ask({"DBSIZE"}), "0") << "nothing went to a server that was not accepted";
    return told;
  }

  ::test::temp_dir dir;
  std::uint16_t port = 0;
};

TEST_F(redis_over_tls, everything_arrives) {
  certificate("good", {"localhost"});
  serve("good", {"--tls-auth-clients", "no", "--tls-protocols", "TLSv1.2 TLSv1.3", "--requirepass", "staple"});
  config.endpoint.ca_file = file("good.pem");
  config.has_password = true;
  env.password_value = "staple";
  config.maxlen_market = 1'000'000;
  connect();
  trades(1, 20'000);
  ASSERT_TRUE(settled());
  EXPECT_EQ(read_trades(server->stream(trades_key)).trade_ids, range(1, 20'000));
  EXPECT_EQ(env.logged("staple"), 0);
}

TEST_F(redis_over_tls, a_killed_server_is_found_again_without_a_loss) {
  certificate("good", {"localhost"});
  serve("good", {"--tls-auth-clients", "no", "--appendonly", "yes"});
  config.endpoint.ca_file = file("good.pem");
  config.maxlen_market = 1'000'000;
  connect();
  trades(1, 3'000);
  loop.poll(3 * millisecond);
  server->kill();
  ASSERT_TRUE(until([&] { return !core->connected(); }));
  server->restart();
  ASSERT_TRUE(settled());
  EXPECT_EQ(read_trades(server->stream(trades_key)).trade_ids, range(1, 3'000));
}

TEST_F(redis_over_tls, an_address_in_the_certificate_is_a_name_too) {
  certificate("good", {"127.0.0.1"});
  serve("good");
  config.endpoint.ca_file = file("good.pem");
  config.endpoint.host = "127.0.0.1";
  connect();
}

TEST_F(redis_over_tls, a_certificate_for_another_host_is_refused) {
  certificate("other", {"redis.example"});
  serve("other");
  config.endpoint.ca_file = file("other.pem");
  EXPECT_TRUE(
      refused_because("the certificate is not for this host: expected localhost, the certificate offers "
                      "redis.example"));
}

TEST_F(redis_over_tls, an_expired_certificate_is_refused) {
  certificate("old", {"localhost"});
  change(file("old.pem"), file("old.key"), [](X509* c) {
    X509_gmtime_adj(X509_getm_notBefore(c), -2 * 24 * 3600);
    X509_gmtime_adj(X509_getm_notAfter(c), -24 * 3600);
  });
  serve("old");
  config.endpoint.ca_file = file("old.pem");
  EXPECT_TRUE(refused_because("certificate has expired"));
}

TEST_F(redis_over_tls, an_unknown_issuer_is_refused) {
  certificate("good", {"localhost"});
  certificate("stranger", {"localhost"});
  serve("good");
  config.endpoint.ca_file = file("stranger.pem");
  EXPECT_TRUE(refused_because("the certificate was not accepted: self-signed certificate"));
  env.lines.clear();
  config.endpoint.ca_file.clear();
  EXPECT_TRUE(refused_because("the certificate was not accepted: self-signed certificate")) << "nor by the system";
}

TEST_F(redis_over_tls, a_server_that_speaks_old_tls_only_is_refused) {
  certificate("good", {"localhost"});
  serve("good", {"--tls-auth-clients", "no", "--tls-protocols", "TLSv1.1", "--tls-ciphers", "ALL:@SECLEVEL=0"});
  config.endpoint.ca_file = file("good.pem");
  EXPECT_TRUE(refused_because("TLS: "));
}

TEST_F(redis_over_tls, a_server_without_tls_is_told) {
  certificate("good", {"localhost"});
  serve("good");
  server.reset();
  server_options = {"--port", std::to_string(port), "--bind", "127.0.0.1"};
  server = std::make_unique<::test::redis_server>(server_options);
  config.endpoint.ca_file = file("good.pem");
  config.connect_timeout = 200 * millisecond;  // it waits for the rest of what it takes for a command
  EXPECT_TRUE(refused_because("does the server speak TLS there?"));
}

TEST_F(redis_over_tls, a_missing_file_of_roots_is_told_with_its_name) {
  certificate("good", {"localhost"});
  serve("good");
  config.endpoint.ca_file = file("absent.pem");
  EXPECT_TRUE(refused_because("absent.pem"));
}

TEST_F(redis_over_tls, a_server_that_asks_for_a_certificate_gets_ours) {
  certificate("good", {"localhost"});
  certificate("client", {"client"});
  change(file("client.pem"), file("client.key"), [](X509* c) {  // which is made for servers
    X509_EXTENSION_free(X509_delete_ext(c, X509_get_ext_by_NID(c, NID_ext_key_usage, -1)));
  });
  // The server trusts its own certificate and the client's.
  std::ofstream(file("roots.pem")) << std::ifstream(file("good.pem")).rdbuf()
                                   << std::ifstream(file("client.pem")).rdbuf();
  serve("good", {"--tls-ca-cert-file", file("roots.pem"), "--tls-auth-clients", "yes"});
  config.endpoint.ca_file = file("good.pem");
  make();
  ASSERT_TRUE(until([&] { return env.logged("alert") > 0 || env.logged("closed the connection") > 0; }))
      << "without a certificate the server ends the connection";
  EXPECT_FALSE(core->connected());
  config.endpoint.certificate_file = file("client.pem");
  config.endpoint.key_file = file("absent.key");
  make();
  ASSERT_TRUE(until([&] { return env.logged("absent.key could not be used") > 0; }));
  config.endpoint.key_file = file("client.key");
  connect();
  trades(1, 10);
  ASSERT_TRUE(settled());
  EXPECT_EQ(server->stream(trades_key).size(), 10u);
}

}  // namespace
}  // namespace trapline::redis_bridge
