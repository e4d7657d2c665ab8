#include "trapline/net/http_client.hpp"

#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <sys/socket.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <chrono>
#include <deque>
#include <optional>

#include "peer_check.hpp"
#include "url.hpp"

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace trapline::net {
namespace {

using cause = http_answer::cause;

// Credentials travel in request headers: their memory is overwritten before it is given back.
template <class T>
struct wiping_allocator : std::allocator<T> {
  wiping_allocator() = default;
  template <class U>
  wiping_allocator(const wiping_allocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor): allocators convert
  template <class U>
  struct rebind {
    using other = wiping_allocator<U>;
  };
  void deallocate(T* p, std::size_t n) {
    OPENSSL_cleanse(p, n * sizeof(T));
    std::allocator<T>::deallocate(p, n);
  }
};
using request_message = http::request<http::string_body, http::basic_fields<wiping_allocator<char>>>;

// One TCP and TLS connection. Handlers hold it, so that its socket outlives every operation on it.
struct connection {
  connection(asio::io_context& c, std::shared_ptr<asio::ssl::context> tls)
      : context(std::move(tls)), stream(c, *context) {}
  void cut() {
    error_code ignored;
    stream.lowest_layer().close(ignored);
  }

  std::shared_ptr<asio::ssl::context> context;
  asio::ssl::stream<tcp::socket> stream;
  peer_check check;
  boost::beast::flat_buffer buffer;
  request_message request;
  std::optional<http::response_parser<http::string_body>> parser;
  unsigned answers = 0;
};

// What outlives the http_client while handlers are pending.
class client_state : public std::enable_shared_from_this<client_state> {
 public:
  client_state(loop& l, http_client_options o, parsed_url url)
      : context_(l.context()), options_(std::move(o)), url_(std::move(url)), resolver_(context_), timer_(context_) {}

  void request(http_call r, std::function<void(const http_answer&)> done) {
    waiting_.emplace_back(std::move(r), std::move(done));
    if (!busy_) asio::post(context_, [self = shared_from_this()] { self->next(); });
    busy_ = true;
  }

  void abandon() {
    gone_ = true;
    waiting_.clear();
    resolver_.cancel();
    timer_.cancel();
    if (connection_) connection_->cut();
    connection_.reset();
  }

 private:
  struct job {
    job(http_call r, std::function<void(const http_answer&)> d) : request(std::move(r)), done(std::move(d)) {}
    job(job&&) = default;
    ~job() {
      for (auto& [name, value] : request.headers) OPENSSL_cleanse(value.data(), value.capacity());
    }
    http_call request;
    std::function<void(const http_answer&)> done;
  };

  void next() {
    if (gone_) return;
    if (waiting_.empty()) {
      busy_ = false;
      return;
    }
    answer_ = {};
    repeated_ = false;
    const bool idle_too_long =
        std::chrono::steady_clock::now() - used_at_ > std::chrono::nanoseconds(options_.keep_alive);
    if (connection_ && idle_too_long) drop();
    connection_ ? send() : connect();
  }

  void drop() {
    connection_->cut();
    connection_.reset();
  }

  std::string where() const { return url_.host + ":" + url_.port; }

  // Everything of one attempt runs against it; what completes later finds another generation.
  void arm(std::int64_t limit, const char* stage) {
    stage_ = stage;
    timer_.expires_after(std::chrono::nanoseconds(limit));
    timer_.async_wait([self = shared_from_this(), generation = ++generation_](const error_code& e) {
      if (e || self->gone_ || generation != self->generation_) return;
      self->fail(cause::timeout, std::string("nothing came in time while ") + self->stage_);
    });
  }

  void connect() {
    arm(options_.connect_timeout, "connecting");
    resolver_.async_resolve(
        url_.host, url_.port,
        url_.is_address ? tcp::resolver::numeric_host | tcp::resolver::numeric_service : tcp::resolver::flags(),
        [self = shared_from_this(), generation = generation_](const error_code& e,
                                                              const tcp::resolver::results_type& found) {
          if (self->gone_ || generation != self->generation_) return;
          if (e) return self->fail(cause::refused, "the name was not found: " + e.message());
          self->connect_to(found);
        });
  }

  void connect_to(const tcp::resolver::results_type& found) {
    try {
      connection_ = std::make_shared<connection>(context_, make_client_context(options_.ca_file));
    } catch (const std::exception& e) {
      return fail(cause::tls, e.what());
    }
    connection_->check.install(connection_->stream, url_.host, url_.is_address);
    asio::async_connect(connection_->stream.lowest_layer(), found,
                        [self = shared_from_this(), held = connection_](const error_code& e, const tcp::endpoint&) {
                          if (!self->current(held)) return;
                          if (e) return self->fail(cause::refused, e.message());
                          self->shake_hands();
                        });
  }

  void shake_hands() {
    auto& socket = connection_->stream.lowest_layer();
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const unsigned unconfirmed_ms = 30'000;  // as for the WebSocket: not the kernel's quarter of an hour
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &unconfirmed_ms, sizeof unconfirmed_ms);
    connection_->stream.async_handshake(
        asio::ssl::stream_base::client, [self = shared_from_this(), held = connection_](const error_code& e) {
          if (!self->current(held)) return;
          const auto& check = held->check;
          if (e)
            return self->fail(check.refused() ? cause::certificate : cause::tls,
                              "TLS: " + (check.failure().empty() ? e.message() : check.failure()));
          self->send();
        });
  }

  void send() {
    const auto& r = waiting_.front().request;
    auto& c = *connection_;
    c.request = request_message(r.method == "POST" ? http::verb::post : http::verb::get, r.target, 11);
    const bool bracketed = url_.host.find(':') != std::string::npos;
    const auto host = bracketed ? "[" + url_.host + "]" : url_.host;
    c.request.set(http::field::host, url_.port == "443" ? host : host + ":" + url_.port);
    c.request.set(http::field::user_agent, "trapline");
    for (const auto& [name, value] : r.headers) c.request.set(name, value);
    c.request.body() = r.body;
    c.request.prepare_payload();
    c.parser.emplace();
    c.parser->body_limit(options_.max_body);
    arm(options_.request_timeout, "waiting for the answer");
    answer_.sent = true;
    http::async_write(c.stream, c.request, [self = shared_from_this(), held = connection_](error_code e, std::size_t) {
      if (!self->current(held)) return;
      if (e) return self->broken(e);
      self->receive();
    });
  }

  void receive() {
    http::async_read(connection_->stream, connection_->buffer, *connection_->parser,
                     [self = shared_from_this(), held = connection_](error_code e, std::size_t) {
                       if (!self->current(held)) return;
                       if (e) return self->broken(e);
                       self->received();
                     });
  }

  // The server may close a kept connection at any time, also while a request is on its way to it.
  void broken(error_code e) {
    if (e == http::error::body_limit)
      return fail(cause::protocol, "the answer is larger than " + std::to_string(options_.max_body) + " bytes");
    if (e.category() == http::make_error_code(http::error::end_of_stream).category() &&
        e != http::error::end_of_stream && e != http::error::partial_message)
      return fail(cause::protocol, "the answer is no HTTP: " + e.message());
    const bool nothing_came = !connection_->parser->got_some();
    if (connection_->answers > 0 && nothing_came && !repeated_ && waiting_.front().request.method == "GET") {
      repeated_ = true;
      drop();
      return connect();
    }
    fail(cause::lost, "the connection broke before the answer: " + e.message());
  }

  void received() {
    const auto& m = connection_->parser->get();
    answer_.status = m.result_int();
    answer_.body = std::move(connection_->parser->get().body());
    const auto pause = m[http::field::retry_after];
    std::int64_t s = 0;
    const auto* end = pause.data() + pause.size();
    if (std::from_chars(pause.data(), end, s).ptr == end && s > 0 && s <= 3600) answer_.retry_after = s * 1'000'000'000;
    ++connection_->answers;
    used_at_ = std::chrono::steady_clock::now();
    if (!m.keep_alive()) drop();
    finish();
  }

  void fail(cause why, const std::string& text) {
    answer_.failed = why;
    answer_.error = where() + ": " + text;
    if (connection_) drop();
    finish();
  }

  void finish() {
    ++generation_;
    timer_.cancel();
    resolver_.cancel();
    const auto self = shared_from_this();  // the callback may destroy the client
    auto done = std::move(waiting_.front().done);
    waiting_.pop_front();
    if (connection_) connection_->request = {};
    const auto answer = std::move(answer_);
    done(answer);
    next();
  }

  bool current(const std::shared_ptr<connection>& c) const { return !gone_ && c == connection_; }

  asio::io_context& context_;
  http_client_options options_;
  parsed_url url_;
  tcp::resolver resolver_;
  asio::steady_timer timer_;
  std::deque<job> waiting_;  // the first one is under way
  std::shared_ptr<connection> connection_;
  std::chrono::steady_clock::time_point used_at_{};
  http_answer answer_;
  const char* stage_ = "";
  std::uint64_t generation_ = 0;
  bool busy_ = false, gone_ = false, repeated_ = false;
};

class client final : public http_client {
 public:
  explicit client(std::shared_ptr<client_state> s) : state_(std::move(s)) {}
  ~client() override { state_->abandon(); }
  void request(http_call r, std::function<void(const http_answer&)> done) override {
    state_->request(std::move(r), std::move(done));
  }

 private:
  std::shared_ptr<client_state> state_;
};

}  // namespace

std::unique_ptr<http_client> make_http_client(loop& l, http_client_options options) {
  auto url = parse_url("https://", options.url);
  return std::make_unique<client>(std::make_shared<client_state>(l, std::move(options), std::move(url)));
}

}  // namespace trapline::net
