// The floor: what socket, TLS, JSON and a book cost when nothing stands between them.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <simdjson.h>
#include <sys/socket.h>

#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "reference/client.hpp"

namespace reference {
namespace {

namespace ondemand = simdjson::ondemand;
using wire::meter;

[[noreturn]] void fail(const char* what) { throw std::runtime_error(std::string("floor client: ") + what); }

// ---------------------------------------------------------------- socket and TLS

class tls_socket {
 public:
  explicit tls_socket(const target& t) : tuned_(t.tuned || t.spin), flags_(t.spin ? MSG_DONTWAIT : 0) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    if (SSL_CTX_load_verify_locations(context_.get(), t.ca_file.c_str(), nullptr) != 1) fail("no CA file");
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(t.port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&a), sizeof a) != 0) fail("cannot connect");
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set1_host(ssl_.get(), "localhost");
    SSL_set_connect_state(ssl_.get());
    if (tuned_) {
      in_ = BIO_new(BIO_s_mem());
      out_ = BIO_new(BIO_s_mem());
      SSL_set_bio(ssl_.get(), in_, out_);
    } else {
      SSL_set_fd(ssl_.get(), fd_);
      SSL_set_read_ahead(ssl_.get(), 1);
    }
    while (SSL_do_handshake(ssl_.get()) != 1) {
      if (!tuned_) fail("TLS handshake");
      flush();
      receive();
    }
    if (tuned_) flush();
  }
  ~tls_socket() { ::close(fd_); }
  tls_socket(const tls_socket&) = delete;
  tls_socket& operator=(const tls_socket&) = delete;

  void write(std::string_view bytes) {
    if (SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) <= 0) fail("cannot write");
    if (tuned_) flush();
  }
  // At least one byte.
  std::size_t read(char* to, std::size_t most) {
    for (;;) {
      const int n = SSL_read(ssl_.get(), to, static_cast<int>(most));
      if (n > 0) return static_cast<std::size_t>(n);
      if (!tuned_ || SSL_get_error(ssl_.get(), n) != SSL_ERROR_WANT_READ) fail("TLS error");
      receive();
    }
  }

 private:
  void flush() {
    char* data = nullptr;
    const auto n = BIO_get_mem_data(out_, &data);
    if (n > 0 && ::send(fd_, data, static_cast<std::size_t>(n), MSG_NOSIGNAL) != n) fail("cannot send");
    (void)BIO_reset(out_);
  }
  void receive() {
    for (;;) {
      const auto n = ::recv(fd_, buffer_, sizeof buffer_, flags_);
      if (n > 0) {
        BIO_write(in_, buffer_, static_cast<int>(n));
        return;
      }
      if (n == 0 || errno != EAGAIN) fail("the connection ended too early");
    }
  }

  const bool tuned_;
  int flags_, fd_ = -1;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{nullptr, SSL_CTX_free};
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, SSL_free};
  BIO *in_ = nullptr, *out_ = nullptr;  // owned by ssl_; tuned only
  char buffer_[17 * 1024];              // larger ones are slower: OpenSSL moves what is left
};

// Payloads of unfragmented text frames of up to 64 KiB: what the server sends.
class frame_source {
 public:
  explicit frame_source(tls_socket& s) : socket_(s), buffer_(256 * 1024) {}

  // Bytes up to and including the first `end`: the answer to the upgrade.
  void skip_past(std::string_view end) {
    for (;;) {
      const std::string_view have(buffer_.data(), size_);
      if (const auto at = have.find(end); at != have.npos) {
        at_ = at + end.size();
        return;
      }
      fill();
    }
  }
  // Valid until the next call; simdjson's padding is readable behind it.
  std::string_view next() {
    need(2);
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(buffer_[at_ + i]); };
    if (byte(0) != 0x81 || byte(1) > 126) fail("unexpected frame");
    std::size_t size = byte(1), head = 2;
    if (size == 126) {
      need(4);
      size = std::size_t{byte(2)} << 8 | byte(3);
      head = 4;
    }
    need(head + size);
    const std::string_view text(buffer_.data() + at_ + head, size);
    at_ += head + size;
    return text;
  }

 private:
  void need(std::size_t n) {
    while (size_ - at_ < n) fill();
  }
  void fill() {
    constexpr std::size_t record = 16 * 1024;
    if (at_ == size_) at_ = size_ = 0;
    else if (buffer_.size() - size_ < record + simdjson::SIMDJSON_PADDING) {
      std::memmove(buffer_.data(), buffer_.data() + at_, size_ - at_);
      size_ -= at_;
      at_ = 0;
    }
    size_ += socket_.read(buffer_.data() + size_, buffer_.size() - simdjson::SIMDJSON_PADDING - size_);
  }

  tls_socket& socket_;
  std::vector<char> buffer_;
  std::size_t at_ = 0, size_ = 0;
};

// ---------------------------------------------------------------- decoding

// `digits[.digits]` in units of 1e-8.
std::int64_t fixed(const char* p) {
  constexpr std::int64_t scale[] = {100'000'000, 10'000'000, 1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};
  std::int64_t v = 0;
  while (*p >= '0' && *p <= '9') v = v * 10 + (*p++ - '0');
  if (*p != '.') return v * scale[0];
  const char* const point = p++;
  while (*p >= '0' && *p <= '9') v = v * 10 + (*p++ - '0');
  return v * scale[p - point - 1];
}
std::int64_t fixed(ondemand::value v) { return fixed(v.get_raw_json_string().value().raw()); }

struct change {
  meter::kind kind;
  std::int64_t price, size;
};
using detector = void (*)(void* self, const change* changes, std::size_t count);

class client {
 public:
  client(detector f, void* self) : detect_(f), self_(self) { changes_.reserve(1024); }

  void on_text(std::string_view text) {
    constexpr std::string_view data_frame = R"({"action")";
    if (text.substr(0, data_frame.size()) != data_frame) return;
    auto document = parser_.iterate(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING);
    auto root = document.get_object().value();
    const bool snapshot = root.find_field("action").get_raw_json_string().value() == "snapshot";
    const auto channel = root.find_field("arg").find_field("channel").get_raw_json_string().value();
    changes_.clear();
    const char first = *channel.raw();
    for (auto row : root.find_field("data").get_array())
      if (first == 'b') book(snapshot, row.get_object());
      else if (channel == "trade") trade(row.get_object());
      else ticker(row.get_object());
    detect_(self_, changes_.data(), changes_.size());
  }

  std::uint64_t book_digest() const {
    std::uint64_t d = 0;
    for (const auto& [price, size] : bids_) d += wire::level_digest(meter::bid, price, size);
    for (const auto& [price, size] : asks_) d += wire::level_digest(meter::ask, price, size);
    return d;
  }

 private:
  void trade(ondemand::object row) {
    const auto price = fixed(row.find_field("price")), size = fixed(row.find_field("size"));
    const auto id = row.find_field("tradeId").get_raw_json_string().value();
    if (*id.raw() == '"') fail("a trade without id");
    changes_.push_back({meter::trade, price, size});
  }

  void ticker(ondemand::object row) {
    const auto last = fixed(row.find_field("lastPr")), bid = fixed(row.find_field("bidPr")),
               ask = fixed(row.find_field("askPr")), bid_size = fixed(row.find_field("bidSz")),
               ask_size = fixed(row.find_field("askSz")), mark = fixed(row.find_field("markPrice"));
    changes_.push_back({meter::ticker, last, bid_size});
    changes_.push_back({meter::bid, bid, ask_size});
    changes_.push_back({meter::ask, ask, mark});
  }

  template <class Side>
  void levels(Side& side, ondemand::array all, meter::kind kind) {
    for (auto level : all) {
      std::int64_t pair[2] = {}, *to = pair;
      for (auto number : level.get_array()) *to++ = fixed(number.value());
      if (pair[1] == 0) side.erase(pair[0]);
      else side[pair[0]] = pair[1];
      changes_.push_back({kind, pair[0], pair[1]});
    }
  }

  void book(bool snapshot, ondemand::object row) {
    if (snapshot) {
      bids_.clear();
      asks_.clear();
    }
    levels(asks_, row.find_field("asks").get_array(), meter::ask);
    levels(bids_, row.find_field("bids").get_array(), meter::bid);
    const std::int64_t seq = row.find_field("seq").get_int64();
    if (!snapshot && row.find_field("pseq").get_int64().value() != seq_) fail("sequence gap");
    seq_ = seq;
  }

  detector detect_;
  void* self_;
  ondemand::parser parser_;
  std::vector<change> changes_;
  std::map<std::int64_t, std::int64_t, std::greater<>> bids_;
  std::map<std::int64_t, std::int64_t> asks_;
  std::int64_t seq_ = 0;
};

// A text frame with a mask of zeros, which leaves the text as it is.
std::string masked(const std::string& text) {
  std::string out = "\x81";
  out += static_cast<char>(0x80 | 126);
  out += static_cast<char>(text.size() >> 8);
  out += static_cast<char>(text.size());
  out.append(4, '\0');
  return out + text;
}

}  // namespace

void run_floor(const target& t, wire::board& b) {
  meter m(b);
  const detector detect = [](void* self, const change* changes, std::size_t count) {
    auto& to = *static_cast<meter*>(self);
    for (std::size_t i = 0; i < count; ++i) to.value(changes[i].kind, changes[i].price, changes[i].size);
    to.message();
  };
  client c(detect, &m);
  tls_socket socket(t);
  frame_source frames(socket);
  socket.write(
      "GET /v2/ws/public HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  frames.skip_past("\r\n\r\n");
  for (const auto& channel : t.channels) socket.write(masked(subscription(channel)));
  while (!m.last()) c.on_text(frames.next());
  m.book_digest(c.book_digest());
  m.publish();
}

}  // namespace reference
