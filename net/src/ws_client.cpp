#include "utf8_validator.hpp"  // before websocketpp's own

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <websocketpp/client.hpp>
#include <websocketpp/concurrency/none.hpp>
#include <websocketpp/config/core_client.hpp>
#include <websocketpp/logger/stub.hpp>
#include <websocketpp/transport/asio/endpoint.hpp>

#include "tls_policy.hpp"
#include "trapline/net/websocket.hpp"
#include "url.hpp"

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace trapline::net {
namespace {

// Hands out the same incoming message again and again: messages are handed on at once and never kept, so that
// reading allocates only while a larger message than ever before comes in.
template <class Message>
class reusing_manager : public std::enable_shared_from_this<reusing_manager<Message>> {
 public:
  using ptr = std::shared_ptr<reusing_manager>;
  using weak_ptr = std::weak_ptr<reusing_manager>;
  using message_ptr = typename Message::ptr;

  message_ptr get_message() { return std::make_shared<Message>(this->shared_from_this()); }
  message_ptr get_message(websocketpp::frame::opcode::value op, std::size_t size) {
    if (websocketpp::frame::opcode::is_control(op))
      return std::make_shared<Message>(this->shared_from_this(), op, size);
    if (!kept_ || kept_.use_count() > 1) kept_ = std::make_shared<Message>(this->shared_from_this(), op, 0);
    auto& payload = kept_->get_raw_payload();
    payload.clear();
    payload.reserve(size + simdjson_padding);
    kept_->set_opcode(op);
    return kept_;
  }
  bool recycle(Message*) { return false; }

 private:
  message_ptr kept_;
};

struct config : websocketpp::config::core_client {
  using type = config;
  using base = websocketpp::config::core_client;
  using concurrency_type = websocketpp::concurrency::none;
  using alog_type = websocketpp::log::stub;
  using elog_type = websocketpp::log::stub;
  using message_type = websocketpp::message_buffer::message<reusing_manager>;
  using con_msg_manager_type = reusing_manager<message_type>;
  using endpoint_msg_manager_type = websocketpp::message_buffer::alloc::endpoint_msg_manager<con_msg_manager_type>;
  using rng_type = websocketpp::random::random_device::int_generator<std::uint32_t, concurrency_type>;

  static constexpr bool enable_multithreading = false;
  static constexpr bool drop_on_protocol_error = true;  // the library would wait for the peer otherwise
  static constexpr long timeout_open_handshake = 0;     // ours covers everything up to the upgrade
  static constexpr std::size_t max_http_body_size = 64 << 10;

  struct transport_config : base::transport_config {
    using concurrency_type = config::concurrency_type;
    using alog_type = config::alog_type;
    using elog_type = config::elog_type;
    using request_type = config::request_type;
    using response_type = config::response_type;
    using socket_type = tls_endpoint;
    static constexpr bool enable_multithreading = false;
    static constexpr long timeout_socket_post_init = 0;
  };
  using transport_type = websocketpp::transport::asio::endpoint<transport_config>;
};
using ws_endpoint = websocketpp::client<config>;

std::string seconds(std::int64_t ns) {
  std::string s = std::to_string(static_cast<double>(ns) / 1e9);
  s.erase(s.find_last_not_of('0') + 1);
  if (s.back() == '.') s.pop_back();
  return s + " s";
}

// What outlives the ws_client while handlers are pending. The library's connection holds its endpoint (by its
// open handler) and a weak pointer to this; this holds the connection until the end.
class client_state : public std::enable_shared_from_this<client_state> {
 public:
  client_state(loop& l, ws_client_options o, parsed_url url, ws_client_handler& handler)
      : context_(l.context()),
        options_(std::move(o)),
        url_(std::move(url)),
        handler_(&handler),
        resolver_(context_),
        timer_(context_) {}

  void start() {
    timer_.expires_after(std::chrono::nanoseconds(options_.connect_timeout));
    timer_.async_wait([self = shared_from_this()](const error_code& ec) {
      if (!ec && !self->open_)
        self->finish({close_info::cause::timeout, 0,
                      self->where() + ": no connection within " + seconds(self->options_.connect_timeout) + ", while " +
                          self->stage_});
    });
    resolver_.async_resolve(
        url_.host, url_.port,
        url_.is_address ? tcp::resolver::numeric_host | tcp::resolver::numeric_service : tcp::resolver::flags(),
        [self = shared_from_this()](const error_code& ec, const tcp::resolver::results_type& found) {
          self->on_resolved(ec, found);
        });
  }

  void send(std::string_view text) {
    if (!open_ || !connection_) return;
    connection_->send(text.data(), text.size(), websocketpp::frame::opcode::text);  // a failure ends in on_end()
  }

  void close(std::uint16_t code, std::string_view reason) {
    if (!handler_) return;
    closing_ = true;
    if (open_ && connection_) {
      // A control frame holds at most 123 bytes of reason.
      const std::error_code ec = [&] {
        std::error_code e;
        connection_->close(code, std::string(reason.substr(0, 123)), e);
        return e;
      }();
      if (!ec) {
        timer_.expires_after(std::chrono::nanoseconds(options_.close_timeout));
        timer_.async_wait([self = shared_from_this()](const error_code& e) {
          if (!e)
            self->finish({close_info::cause::timeout, 0,
                          self->where() + ": no closing handshake within " + seconds(self->options_.close_timeout)});
        });
        return;
      }
    }
    asio::post(context_, [self = shared_from_this()] {
      self->finish({close_info::cause::closed, 0, self->where() + ": given up before the connection was there"});
    });
  }

  // Cuts everything. No callback comes any more.
  void abandon() {
    handler_ = nullptr;
    error_code ignored;
    timer_.cancel();
    resolver_.cancel();
    if (connection_) connection_->get_raw_socket().close(ignored);
    connection_.reset();
  }

 private:
  std::string where() const { return url_.host + ":" + url_.port; }

  // The end, once. The handler may destroy the client inside.
  void finish(const close_info& info) {
    if (!handler_) return;
    const auto self = shared_from_this();
    auto* handler = handler_;
    abandon();
    handler->on_close(info);
  }

  void on_resolved(const error_code& ec, const tcp::resolver::results_type& found) {
    if (!handler_) return;
    if (ec) return finish({close_info::cause::refused, 0, where() + ": the name was not found: " + ec.message()});
    auto tls = make_settings();
    if (!tls.context) return;
    stage_ = "connecting by TCP";
    auto endpoint = std::make_shared<ws_endpoint>();
    endpoint->init_asio(&context_);
    endpoint->set_settings(std::move(tls));
    std::error_code e;
    const std::string host = url_.host.find(':') == std::string::npos ? url_.host : "[" + url_.host + "]";
    const auto uri = std::make_shared<websocketpp::uri>(true, host, url_.port, url_.resource);
    connection_ = endpoint->get_connection(uri, e);
    if (e) return finish({close_info::cause::refused, 0, where() + ": " + e.message()});
    prepare(endpoint);
    // Holds the connection as well: its socket must outlive the operation even if it is abandoned meanwhile.
    asio::async_connect(connection_->get_raw_socket(), found,
                        [self = shared_from_this(), held = connection_](
                            const error_code& failed, const tcp::endpoint&) { self->on_connected(failed); });
  }

  tls_settings make_settings() {
    tls_settings s{url_.host, url_.is_address, nullptr};
    try {
      s.context = make_client_context(options_.ca_file);
    } catch (const std::exception& e) {
      finish({close_info::cause::tls, 0, where() + ": " + e.what()});
    }
    return s;
  }

  void prepare(const std::shared_ptr<ws_endpoint>& endpoint) {
    const auto weak = weak_from_this();
    connection_->set_max_message_size(options_.max_message_size);
    connection_->set_close_handshake_timeout(static_cast<long>(options_.close_timeout / 1'000'000));
    for (const auto& [name, value] : options_.headers) connection_->replace_header(name, value);
    // The library's handlers point at the endpoint: it must live as long as the connection.
    connection_->set_open_handler([weak, endpoint](websocketpp::connection_hdl) {
      if (const auto self = weak.lock()) self->on_open();
    });
    connection_->get_socket().take_texts(options_.max_message_size, [weak](std::string_view text) {
      if (const auto self = weak.lock()) self->on_text(text);
    });
    connection_->set_message_handler([weak](websocketpp::connection_hdl, const config::message_type::ptr& m) {
      if (const auto self = weak.lock()) self->on_message(*m);
    });
    connection_->set_fail_handler([weak](websocketpp::connection_hdl) {
      if (const auto self = weak.lock()) self->on_end();
    });
    connection_->set_close_handler([weak](websocketpp::connection_hdl) {
      if (const auto self = weak.lock()) self->on_end();
    });
  }

  void on_connected(const error_code& ec) {
    if (!handler_) return;
    if (ec) return finish({close_info::cause::refused, 0, where() + ": " + ec.message()});
    error_code ignored;
    auto& socket = connection_->get_raw_socket();
    socket.set_option(tcp::no_delay(true), ignored);
    // Data that the peer does not confirm for this long breaks the connection instead of waiting for minutes.
    const unsigned unconfirmed_ms = 30'000;
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &unconfirmed_ms, sizeof unconfirmed_ms);
    stage_ = "in the TLS handshake or the HTTP upgrade";
    connection_->start();
  }

  void on_open() {
    if (!handler_) return;
    open_ = true;
    timer_.cancel();
    handler_->on_open();
  }

  // Of one frame; all others come by on_message().
  void on_text(std::string_view text) {
    if (handler_ && open_ && !closing_) handler_->on_text(text);
  }

  void on_message(config::message_type& message) {
    if (!handler_) return;
    if (message.get_opcode() != websocketpp::frame::opcode::text) {
      close(websocketpp::close::status::unsupported_data, "text frames only");
      return;
    }
    auto& payload = message.get_raw_payload();
    // Room for the reader's look-ahead; there already, unless the message came in fragments.
    if (payload.capacity() - payload.size() < simdjson_padding) payload.reserve(payload.size() + simdjson_padding);
    handler_->on_text(payload);
  }

  void on_end() {
    if (!handler_ || !connection_) return;
    finish(explain());
  }

  close_info explain() const {
    using cause = close_info::cause;
    const auto& c = *connection_;
    if (!open_) {
      if (!c.handshake_done())
        return {c.certificate_refused() ? cause::certificate : cause::tls, 0,
                where() + ": TLS: " + (c.handshake_failure().empty() ? c.get_ec().message() : c.handshake_failure())};
      const auto status = static_cast<int>(c.get_response_code());
      if (status != 0 && status != 101) {
        const auto& reason = c.get_response_msg();
        return {cause::handshake, 0,
                where() + ": the upgrade to WebSocket was refused: HTTP " + std::to_string(status) + " " +
                    printable(reason.data(), reason.size(), 60)};
      }
      return {status == 101 ? cause::handshake : cause::lost, 0,
              where() + ": the connection ended during the upgrade to WebSocket: " + reason_of(c)};
    }
    const auto code = c.get_remote_close_code();
    if (code != websocketpp::close::status::abnormal_close) {
      const auto& reason = c.get_remote_close_reason();
      return {cause::closed, code,
              where() + ": closed with code " + std::to_string(code) +
                  (reason.empty() ? "" : ": " + printable(reason.data(), reason.size(), 123))};
    }
    if (c.get_ec() == websocketpp::error::close_handshake_timeout)
      return {cause::timeout, 0, where() + ": no closing handshake within " + seconds(options_.close_timeout)};
    if (c.get_ec().category() == websocketpp::processor::error::get_processor_category())
      return {cause::protocol, 0, where() + ": the peer broke the WebSocket protocol: " + c.get_ec().message()};
    return {cause::lost, 0, where() + ": the connection broke: " + reason_of(c)};
  }

  static std::string reason_of(const ws_endpoint::connection_type& c) {
    if (c.get_ec() == websocketpp::transport::error::eof) return "the peer ended it without a closing handshake";
    const auto ec = c.get_transport_ec();
    return ec ? ec.message() : c.get_ec().message();
  }

  asio::io_context& context_;
  ws_client_options options_;
  parsed_url url_;
  ws_client_handler* handler_;  // null once it is over
  tcp::resolver resolver_;
  asio::steady_timer timer_;  // connecting, later closing
  ws_endpoint::connection_ptr connection_;
  const char* stage_ = "looking up the name";
  bool open_ = false, closing_ = false;
};

class client final : public ws_client {
 public:
  explicit client(std::shared_ptr<client_state> s) : state_(std::move(s)) {}
  ~client() override { state_->abandon(); }
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  void send(std::string_view text) override { state_->send(text); }
  void close(std::uint16_t code, std::string_view reason) override { state_->close(code, reason); }

 private:
  std::shared_ptr<client_state> state_;
};

}  // namespace

std::unique_ptr<ws_client> connect_websocket(loop& l, ws_client_options options, ws_client_handler& handler) {
  auto url = parse_url("wss://", options.url);
  auto state = std::make_shared<client_state>(l, std::move(options), std::move(url), handler);
  state->start();
  return std::make_unique<client>(std::move(state));
}

}  // namespace trapline::net
