#include "trapline/net/certificate.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

namespace {

namespace fs = std::filesystem;
using trapline::net::write_self_signed_certificate;

struct free_x509 {
  void operator()(X509* p) const { X509_free(p); }
};
struct free_key {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
};

class certificate : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = fs::path(testing::TempDir()) / ("trapline_certificate_" + std::to_string(::getpid()));
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }

  std::string ca() const { return directory_ / "ca.pem"; }
  std::string key() const { return directory_ / "key.pem"; }

  std::unique_ptr<X509, free_x509> read_certificate() const {
    std::unique_ptr<FILE, int (*)(FILE*)> f(std::fopen(ca().c_str(), "r"), &std::fclose);
    return std::unique_ptr<X509, free_x509>(f ? PEM_read_X509(f.get(), nullptr, nullptr, nullptr) : nullptr);
  }
  static std::string text(const std::string& path) {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
  }

  fs::path directory_;
};

TEST_F(certificate, names_every_dns_name_and_address_it_was_asked_for_and_no_other) {
  write_self_signed_certificate(ca(), key(), {"localhost", "127.0.0.1"});
  const auto c = read_certificate();
  ASSERT_TRUE(c);
  EXPECT_EQ(X509_check_host(c.get(), "localhost", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_ip_asc(c.get(), "127.0.0.1", 0), 1);
  EXPECT_EQ(X509_check_host(c.get(), "example.org", 0, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(c.get(), "127.0.0.2", 0), 0);
}

TEST_F(certificate, verifies_against_itself_as_a_ca_for_a_tls_server) {
  write_self_signed_certificate(ca(), key(), {"localhost"});
  const auto c = read_certificate();
  ASSERT_TRUE(c);
  std::unique_ptr<X509_STORE, void (*)(X509_STORE*)> store(X509_STORE_new(), &X509_STORE_free);
  ASSERT_EQ(X509_STORE_add_cert(store.get(), c.get()), 1);
  std::unique_ptr<X509_STORE_CTX, void (*)(X509_STORE_CTX*)> context(X509_STORE_CTX_new(), &X509_STORE_CTX_free);
  ASSERT_EQ(X509_STORE_CTX_init(context.get(), store.get(), c.get(), nullptr), 1);
  X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_SERVER);
  EXPECT_EQ(X509_verify_cert(context.get()), 1)
      << X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
  EXPECT_EQ(X509_check_ca(c.get()), 1);
  int days = 0, seconds = 0;
  ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(c.get()));
  EXPECT_GE(days, 29);
  EXPECT_LE(days, 30);
}

TEST_F(certificate, fits_its_p256_key_that_only_the_owner_can_read) {
  write_self_signed_certificate(ca(), key(), {"localhost"});
  const auto c = read_certificate();
  std::unique_ptr<FILE, int (*)(FILE*)> f(std::fopen(key().c_str(), "r"), &std::fclose);
  ASSERT_TRUE(f);
  std::unique_ptr<EVP_PKEY, free_key> k(PEM_read_PrivateKey(f.get(), nullptr, nullptr, nullptr));
  ASSERT_TRUE(k);
  EXPECT_EQ(X509_check_private_key(c.get(), k.get()), 1);
  char group[32] = {};
  EVP_PKEY_get_group_name(k.get(), group, sizeof group, nullptr);
  EXPECT_STREQ(group, "prime256v1");
  struct stat s {};
  ASSERT_EQ(::stat(key().c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0600u);
}

TEST_F(certificate, replaces_older_files_and_leaves_nothing_beside_them) {
  write_self_signed_certificate(ca(), key(), {"localhost"});
  const auto old_ca = text(ca()), old_key = text(key());
  write_self_signed_certificate(ca(), key(), {"localhost"});
  EXPECT_NE(text(ca()), old_ca);
  EXPECT_NE(text(key()), old_key);
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_), fs::directory_iterator()), 2);
}

TEST_F(certificate, tells_what_is_wrong_when_it_cannot_be_made) {
  EXPECT_THROW(write_self_signed_certificate(ca(), key(), {}), std::runtime_error);
  EXPECT_THROW(write_self_signed_certificate(ca(), key(), {"a,DNS:evil.example"}), std::runtime_error);
  try {
    write_self_signed_certificate("/nonexistent/ca.pem", "/nonexistent/key.pem", {"localhost"});
    FAIL() << "wrote into a directory that does not exist";
  } catch (const std::runtime_error& e) {
    EXPECT_NE(std::string(e.what()).find("/nonexistent/key.pem"), std::string::npos) << e.what();
  }
}

}  // namespace
