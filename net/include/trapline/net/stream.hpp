// A byte stream to a server: TCP, TLS over TCP, or Unix socket.
//
// All calls and callbacks happen on the thread that polls the loop.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "trapline/net/loop.hpp"

namespace trapline::net {

struct stream_endpoint {
  std::string host;  // TCP
  std::uint16_t port = 0;
  std::string unix_path;  // if not empty: Unix socket
  bool tls = false;       // over TCP: TLS of at least 1.2; the certificate and its name (`host`) are always verified
  std::string ca_file{};  // PEM file of trusted roots; empty = the system's
  // PEM files of a certificate chain of our own and its key, for servers that ask for one; both or neither.
  std::string certificate_file{}, key_file{};
};

class stream_handler {
 public:
  virtual ~stream_handler() = default;
  virtual void on_open() = 0;
  virtual void on_data(std::string_view bytes) = 0;   // valid for the call
  virtual void on_written() = 0;                      // everything handed to write() is with the kernel
  virtual void on_close(const std::string& why) = 0;  // once; the stream may be destroyed inside
};

class stream {
 public:
  virtual ~stream() = default;                // cuts; no callback comes any more
  virtual void write(std::string bytes) = 0;  // appended to what is on its way
  virtual std::size_t buffered() const = 0;   // bytes not yet with the kernel
  virtual void close() = 0;                   // orderly, after what is buffered; then on_close
};

// Starts to connect; errors arrive by on_close, those of certificates and their files too. `connect_timeout`: ns, up to
// the end of the TLS handshake.
std::unique_ptr<stream> connect_stream(loop& l, const stream_endpoint& endpoint, std::int64_t connect_timeout,
                                       stream_handler& handler);

}  // namespace trapline::net
