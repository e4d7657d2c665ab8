// HTTPS client: requests to one server, one after another over one kept connection.
//
// All calls and callbacks happen on the thread that polls the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "trapline/net/loop.hpp"

namespace trapline::net {

struct http_request {
  std::string method = "GET";  // GET or POST
  std::string target;          // path and query, as it stands on the wire
  std::string body;            // POST only
  std::vector<std::pair<std::string, std::string>> headers;
};

struct http_response {
  enum class cause {
    none,         // a whole answer came, whatever its status
    refused,      // name lookup or TCP connect failed
    certificate,  // the server's certificate is not trusted, or made out to another name
    tls,          // anything else in the TLS handshake
    protocol,     // no HTTP, or an answer above the size limit
    lost,         // the connection broke before the whole answer had come
    timeout
  };
  cause failed = cause::none;
  std::string error;             // for people; empty if nothing failed; no secrets
  bool sent = false;             // something of the request may have reached the server
  unsigned status = 0;           // HTTP status, 0 if none came
  std::int64_t retry_after = 0;  // ns, of the header Retry-After in seconds; 0 = not said
  std::string body;
};

struct http_client_options {
  std::string url;                                // https://host[:port], without a path
  std::string ca_file;                            // PEM file of trusted roots; empty = the system's
  std::int64_t connect_timeout = 10'000'000'000;  // ns, up to the end of the TLS handshake
  std::int64_t request_timeout = 10'000'000'000;  // ns, from sending to the whole answer
  std::int64_t keep_alive = 30'000'000'000;       // ns; a connection that was idle for longer is not used again
  std::size_t max_body = 8u << 20;
};

class http_client {
 public:
  virtual ~http_client() = default;  // cuts; no callback comes any more
  // Calls back exactly once, never from inside this call. Requests wait for their turn. A request on a kept connection
  // that the server had closed meanwhile is sent again on a new one, GET only: whether another one was carried out is
  // for the caller to find out. The client may be destroyed inside the callback.
  virtual void request(http_request r, std::function<void(const http_response&)> done) = 0;
};

// The peer's certificate and host name are always verified, SNI is always sent, TLS is at least 1.2. Connects on the
// first request. Throws std::invalid_argument for a malformed URL, nothing else.
std::unique_ptr<http_client> make_http_client(loop& l, http_client_options options);

}  // namespace trapline::net
