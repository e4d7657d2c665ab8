#include "wire/server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace wire {
namespace {

using tls_context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

// One accepted connection. TLS goes through memory, so that records can be gathered; a failure means that the client
// went, which is how every run ends.
class connection {
 public:
  connection(SSL_CTX* context, int fd)
      : fd_(fd), ssl_(SSL_new(context), SSL_free), in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem())) {
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_accept_state(ssl_.get());
  }
  ~connection() { ::close(fd_); }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  bool handshake() {
    while (SSL_do_handshake(ssl_.get()) != 1)
      if (!flush() || !receive()) return false;
    return flush();
  }
  // Appends what came to `text`.
  bool read(std::string& text) {
    char buffer[16384];
    for (;;) {
      const int n = SSL_read(ssl_.get(), buffer, sizeof buffer);
      if (n > 0) {
        text.append(buffer, static_cast<std::size_t>(n));
        return true;
      }
      if (SSL_get_error(ssl_.get(), n) != SSL_ERROR_WANT_READ || !receive()) return false;
    }
  }
  bool write(std::string_view bytes) { return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0; }
  std::size_t pending() const { return BIO_ctrl_pending(out_); }
  bool flush() {
    char* data = nullptr;
    auto left = static_cast<std::size_t>(BIO_get_mem_data(out_, &data));
    while (left > 0) {
      const auto n = ::send(fd_, data, left, MSG_NOSIGNAL);
      if (n <= 0) return false;
      data += n;
      left -= static_cast<std::size_t>(n);
    }
    (void)BIO_reset(out_);
    return true;
  }

 private:
  bool receive() {
    char buffer[16384];
    const auto n = ::recv(fd_, buffer, sizeof buffer, 0);
    return n > 0 && BIO_write(in_, buffer, static_cast<int>(n)) == n;
  }

  int fd_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  BIO *in_, *out_;  // owned by ssl_
};

std::string accept_key(std::string_view request) {
  constexpr std::string_view name = "sec-websocket-key:";
  std::string lower(request);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto at = lower.find(name);
  if (at == lower.npos) return {};
  const auto from = request.find_first_not_of(' ', at + name.size());
  std::string key(request.substr(from, request.find('\r', from) - from));
  key += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, 1.3
  unsigned char hash[EVP_MAX_MD_SIZE], text[2 * EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(key.data(), key.size(), hash, &size, EVP_sha1(), nullptr);
  const int n = EVP_EncodeBlock(text, hash, static_cast<int>(size));
  return {reinterpret_cast<char*>(text), static_cast<std::size_t>(n)};
}

bool upgrade(connection& c) {
  std::string request;
  while (request.find("\r\n\r\n") == request.npos)
    if (!c.read(request)) return false;
  return c.write(
             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Accept: " +
             accept_key(request) + "\r\n\r\n") &&
         c.flush();
}

// Takes the first whole text message from `bytes`; clients mask them.
bool take_message(std::string& bytes, std::string& text) {
  if (bytes.size() < 6) return false;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  std::size_t size = byte(1) & 0x7f, at = 2;
  if (size == 126) {
    size = std::size_t{byte(2)} << 8 | byte(3);
    at = 4;
  }
  if (bytes.size() < at + 4 + size) return false;
  text.clear();
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(byte(at + 4 + i) ^ byte(at + i % 4));
  bytes.erase(0, at + 4 + size);
  return true;
}

// Until all channels of the workload were asked for.
bool subscribe(connection& c, const workload& w) {
  std::string bytes, text;
  std::vector<std::string> missing = w.channels;
  while (!missing.empty()) {
    while (!take_message(bytes, text))
      if (!c.read(bytes)) return false;
    for (const auto& channel : w.channels) {
      const auto at = std::find(missing.begin(), missing.end(), channel);
      if (at == missing.end() || text.find("\"channel\":\"" + channel + "\"") == text.npos) continue;
      missing.erase(at);
      std::string answer = R"({"event":"subscribe","arg":{"instType":"USDT-FUTURES","channel":")" + channel +
                           R"(","instId":"BTCUSDT"}})";
      if (answer.size() > 125) return false;
      answer.insert(0, {'\x81', static_cast<char>(answer.size())});
      if (!c.write(answer)) return false;
    }
  }
  return c.flush();
}

void send_all(connection& c, workload& w, board& b) {
  constexpr std::size_t most_pending = 48 * 1024;
  constexpr std::uint64_t same_ms = 64;  // messages between two looks at the wall clock
  numbers rising;
  std::int64_t ms = 0, next = clock_ns(CLOCK_MONOTONIC);
  for (std::uint64_t n = 0; n < b.total; ++n) {
    auto& f = n < w.opening.size() ? w.opening[n] : w.cycle[(n - w.opening.size()) % w.cycle.size()];
    if (n % same_ms == 0 || b.pause > 0) ms = clock_ns(CLOCK_REALTIME) / 1'000'000;
    rising.put(f, ms);
    if (b.pause > 0) {
      while (clock_ns(CLOCK_MONOTONIC) < next) {
      }
      next += b.pause;
    }
    if (b.stamped) b.sent_at[n] = clock_ns(CLOCK_MONOTONIC);
    if (!c.write(f.bytes)) return;
    if ((b.pause > 0 || c.pending() >= most_pending) && !c.flush()) return;
  }
  if (!c.flush()) return;
  std::string rest;
  while (c.read(rest)) rest.clear();  // until the client goes
}

[[noreturn]] void serve(int listener, SSL_CTX* context, std::vector<workload>& workloads, board& b) {
  for (;;) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection c(context, fd);
    if (!c.handshake() || !upgrade(c)) continue;
    auto& w = workloads[b.workload.load(std::memory_order_acquire)];
    if (subscribe(c, w)) send_all(c, w, b);
  }
}

}  // namespace

server::server(board& b, std::vector<workload>& workloads, const std::string& certificate, const std::string& key,
               int cpu) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof a;
  if (listener < 0 || ::bind(listener, reinterpret_cast<sockaddr*>(&a), sizeof a) != 0 || ::listen(listener, 4) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&a), &size) != 0)
    throw std::runtime_error("cannot listen on loopback");
  port_ = ntohs(a.sin_port);

  tls_context context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (!context || SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
    throw std::runtime_error("cannot use " + certificate);

  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    if (cpu >= 0) {
      cpu_set_t set;
      CPU_ZERO(&set);
      CPU_SET(cpu, &set);
      ::sched_setaffinity(0, sizeof set, &set);
    }
    serve(listener, context.get(), workloads, b);
  }
  ::close(listener);
}

server::~server() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace wire
