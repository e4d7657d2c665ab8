// WebSocket over TLS, both ends, behind an interface that shows no library.
//
// All calls and callbacks happen on the thread that polls the loop. Text frames only; a binary frame closes the
// connection with 1003. No permessage-deflate.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trapline/net/http_server.hpp"
#include "trapline/net/loop.hpp"

namespace trapline::net {

// Why a connection ended or never came up.
struct close_info {
  enum class cause {
    refused,      // name lookup or TCP connect failed
    certificate,  // the peer's certificate is not trusted, or made out to another name
    tls,          // anything else in the TLS handshake
    handshake,    // HTTP upgrade refused
    protocol,     // the peer broke the WebSocket protocol, or a message was too large
    lost,         // the TCP connection broke
    timeout,      // no answer within a limit
    closed        // closing handshake: see `code`
  };
  cause why = cause::lost;
  std::uint16_t code = 0;  // RFC 6455 close code, 0 = none
  std::string text;        // for people: what was expected, what happened; no secrets
};

// ---------------------------------------------------------------- client

struct ws_client_options {
  std::string url;                                           // wss://host[:port]/path
  std::string ca_file;                                       // PEM file of trusted roots; empty = the system's
  std::vector<std::pair<std::string, std::string>> headers;  // further request headers
  std::int64_t connect_timeout = 10'000'000'000;             // ns, for everything up to the upgrade
  std::int64_t close_timeout = 5'000'000'000;                // ns; then the socket is cut
  std::size_t max_message_size = 4u << 20;
};

class ws_client_handler {
 public:
  virtual ~ws_client_handler() = default;
  virtual void on_open() = 0;
  // A whole text message. At least `simdjson_padding` readable bytes follow it; valid for the call.
  virtual void on_text(std::string_view text) = 0;
  // Exactly once for each client, whatever happened, unless the client was destroyed first. The client may be
  // destroyed inside.
  virtual void on_close(const close_info& info) = 0;
};

inline constexpr std::size_t simdjson_padding = 64;

class ws_client {
 public:
  virtual ~ws_client() = default;                // cuts the connection; no callback comes any more
  virtual void send(std::string_view text) = 0;  // ignored when not open
  virtual void close(std::uint16_t code, std::string_view reason) = 0;  // closing handshake, then on_close
};

// Starts to connect. The peer's certificate and host name are always verified, SNI is always sent, TLS is at
// least 1.2. Errors arrive by on_close, never by exception, but for a malformed URL (std::invalid_argument).
std::unique_ptr<ws_client> connect_websocket(loop& l, ws_client_options options, ws_client_handler& handler);

// ---------------------------------------------------------------- server

struct ws_server_options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;        // 0 = any free one
  std::string certificate_file;  // PEM
  std::string key_file;          // PEM
  std::size_t max_message_size = 1u << 20;
};

// One accepted connection. Lives until on_close() of it returned.
class ws_session {
 public:
  virtual ~ws_session() = default;
  virtual std::string_view path() const = 0;  // of the upgrade request, such as "/v2/ws/public"
  virtual void send(std::string_view text) = 0;
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  virtual void abort() = 0;                  // cuts the TCP connection without a closing handshake
  virtual std::size_t buffered() const = 0;  // bytes sent but not yet taken by the socket
};

class ws_server_handler {
 public:
  virtual ~ws_server_handler() = default;
  virtual void on_open(ws_session& session) = 0;
  virtual void on_text(ws_session& session, std::string_view text) = 0;
  virtual void on_close(ws_session& session, const close_info& info) = 0;
};

class ws_server {
 public:
  virtual ~ws_server() = default;
  virtual std::uint16_t port() const = 0;
  virtual void stop_listening() = 0;  // open sessions go on
};

// Listens at once. Throws std::runtime_error with a plain text if it cannot (port taken, bad certificate). `http`
// receives requests that ask for no WebSocket; without it they are answered with 426.
std::unique_ptr<ws_server> listen_websocket(loop& l, const ws_server_options& options, ws_server_handler& handler,
                                            http_handler* http = nullptr);

}  // namespace trapline::net
