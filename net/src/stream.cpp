#include "trapline/net/stream.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "peer_check.hpp"

namespace asio = boost::asio;

namespace trapline::net {
namespace {

using boost::system::error_code;
using any_endpoint = asio::generic::stream_protocol::endpoint;
using socket = asio::generic::stream_protocol::socket;

// Held by the stream and by every handler on its way: a cancelled operation still completes after the stream has
// gone, and finds `handler` empty then.
class session : public std::enable_shared_from_this<session> {
 public:
  session(loop& l, stream_handler& handler)
      : context_(l.context()), socket_(context_), resolver_(context_), deadline_(context_), handler_(&handler) {}

  void connect(const stream_endpoint& endpoint, std::int64_t timeout) {
    deadline_.expires_after(std::chrono::nanoseconds(timeout));
    deadline_.async_wait([self = shared_from_this()](error_code e) {
      if (e || self->state_ != state::connecting) return;
      self->finish(self->shaking_hands_ ? "TLS: no answer within the time limit; does the server speak TLS there?"
                                        : "no connection within the time limit");
    });
    if (!endpoint.unix_path.empty()) {
      name_ = "unix:" + endpoint.unix_path;
      try {
        connect_next({any_endpoint(asio::local::stream_protocol::endpoint(endpoint.unix_path))}, 0, {});
      } catch (const boost::system::system_error& e) {  // the path is longer than a socket address holds
        finish_later(name_ + ": " + e.code().message());
      }
      return;
    }
    name_ = endpoint.host + ":" + std::to_string(endpoint.port);
    error_code not_numeric;
    const auto address = asio::ip::make_address(endpoint.host, not_numeric);
    if (endpoint.tls) {
      try {
        tls_context_ = make_client_context(endpoint.ca_file);
        use_own_certificate(endpoint);
      } catch (const std::exception& e) {
        return finish_later(name_ + ": TLS: " + e.what());
      }
      tls_.emplace(socket_, *tls_context_);
      check_.install(*tls_, endpoint.host, !not_numeric);
    }
    if (!not_numeric) return connect_next({any_endpoint(asio::ip::tcp::endpoint(address, endpoint.port))}, 0, {});
    resolver_.async_resolve(endpoint.host, std::to_string(endpoint.port),
                            [self = shared_from_this()](error_code e, asio::ip::tcp::resolver::results_type found) {
                              if (self->state_ != state::connecting) return;
                              if (e) return self->finish(self->name_ + ": " + e.message());
                              std::vector<any_endpoint> candidates;
                              for (const auto& f : found) candidates.emplace_back(f.endpoint());
                              self->connect_next(std::move(candidates), 0, {});
                            });
  }

  void write(std::string bytes) {
    if (closing_ || state_ == state::closed || bytes.empty()) return;
    if (pending_.empty()) pending_ = std::move(bytes);
    else pending_ += bytes;
    if (state_ == state::open && in_flight_.empty()) start_write();
  }

  std::size_t buffered() const { return pending_.size() + in_flight_.size(); }

  void close() {
    if (std::exchange(closing_, true) || state_ == state::closed) return;
    if (state_ == state::connecting || in_flight_.empty()) finish_later({});
  }

  void detach() {
    handler_ = nullptr;
    shut();
  }

 private:
  enum class state { connecting, open, closed };

  void connect_next(std::vector<any_endpoint> candidates, std::size_t index, error_code last) {
    if (index == candidates.size()) return finish(name_ + ": " + (last ? last.message() : "the name has no address"));
    error_code ignored;
    socket_.close(ignored);
    const auto target = candidates[index];
    socket_.async_connect(target,
                          [self = shared_from_this(), candidates = std::move(candidates), index](error_code e) mutable {
                            if (self->state_ != state::connecting) return;
                            if (e) return self->connect_next(std::move(candidates), index + 1, e);
                            self->connected();
                          });
  }

  void connected() {
    error_code ignored;  // neither option exists on a Unix socket
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.set_option(asio::socket_base::keep_alive(true), ignored);
    if (!tls_) return ready();
    shaking_hands_ = true;
    tls_->async_handshake(asio::ssl::stream_base::client, [self = shared_from_this()](error_code e) {
      if (self->state_ != state::connecting) return;
      if (!e) return self->ready();
      const auto& refusal = self->check_.failure();
      self->finish(self->name_ + ": TLS: " + (refusal.empty() ? e.message() : refusal));
    });
  }

  void ready() {
    state_ = state::open;
    deadline_.cancel();
    handler_->on_open();
    if (state_ != state::open) return;
    if (!pending_.empty() && in_flight_.empty()) start_write();
    read();
  }

  void read() {
    on_layer([this](auto& layer) {
      layer.async_read_some(asio::buffer(input_), [self = shared_from_this()](error_code e, std::size_t n) {
        if (self->state_ != state::open) return;
        // Many servers end a TLS connection without its closing words.
        const bool end = e == asio::error::eof || e == asio::ssl::error::stream_truncated;
        if (e) return self->finish(end ? "the server closed the connection" : e.message());
        self->handler_->on_data({self->input_.data(), n});
        if (self->state_ == state::open) self->read();
      });
    });
  }

  void start_write() {
    in_flight_.swap(pending_);
    on_layer([this](auto& layer) {
      asio::async_write(layer, asio::buffer(in_flight_), [self = shared_from_this()](error_code e, std::size_t) {
        if (self->state_ != state::open) return;
        if (e) return self->finish(e.message());
        self->in_flight_.clear();
        if (!self->pending_.empty()) return self->start_write();
        if (self->closing_) return self->finish({});
        self->handler_->on_written();
      });
    });
  }

  template <class F>
  void on_layer(F f) {
    tls_ ? f(*tls_) : f(socket_);
  }

  void use_own_certificate(const stream_endpoint& endpoint) {
    if (endpoint.certificate_file.empty()) return;
    const auto use = [](const std::string& file, auto read) {
      try {
        read();
      } catch (const std::exception& e) {
        throw std::runtime_error(file + " could not be used: " + e.what());
      }
    };
    use(endpoint.certificate_file, [&] { tls_context_->use_certificate_chain_file(endpoint.certificate_file); });
    use(endpoint.key_file, [&] { tls_context_->use_private_key_file(endpoint.key_file, asio::ssl::context::pem); });
  }

  void finish_later(std::string why) {
    asio::post(context_, [self = shared_from_this(), why = std::move(why)] { self->finish(why); });
  }

  void finish(const std::string& why) {
    if (state_ == state::closed) return;
    shut();
    if (auto* h = std::exchange(handler_, nullptr)) h->on_close(why);
  }

  void shut() {
    state_ = state::closed;
    error_code ignored;
    socket_.close(ignored);
    resolver_.cancel();
    deadline_.cancel();
  }

  asio::io_context& context_;
  socket socket_;
  std::shared_ptr<asio::ssl::context> tls_context_;
  std::optional<asio::ssl::stream<socket&>> tls_;  // empty: plain
  peer_check check_;
  asio::ip::tcp::resolver resolver_;
  asio::steady_timer deadline_;
  stream_handler* handler_;  // empty once the stream has gone or on_close() was called
  state state_ = state::connecting;
  bool shaking_hands_ = false, closing_ = false;
  std::string name_;       // of the endpoint, for messages
  std::string pending_;    // collects while a write is under way, so that many small writes become one
  std::string in_flight_;  // must not move while the kernel takes it
  std::array<char, 64 * 1024> input_;
};

class session_stream final : public stream {
 public:
  explicit session_stream(std::shared_ptr<session> s) : session_(std::move(s)) {}
  ~session_stream() override { session_->detach(); }
  void write(std::string bytes) override { session_->write(std::move(bytes)); }
  std::size_t buffered() const override { return session_->buffered(); }
  void close() override { session_->close(); }

 private:
  std::shared_ptr<session> session_;
};

}  // namespace

std::unique_ptr<stream> connect_stream(loop& l, const stream_endpoint& endpoint, std::int64_t connect_timeout,
                                       stream_handler& handler) {
  auto s = std::make_shared<session>(l, handler);
  auto result = std::make_unique<session_stream>(s);
  s->connect(endpoint, connect_timeout);
  return result;
}

}  // namespace trapline::net
