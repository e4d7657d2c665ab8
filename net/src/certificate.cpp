#include "trapline/net/certificate.hpp"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/ip/address.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

namespace trapline::net {
namespace {

constexpr long validity_seconds = 30L * 24 * 3600;
constexpr long backdated_seconds = 3600;  // a peer's clock may be behind ours

struct deleter {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
  void operator()(BIGNUM* p) const { BN_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
};
template <class T>
using owned = std::unique_ptr<T, deleter>;

[[noreturn]] void fail(const std::string& what) {
  char text[256] = "no detail";
  if (const auto code = ERR_get_error(); code != 0) ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  throw std::runtime_error("cannot make a certificate: " + what + ": " + text);
}

void check(bool ok, const char* what) {
  if (!ok) fail(what);
}

void add_extension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const owned<X509_EXTENSION> e(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  if (!e || X509_add_ext(certificate, e.get(), -1) != 1) fail("extension '" + value + "'");
}

std::string subject_alternative_names(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) {
    // A comma would start another entry in OpenSSL's little language.
    if (name.empty() || name.find_first_of(",\n ") != std::string::npos)
      throw std::runtime_error("cannot make a certificate: '" + name + "' is neither a DNS name nor an IP address");
    boost::system::error_code not_an_address;
    boost::asio::ip::make_address(name, not_an_address);
    out += (out.empty() ? "" : ",") + std::string(not_an_address ? "DNS:" : "IP:") + name;
  }
  return out;
}

void set_random_serial(X509* certificate) {
  const owned<BIGNUM> serial(BN_new());
  // 127 bits with the top one set: never zero, positive in DER (RFC 5280 4.1.2.2 allows 20 octets).
  check(serial && BN_rand(serial.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
            BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr,
        "serial number");
}

// Writes beside the target and renames, so that a reader sees the old file or the new one, whole.
void replace_file(const std::string& path, BIO* text, mode_t mode) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(text, &data);
  const std::string temporary = path + ".tmp." + std::to_string(::getpid());
  ::unlink(temporary.c_str());
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  const auto io_fail = [&](const char* what) {
    const std::string reason = std::strerror(errno);
    if (fd >= 0) ::close(fd);
    ::unlink(temporary.c_str());
    throw std::runtime_error(std::string("cannot ") + what + " " + path + ": " + reason);
  };
  if (fd < 0) io_fail("create");
  for (long done = 0; done < size;) {
    const auto n = ::write(fd, data + done, static_cast<std::size_t>(size - done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) io_fail("write");
    done += n;
  }
  if (::fchmod(fd, mode) != 0 || ::fsync(fd) != 0) io_fail("write");
  ::close(fd);
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const std::string reason = std::strerror(errno);
    ::unlink(temporary.c_str());
    throw std::runtime_error("cannot replace " + path + ": " + reason);
  }
}

owned<X509> make_certificate(EVP_PKEY* key, const std::vector<std::string>& names) {
  owned<X509> c(X509_new());
  check(c && X509_set_version(c.get(), X509_VERSION_3) == 1, "new certificate");
  set_random_serial(c.get());
  check(X509_gmtime_adj(X509_getm_notBefore(c.get()), -backdated_seconds) &&
            X509_gmtime_adj(X509_getm_notAfter(c.get()), validity_seconds),
        "validity");
  X509_NAME* subject = X509_get_subject_name(c.get());
  const auto* common_name = reinterpret_cast<const unsigned char*>(names.front().c_str());
  check(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, common_name, -1, -1, 0) == 1 &&
            X509_set_issuer_name(c.get(), subject) == 1 && X509_set_pubkey(c.get(), key) == 1,
        "subject");
  // CA:TRUE so that the file can be given to clients as their CA file.
  add_extension(c.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(c.get(), NID_key_usage, "critical,digitalSignature,keyCertSign");
  add_extension(c.get(), NID_ext_key_usage, "serverAuth");
  add_extension(c.get(), NID_subject_key_identifier, "hash");
  add_extension(c.get(), NID_subject_alt_name, subject_alternative_names(names));
  check(X509_sign(c.get(), key, EVP_sha256()) > 0, "signature");
  return c;
}

}  // namespace

void write_self_signed_certificate(const std::string& certificate_file, const std::string& key_file,
                                   const std::vector<std::string>& names) {
  if (names.empty()) throw std::runtime_error("cannot make a certificate: no name was given");
  const owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  if (!key) fail("P-256 key");
  const auto certificate = make_certificate(key.get(), names);

  const owned<BIO> key_text(BIO_new(BIO_s_secmem())), certificate_text(BIO_new(BIO_s_mem()));
  check(key_text && PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "PEM of the key");
  check(certificate_text && PEM_write_bio_X509(certificate_text.get(), certificate.get()) == 1, "PEM");
  replace_file(key_file, key_text.get(), 0600);
  replace_file(certificate_file, certificate_text.get(), 0644);
}

}  // namespace trapline::net
