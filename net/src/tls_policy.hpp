// The socket policy of our WebSocket client: TLS that is always verified.
//
// Differs from websocketpp's own policy in that no SNI is sent for an IP address (RFC 6066 forbids it), that the
// reason of a failed handshake is kept, and that shutting down cuts the TCP connection instead of waiting for
// the peer's close_notify (the WebSocket closing handshake has ended by then, or has failed).
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <memory>
#include <string>
#include <utility>

#include <websocketpp/common/connection_hdl.hpp>
#include <websocketpp/transport/asio/base.hpp>
#include <websocketpp/transport/asio/security/base.hpp>
#include <websocketpp/uri.hpp>

namespace trapline::net {

struct tls_settings {
  std::string host;  // as in the URL, an IPv6 address without brackets
  bool host_is_address = false;
  std::shared_ptr<boost::asio::ssl::context> context;
};

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

// One connection's socket, as websocketpp's asio transport wants it.
class tls_connection : public std::enable_shared_from_this<tls_connection> {
 public:
  using type = tls_connection;
  using ptr = std::shared_ptr<type>;
  using socket_type = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;
  using io_service_ptr = boost::asio::io_service*;
  using strand_ptr = std::shared_ptr<boost::asio::io_service::strand>;

  ptr get_shared() { return shared_from_this(); }
  bool is_secure() const { return true; }
  socket_type::lowest_layer_type& get_raw_socket() { return socket_->lowest_layer(); }
  socket_type::next_layer_type& get_next_layer() { return socket_->next_layer(); }
  socket_type& get_socket() { return *socket_; }
  std::string get_remote_endpoint(std::error_code& ec) const {
    ec = {};
    return settings_.host;
  }

  void set_settings(tls_settings s) { settings_ = std::move(s); }

  // Why the handshake failed, empty if it did not.
  const std::string& handshake_failure() const { return failure_; }
  bool handshake_done() const { return handshake_done_; }
  bool certificate_refused() const { return certificate_refused_; }

  template <class ErrorCode>
  static std::error_code translate_ec(ErrorCode ec) {
    namespace error = websocketpp::transport::error;
    return error::make_error_code(ec.category() == boost::asio::error::get_ssl_category() ? error::tls_error
                                                                                          : error::pass_through);
  }
  static std::error_code translate_ec(std::error_code ec) { return ec; }

 protected:
  std::error_code init_asio(io_service_ptr service, strand_ptr, bool) {
    service_ = service;
    socket_ = std::make_unique<socket_type>(*service, *settings_.context);
    socket_->set_verify_mode(boost::asio::ssl::verify_peer);
    socket_->set_verify_callback(
        [this, by_name = boost::asio::ssl::host_name_verification(settings_.host)](
            bool preverified, boost::asio::ssl::verify_context& c) { return verify(preverified, c, by_name); });
    return {};
  }
  void set_uri(websocketpp::uri_ptr) {}
  void set_handle(websocketpp::connection_hdl) {}
  std::error_code get_ec() const { return {}; }

  void pre_init(websocketpp::transport::asio::socket::init_handler callback) {
    if (!settings_.host_is_address) SSL_set_tlsext_host_name(socket_->native_handle(), settings_.host.c_str());
    callback({});
  }

  void post_init(websocketpp::transport::asio::socket::init_handler callback) {
    socket_->async_handshake(
        boost::asio::ssl::stream_base::client, [self = get_shared(), callback](const boost::system::error_code& ec) {
          self->handshake_done_ = !ec;
          if (ec && self->failure_.empty()) self->failure_ = ec.message();
          namespace socket = websocketpp::transport::asio::socket;
          callback(ec ? socket::make_error_code(socket::error::tls_handshake_failed) : std::error_code{});
        });
  }

  boost::system::error_code cancel_socket() {
    boost::system::error_code ec;
    get_raw_socket().cancel(ec);
    return ec;
  }

  void async_shutdown(websocketpp::transport::asio::socket::shutdown_handler callback) {
    boost::system::error_code ignored;
    get_raw_socket().close(ignored);
    boost::asio::post(*service_, [self = get_shared(), callback] { callback(boost::system::error_code{}); });
  }

 private:
  template <class ByName>
  bool verify(bool preverified, boost::asio::ssl::verify_context& c, const ByName& by_name) {
    X509_STORE_CTX* store = c.native_handle();
    X509* certificate = X509_STORE_CTX_get_current_cert(store);
    certificate_refused_ = true;
    if (!preverified) {
      const int error = X509_STORE_CTX_get_error(store);
      failure_ = std::string("the certificate was not accepted: ") + X509_verify_cert_error_string(error);
      if (certificate) failure_ += " (certificate for " + certificate_names(certificate) + ")";
      return false;
    }
    if (by_name(preverified, c)) {
      certificate_refused_ = false;
      return true;
    }
    failure_ = "the certificate is not for this host: expected " + settings_.host + ", the certificate offers " +
               (certificate ? certificate_names(certificate) : std::string("none"));
    X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
    return false;
  }

  tls_settings settings_;
  io_service_ptr service_ = nullptr;
  std::unique_ptr<socket_type> socket_;
  std::string failure_;
  bool handshake_done_ = false, certificate_refused_ = false;
};

// The endpoint's half of the policy.
class tls_endpoint {
 public:
  using type = tls_endpoint;
  using socket_con_type = tls_connection;
  using socket_con_ptr = socket_con_type::ptr;

  bool is_secure() const { return true; }
  void set_settings(tls_settings s) { settings_ = std::move(s); }

 protected:
  std::error_code init(socket_con_ptr connection) {
    connection->set_settings(settings_);
    return {};
  }

 private:
  tls_settings settings_;
};

}  // namespace trapline::net
