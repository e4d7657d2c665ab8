// A client's TLS stream for Boost.Asio's read and write operations, in place of boost::asio::ssl::stream.
//
// A venue puts each message into a TLS record of its own. asio's stream hands out one record a read, and each read
// costs a round through the scheduler with a system call or two: more than to decrypt and decode a small message. This
// one takes as much from the socket as there is, and fills the reader's buffer with record after record.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/verify_context.hpp>
#include <cerrno>
#include <functional>
#include <memory>
#include <utility>

namespace trapline::net {

// One thread. Whoever starts an operation keeps the stream alive until its handler has run, by that handler; at most
// one read and one write at a time. Closing the socket ends them.
class tls_stream {
 public:
  using tcp = boost::asio::ip::tcp;
  using error_code = boost::system::error_code;
  using executor_type = tcp::socket::executor_type;
  using next_layer_type = tcp::socket;
  using lowest_layer_type = tcp::socket::lowest_layer_type;

  tls_stream(boost::asio::io_context& c, boost::asio::ssl::context& settings)
      : socket_(c), ssl_(SSL_new(settings.native_handle()), SSL_free) {
    if (!ssl_) throw std::bad_alloc();
    SSL_set_connect_state(ssl_.get());
    SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  }
  tls_stream(const tls_stream&) = delete;
  tls_stream& operator=(const tls_stream&) = delete;

  executor_type get_executor() { return socket_.get_executor(); }
  next_layer_type& next_layer() { return socket_; }
  lowest_layer_type& lowest_layer() { return socket_.lowest_layer(); }
  SSL* native_handle() { return ssl_.get(); }

  void set_verify_mode(int mode) { SSL_set_verify(ssl_.get(), mode, &verify); }
  // As boost::asio::ssl::stream's; before set_verify_mode() or after it.
  void set_verify_callback(std::function<bool(bool, boost::asio::ssl::verify_context&)> f) {
    verify_ = std::move(f);
    SSL_set_app_data(ssl_.get(), &verify_);
  }

  // The socket must be connected. h(error_code)
  template <class Handler>
  void async_handshake(Handler h) {
    error_code ec;
    if (!attach(ec)) return boost::asio::post(get_executor(), [h = std::move(h), ec]() mutable { h(ec); });
    perform([this] { return SSL_do_handshake(ssl_.get()); },
            [h = std::move(h)](error_code e, std::size_t) mutable { h(e); }, false);
  }

  // h(error_code, bytes)
  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& h) {
    const boost::asio::mutable_buffer to = *boost::asio::buffer_sequence_begin(buffers);
    const auto step = [this, to] { return read_records(static_cast<char*>(to.data()), to.size()); };
    // The socket was empty when it was last read: to try again now would cost a system call for nothing, as a rule.
    if (to.size() > 0 && !deferred_ && !buffered()) return wait(tcp::socket::wait_read, step, std::forward<Handler>(h));
    perform(step, std::forward<Handler>(h), false);
  }

  // h(error_code, bytes). All buffers together go into one record, if they fit.
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& h) {
    const auto n = boost::asio::buffer_copy(boost::asio::buffer(record_), buffers);
    const auto step = [this, n] { return n == 0 ? 0 : SSL_write(ssl_.get(), record_.data(), static_cast<int>(n)); };
    perform(step, std::forward<Handler>(h), false, n == 0);
  }

 private:
  static constexpr long read_buffer = 32 * 1024;  // bytes taken from the socket at once

  // Records are read through a buffer, so that one system call serves many of them.
  bool attach(error_code& ec) {
    if (!socket_.is_open()) {
      ec = boost::asio::error::operation_aborted;
      return false;
    }
    socket_.native_non_blocking(true, ec);
    if (ec) return false;
    BIO* const direct = new_socket_bio();
    BIO* const buffer = direct ? BIO_new(BIO_f_buffer()) : nullptr;
    if (!buffer || BIO_set_read_buffer_size(buffer, read_buffer) != 1 || BIO_up_ref(direct) != 1) {
      BIO_free(buffer);
      BIO_free(direct);
      ec = boost::asio::error::no_memory;
      return false;
    }
    SSL_set_bio(ssl_.get(), BIO_push(buffer, direct), direct);  // takes both references
    return true;
  }

  // As OpenSSL's own, which raises SIGPIPE when the peer is gone and so would end a program that hosts us.
  BIO* new_socket_bio() {
    if (!method_) return nullptr;
    BIO_meth_set_read(method_.get(), [](BIO* b, char* to, int size) {
      BIO_clear_retry_flags(b);
      const auto n = ::recv(descriptor(b), to, static_cast<std::size_t>(size), 0);
      if (n < 0 && temporary(errno)) BIO_set_retry_read(b);
      return static_cast<int>(n);
    });
    BIO_meth_set_write(method_.get(), [](BIO* b, const char* from, int size) {
      BIO_clear_retry_flags(b);
      const auto n = ::send(descriptor(b), from, static_cast<std::size_t>(size), MSG_NOSIGNAL);
      if (n < 0 && temporary(errno)) BIO_set_retry_write(b);
      return static_cast<int>(n);
    });
    BIO_meth_set_ctrl(method_.get(), [](BIO*, int what, long, void*) { return what == BIO_CTRL_FLUSH ? 1L : 0L; });
    BIO* const b = BIO_new(method_.get());
    if (!b) return nullptr;
    BIO_set_data(b, &socket_);
    BIO_set_init(b, 1);
    return b;
  }
  static int descriptor(BIO* b) { return static_cast<tcp::socket*>(BIO_get_data(b))->native_handle(); }
  static bool temporary(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

  bool buffered() const { return SSL_has_pending(ssl_.get()) == 1 || BIO_pending(SSL_get_rbio(ssl_.get())) > 0; }

  // As SSL_read(), but goes on as long as something is at hand. OpenSSL's queue of errors must be empty before, and
  // stays so as long as records are read.
  int read_records(char* to, std::size_t size) {
    if (deferred_) return -1;
    std::size_t total = 0;
    while (total < size) {
      const int n = SSL_read(ssl_.get(), to + total, static_cast<int>(size - total));
      if (n <= 0) {
        if (total == 0) return n;
        const int error = SSL_get_error(ssl_.get(), n);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) deferred_ = reason(error);  // next time
        break;
      }
      total += static_cast<std::size_t>(n);
      if (BIO_pending(SSL_get_rbio(ssl_.get())) <= 0) break;
    }
    return static_cast<int>(total);
  }

  // Does `step` until it has an answer. `inside`: of a handler, which may call `h` directly.
  template <class Step, class Handler>
  void perform(Step step, Handler&& h, bool inside, bool nothing_to_do = false) {
    error_code ec;
    std::size_t n = 0;
    if (!socket_.is_open()) {  // its number may belong to another file by now
      ec = boost::asio::error::operation_aborted;
    } else if (!nothing_to_do) {
      ERR_clear_error();
      errno = 0;
      const int result = step();
      if (result > 0) {
        n = static_cast<std::size_t>(result);
      } else if (deferred_) {
        ec = deferred_;
      } else {
        const int error = SSL_get_error(ssl_.get(), result);
        if (error == SSL_ERROR_WANT_READ) return wait(tcp::socket::wait_read, step, std::forward<Handler>(h));
        if (error == SSL_ERROR_WANT_WRITE) return wait(tcp::socket::wait_write, step, std::forward<Handler>(h));
        ec = reason(error);
      }
    }
    if (inside) return h(ec, n);
    boost::asio::post(get_executor(), [h = std::forward<Handler>(h), ec, n]() mutable { h(ec, n); });
  }

  template <class Step, class Handler>
  void wait(tcp::socket::wait_type what, Step step, Handler&& h) {
    socket_.async_wait(what, [this, step, h = std::forward<Handler>(h)](const error_code& ec) mutable {
      if (ec) h(ec, 0);
      else perform(step, std::move(h), true);
    });
  }

  // Errors as boost::asio::ssl::stream tells them.
  static error_code reason(int ssl_error) {
    const int system = errno;
    const auto queued = ERR_get_error();
    if (ssl_error == SSL_ERROR_ZERO_RETURN) return boost::asio::error::eof;
    if (queued != 0 && ERR_GET_REASON(queued) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
      return boost::asio::ssl::error::stream_truncated;
    if (queued != 0) return {static_cast<int>(queued), boost::asio::error::get_ssl_category()};
    if (system != 0) return {system, boost::asio::error::get_system_category()};
    return boost::asio::ssl::error::stream_truncated;
  }

  static int verify(int preverified, X509_STORE_CTX* store) {
    const auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    const auto* f = static_cast<std::function<bool(bool, boost::asio::ssl::verify_context&)>*>(SSL_get_app_data(ssl));
    boost::asio::ssl::verify_context context(store);
    return f && (*f)(preverified == 1, context) ? 1 : 0;  // no callback: nobody is trusted
  }

  tcp::socket socket_;
  std::function<bool(bool, boost::asio::ssl::verify_context&)> verify_;
  std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> method_{BIO_meth_new(BIO_TYPE_SOURCE_SINK, "socket"),
                                                                BIO_meth_free};  // outlives ssl_
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  error_code deferred_;                 // came after bytes that had to be handed over first
  std::array<char, 16 * 1024> record_;  // being written
};

}  // namespace trapline::net
