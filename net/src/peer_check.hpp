// Whether a server is who it claims to be: its certificate must be trusted and made out to the host that was asked for.
#pragma once

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <memory>
#include <stdexcept>
#include <string>

namespace trapline::net {

// Printable ASCII of at most `limit` bytes: certificates and HTTP answers are written by strangers.
inline std::string printable(const char* text, std::size_t size, std::size_t limit) {
  std::string out;
  for (std::size_t i = 0; i < size && out.size() < limit; ++i) out += text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?';
  return out;
}

// The names that a certificate is made out to, such as `a.example, *.b.example, 127.0.0.1`.
inline std::string certificate_names(X509* certificate) {
  constexpr int most = 8;
  std::string out;
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names); ++i) {
    if (i == most) {
      out += ", ...";
      break;
    }
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    std::string text;
    if (name->type == GEN_DNS) {
      const auto* s = name->d.dNSName;
      text = printable(reinterpret_cast<const char*>(ASN1_STRING_get0_data(s)),
                       static_cast<std::size_t>(ASN1_STRING_length(s)), 80);
    } else if (name->type == GEN_IPADD) {
      const auto* s = name->d.iPAddress;
      const auto* bytes = ASN1_STRING_get0_data(s);
      if (ASN1_STRING_length(s) == 4) {
        boost::asio::ip::address_v4::bytes_type b;
        std::copy(bytes, bytes + 4, b.begin());
        text = boost::asio::ip::address_v4(b).to_string();
      } else if (ASN1_STRING_length(s) == 16) {
        boost::asio::ip::address_v6::bytes_type b;
        std::copy(bytes, bytes + 16, b.begin());
        text = boost::asio::ip::address_v6(b).to_string();
      }
    }
    if (!text.empty()) out += (out.empty() ? "" : ", ") + text;
  }
  GENERAL_NAMES_free(names);
  if (out.empty()) {
    char cn[80] = {};
    if (X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, cn, sizeof cn) > 0)
      out = "common name " + printable(cn, std::char_traits<char>::length(cn), sizeof cn);
  }
  return out.empty() ? "no name at all" : out;
}

// The check of one handshake, and why it failed.
class peer_check {
 public:
  // `host` as in the URL, an IPv6 address without brackets.
  template <class Stream>
  void install(Stream& stream, const std::string& host, bool host_is_address) {
    host_ = host;
    // RFC 6066 forbids an address as a server name.
    if (!host_is_address) SSL_set_tlsext_host_name(stream.native_handle(), host.c_str());
    stream.set_verify_mode(boost::asio::ssl::verify_peer);
    stream.set_verify_callback(
        [this, by_name = boost::asio::ssl::host_name_verification(host)](
            bool preverified, boost::asio::ssl::verify_context& c) { return verify(preverified, c, by_name); });
  }

  const std::string& failure() const { return failure_; }  // empty: none so far
  bool refused() const { return refused_; }                // the certificate was the reason

 private:
  template <class ByName>
  bool verify(bool preverified, boost::asio::ssl::verify_context& c, const ByName& by_name) {
    X509_STORE_CTX* store = c.native_handle();
    X509* certificate = X509_STORE_CTX_get_current_cert(store);
    refused_ = true;
    if (!preverified) {
      const int error = X509_STORE_CTX_get_error(store);
      failure_ = std::string("the certificate was not accepted: ") + X509_verify_cert_error_string(error);
      if (certificate) failure_ += " (certificate for " + certificate_names(certificate) + ")";
      return false;
    }
    if (by_name(preverified, c)) {
      refused_ = false;
      return true;
    }
    failure_ = "the certificate is not for this host: expected " + host_ + ", the certificate offers " +
               (certificate ? certificate_names(certificate) : std::string("none"));
    X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
    return false;
  }

  std::string host_, failure_;
  bool refused_ = false;
};

// TLS of at least 1.2 with the trusted roots of `ca_file`, or of the system if that is empty. Throws std::exception.
inline std::shared_ptr<boost::asio::ssl::context> make_client_context(const std::string& ca_file) {
  auto context = std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  try {
    if (ca_file.empty()) context->set_default_verify_paths();
    else context->load_verify_file(ca_file);
  } catch (const std::exception& e) {
    throw std::runtime_error("the trusted certificates could not be read" +
                             (ca_file.empty() ? std::string() : " from " + ca_file) + ": " + e.what());
  }
  return context;
}

}  // namespace trapline::net
