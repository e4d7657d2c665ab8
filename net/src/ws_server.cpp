#include "utf8_validator.hpp"
// First: both translation units that include websocketpp must see the same validator.

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>
#include <websocketpp/concurrency/none.hpp>
#include <websocketpp/config/asio.hpp>
#include <websocketpp/logger/stub.hpp>
#include <websocketpp/server.hpp>

#include "trapline/net/websocket.hpp"

namespace trapline::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

// Single-threaded, silent, without extensions.
struct server_config : websocketpp::config::asio_tls {
  using type = server_config;
  using concurrency_type = websocketpp::concurrency::none;
  using alog_type = websocketpp::log::stub;
  using elog_type = websocketpp::log::stub;
  struct transport_config : websocketpp::config::asio_tls::transport_config {
    using concurrency_type = server_config::concurrency_type;
    using alog_type = server_config::alog_type;
    using elog_type = server_config::elog_type;
    static const bool enable_multithreading = false;
    static const long timeout_socket_shutdown = 250;  // for the answer to our close_notify
  };
  using transport_type = websocketpp::transport::asio::endpoint<transport_config>;
  static const size_t max_http_body_size = 1u << 20;
};

using endpoint = websocketpp::server<server_config>;
using connection_ptr = endpoint::connection_ptr;
using hdl = websocketpp::connection_hdl;

constexpr long handshake_timeout_ms = 10'000;
constexpr auto accept_retry = std::chrono::milliseconds(100);

// Linger 0: the peer sees a reset at once, as when a middlebox drops the connection.
void reset(const connection_ptr& c) {
  error_code ignored;
  auto& socket = c->get_raw_socket();
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

class session_impl final : public ws_session {
 public:
  explicit session_impl(connection_ptr c) : connection_(std::move(c)), path_(connection_->get_resource()) {
    path_.resize(std::min(path_.find('?'), path_.size()));
  }

  std::string_view path() const override { return path_; }

  void send(std::string_view text) override {
    if (closing_ || connection_->get_state() != websocketpp::session::state::open) return;
    connection_->send(text.data(), text.size(), websocketpp::frame::opcode::text);
  }

  void close(std::uint16_t code, std::string_view reason) override {
    if (closing_) return;
    closing_ = true;
    websocketpp::lib::error_code ec;
    connection_->close(code, std::string(reason), ec);
    if (ec) cut();
  }

  void abort() override {
    closing_ = true;
    cut();
  }

  std::size_t buffered() const override { return connection_->get_buffered_amount(); }

  // The pending read ends with an error, by which the connection terminates and on_close is reported.
  void cut() { reset(connection_); }

  const connection_ptr& connection() const { return connection_; }

 private:
  connection_ptr connection_;
  std::string path_;
  bool closing_ = false;
};

class exchange_impl final : public http_exchange {
 public:
  explicit exchange_impl(connection_ptr c) : connection_(std::move(c)) {}
  ~exchange_impl() override {
    if (connection_) reset(connection_);
  }

  void respond(const http_response& response) override {
    if (!connection_) return;
    const auto c = std::exchange(connection_, nullptr);
    try {
      c->set_status(static_cast<websocketpp::http::status_code::value>(response.status));
      for (const auto& [name, value] : response.headers) c->replace_header(name, value);
      c->replace_header("Connection", "close");
      c->set_body(response.body);
    } catch (const websocketpp::exception&) {  // the connection has gone on without us
      return reset(c);
    }
    websocketpp::lib::error_code ec;
    c->send_http_response(ec);
    if (ec) reset(c);
  }

 private:
  connection_ptr connection_;  // null: answered
};

close_info describe(const connection_ptr& c) {
  using namespace websocketpp;
  close_info info;
  const auto remote = c->get_remote_close_code(), local = c->get_local_close_code();
  const auto ec = c->get_ec();
  if (remote != close::status::abnormal_close && remote != close::status::blank) {
    info.why = close_info::cause::closed;
    info.code = remote == close::status::no_status ? 0 : remote;
    info.text = "closed by the peer with code " + std::to_string(remote) + " " + c->get_remote_close_reason();
  } else if (local == close::status::protocol_error || local == close::status::invalid_payload ||
             local == close::status::message_too_big || local == close::status::unsupported_data) {
    info.why = close_info::cause::protocol;
    info.code = local;
    info.text = "the peer broke the protocol (code " + std::to_string(local) + "): " + ec.message();
  } else if (ec == error::make_error_code(error::close_handshake_timeout)) {
    info.why = close_info::cause::timeout;
    info.text = "the peer did not answer the closing handshake";
  } else {
    info.why = close_info::cause::lost;
    info.text = "the connection was lost: " + ec.message();
  }
  return info;
}

// Everything that a callback of a connection may need; kept alive by those callbacks, so that the server
// object can go at any time, inside a callback included.
class core : public std::enable_shared_from_this<core> {
 public:
  core(asio::io_context& context, const ws_server_options& options, ws_server_handler& handler, http_handler* http)
      : handler_(&handler),
        http_(http),
        acceptor_(context),
        retry_(context),
        max_message_size_(options.max_message_size) {
    prepare_tls(options);
    endpoint_.init_asio(&context);
    endpoint_.set_user_agent("");
    endpoint_.set_tls_init_handler([tls = tls_](hdl) { return tls; });
    bind(options);
  }

  std::uint16_t port() const { return port_; }

  void accept() {
    auto connection = endpoint_.get_connection();
    if (!connection) return;
    auto& socket = connection->get_raw_socket();
    acceptor_.async_accept(socket, [self = shared_from_this(), connection](const error_code& e) {
      if (!self->handler_ || e == asio::error::operation_aborted || !self->acceptor_.is_open()) return;
      if (e) {  // most likely out of file descriptors: not a reason to stop serving
        self->retry_.expires_after(accept_retry);
        self->retry_.async_wait([self](const error_code& cancelled) {
          if (!cancelled && self->acceptor_.is_open()) self->accept();
        });
        return;
      }
      self->begin(connection);
      self->accept();
    });
  }

  void stop_listening() {
    error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
  }

  void detach() {
    handler_ = nullptr;
    http_ = nullptr;
    stop_listening();
    for (const auto& s : std::exchange(sessions_, {})) s->cut();
    for (const auto& weak : std::exchange(opening_, {}))
      if (const auto c = weak.lock()) {
        error_code ignored;
        c->get_raw_socket().close(ignored);
      }
  }

 private:
  void prepare_tls(const ws_server_options& options) {
    tls_ = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
    SSL_CTX_set_min_proto_version(tls_->native_handle(), TLS1_2_VERSION);
    tls_->set_options(asio::ssl::context::no_compression);
    error_code e;
    tls_->use_certificate_chain_file(options.certificate_file, e);
    if (e) throw std::runtime_error("cannot use certificate " + options.certificate_file + ": " + e.message());
    tls_->use_private_key_file(options.key_file, asio::ssl::context::pem, e);
    if (e) throw std::runtime_error("cannot use private key " + options.key_file + ": " + e.message());
  }

  void bind(const ws_server_options& options) {
    const auto fail = [&](const char* what, const error_code& e) {
      throw std::runtime_error(std::string("cannot ") + what + " " + options.address + ":" +
                               std::to_string(options.port) + ": " + e.message());
    };
    error_code e;
    const auto address = asio::ip::make_address(options.address, e);
    if (e) fail("understand the address", e);
    const tcp::endpoint where(address, options.port);
    acceptor_.open(where.protocol(), e);
    if (e) fail("open a socket for", e);
    acceptor_.set_option(tcp::acceptor::reuse_address(true), e);
    acceptor_.bind(where, e);
    if (e) fail("bind to", e);
    acceptor_.listen(asio::socket_base::max_listen_connections, e);
    if (e) fail("listen on", e);
    port_ = acceptor_.local_endpoint(e).port();
  }

  void begin(const connection_ptr& connection) {
    error_code ignored;
    connection->get_raw_socket().set_option(tcp::no_delay(true), ignored);
    connection->set_max_message_size(max_message_size_);
    connection->set_open_handshake_timeout(handshake_timeout_ms);
    connection->set_close_handshake_timeout(handshake_timeout_ms);
    const auto self = shared_from_this();
    connection->set_open_handler([self](hdl h) { self->opened(h); });
    connection->set_close_handler([self](hdl h) { self->closed(h); });
    if (http_) connection->set_http_handler([self](hdl h) { self->requested(h); });
    connection->set_message_handler([self](hdl h, const endpoint::message_ptr& m) { self->message(h, m); });
    opening_.erase(std::remove_if(opening_.begin(), opening_.end(), [](const auto& w) { return w.expired(); }),
                   opening_.end());
    opening_.push_back(connection);
    connection->start();
  }

  std::shared_ptr<session_impl> find(const hdl& h) const {
    websocketpp::lib::error_code ec;
    const auto raw = h.lock();
    for (const auto& s : sessions_)
      if (std::static_pointer_cast<void>(s->connection()) == raw) return s;
    return nullptr;
  }

  void opened(const hdl& h) {
    websocketpp::lib::error_code ec;
    const auto connection = endpoint_.get_con_from_hdl(h, ec);
    if (ec || !connection) return;
    const auto s = std::make_shared<session_impl>(connection);
    if (!handler_) return s->cut();
    sessions_.push_back(s);
    handler_->on_open(*s);
  }

  void requested(const hdl& h) {
    websocketpp::lib::error_code ec;
    const auto connection = endpoint_.get_con_from_hdl(h, ec);
    if (ec || !connection || !http_ || connection->defer_http_response()) return;
    const auto& from = connection->get_request();
    http_request request;
    request.method = from.get_method();
    request.target = from.get_uri();
    for (const auto& [name, value] : from.get_headers()) request.headers.emplace_back(name, value);
    request.body = from.get_body();
    http_->on_request(request, std::make_unique<exchange_impl>(connection));
  }

  void message(const hdl& h, const endpoint::message_ptr& m) {
    const auto s = find(h);
    if (!s || !handler_) return;
    if (m->get_opcode() != websocketpp::frame::opcode::text)
      s->close(websocketpp::close::status::unsupported_data, "text frames only");
    else handler_->on_text(*s, m->get_payload());
  }

  void closed(const hdl& h) {
    const auto s = find(h);
    if (!s) return;
    sessions_.erase(std::find(sessions_.begin(), sessions_.end(), s));
    if (handler_) handler_->on_close(*s, describe(s->connection()));
  }

  ws_server_handler* handler_;  // null: the server object is gone
  http_handler* http_;          // null: no HTTP but WebSocket upgrades
  std::shared_ptr<asio::ssl::context> tls_;
  endpoint endpoint_;
  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  std::size_t max_message_size_;
  std::uint16_t port_ = 0;
  std::vector<std::shared_ptr<session_impl>> sessions_;
  std::vector<std::weak_ptr<endpoint::connection_type>> opening_;
};

class server_impl final : public ws_server {
 public:
  explicit server_impl(std::shared_ptr<core> c) : core_(std::move(c)) {}
  ~server_impl() override { core_->detach(); }
  std::uint16_t port() const override { return core_->port(); }
  void stop_listening() override { core_->stop_listening(); }

 private:
  std::shared_ptr<core> core_;
};

}  // namespace

std::unique_ptr<ws_server> listen_websocket(loop& l, const ws_server_options& options, ws_server_handler& handler,
                                            http_handler* http) {
  auto c = std::make_shared<core>(l.context(), options, handler, http);
  c->accept();
  return std::make_unique<server_impl>(std::move(c));
}

}  // namespace trapline::net
