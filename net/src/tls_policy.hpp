// The socket policy of our WebSocket client: TLS that is always verified.
//
// Differs from websocketpp's own policy in that many records are read at once (tls_stream.hpp) and most messages taken
// out (text_stream.hpp), that no SNI is sent for
// an IP address, that the reason of a failed handshake is kept, and that shutting down cuts the TCP connection instead
// of waiting for the peer's close_notify (the WebSocket closing handshake has ended by then, or has failed).
#pragma once

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <memory>
#include <string>
#include <utility>
#include <websocketpp/common/connection_hdl.hpp>
#include <websocketpp/transport/asio/base.hpp>
#include <websocketpp/transport/asio/security/base.hpp>
#include <websocketpp/uri.hpp>

#include "peer_check.hpp"
#include "text_stream.hpp"

namespace trapline::net {

struct tls_settings {
  std::string host;  // as in the URL, an IPv6 address without brackets
  bool host_is_address = false;
  std::shared_ptr<boost::asio::ssl::context> context;
};

// One connection's socket, as websocketpp's asio transport wants it.
class tls_connection : public std::enable_shared_from_this<tls_connection> {
 public:
  using type = tls_connection;
  using ptr = std::shared_ptr<type>;
  using socket_type = text_stream;
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
  const std::string& handshake_failure() const { return check_.failure().empty() ? failure_ : check_.failure(); }
  bool handshake_done() const { return handshake_done_; }
  bool certificate_refused() const { return check_.refused(); }

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
    check_.install(*socket_, settings_.host, settings_.host_is_address);
    return {};
  }
  void set_uri(websocketpp::uri_ptr) {}
  void set_handle(websocketpp::connection_hdl) {}
  std::error_code get_ec() const { return {}; }

  void pre_init(websocketpp::transport::asio::socket::init_handler callback) { callback({}); }

  void post_init(websocketpp::transport::asio::socket::init_handler callback) {
    socket_->async_handshake([self = get_shared(), callback](const boost::system::error_code& ec) {
      self->handshake_done_ = !ec;
      if (ec) self->failure_ = ec.message();
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
  tls_settings settings_;
  io_service_ptr service_ = nullptr;
  std::unique_ptr<socket_type> socket_;
  peer_check check_;
  std::string failure_;
  bool handshake_done_ = false;
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
