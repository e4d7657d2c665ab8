// Plain HTTP requests at the port of a WebSocket server (websocket.hpp), so that one host:port serves both.
//
// HTTP/1.1 over the same TLS; one request a connection: every answer closes it, and says so. Bodies by Content-Length,
// at most 1 MiB. All calls on the thread that polls the loop.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trapline::net {

struct http_request {
  std::string method;  // "GET"
  std::string target;  // path and query, as on the wire
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  // Value of a header whatever the case of its name; "" if absent.
  std::string_view header(std::string_view name) const;
};

struct http_response {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// A request that waits for its answer. Destroyed without one, it cuts the connection.
class http_exchange {
 public:
  virtual ~http_exchange() = default;
  virtual void respond(const http_response& response) = 0;  // once
};

class http_handler {
 public:
  virtual ~http_handler() = default;
  virtual void on_request(const http_request& request, std::unique_ptr<http_exchange> exchange) = 0;
};

}  // namespace trapline::net
