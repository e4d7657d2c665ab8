// What the feed needs from the world around it. The plugin gives it the host and real sockets; tests give it a virtual
// clock, a recorder and a venue in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "signature.hpp"
#include "trapline/net/http.hpp"
#include "trapline/net/websocket.hpp"
#include "trapline/sdk/host.hpp"

namespace trapline::mm_ws {

class outlet {
 public:
  virtual ~outlet() = default;

  // As in trapline.bus/1.
  virtual trapline_status publish(const trapline_frame* frames, std::uint32_t count) = 0;
  virtual std::uint32_t topic(std::string_view name) = 0;
  virtual std::uint32_t instrument(std::string_view symbol) = 0;

  virtual std::int64_t now() = 0;   // UTC ns
  virtual std::int64_t mono() = 0;  // ns; all deadlines are on this clock
  virtual sdk::counter counter(std::string_view name, std::string_view labels) = 0;
  virtual sdk::gauge gauge(std::string_view name, std::string_view labels) = 0;
  virtual void log(int level, std::string_view text) = 0;
  virtual void health(std::uint32_t state, std::int32_t code, std::string_view text) = 0;
  virtual void request_stop(std::string_view reason) = 0;
  // The configuration can never work as it is: the engine ends with that as its reason.
  virtual void misconfigured(std::string_view reason) = 0;

  // Throws if their source cannot be read; the text holds no secret.
  virtual credentials get_credentials() = 0;
  // Asks for one of the connects that this machine's address may make. 0: taken; otherwise the UTC ns at which to ask
  // again. `last`: when the latest one before was taken, 0 = long ago.
  virtual std::int64_t take_connect_slot(std::int64_t& last) = 0;
  // As net::connect_websocket().
  virtual std::unique_ptr<net::ws_client> connect(const net::ws_client_options& options,
                                                  net::ws_client_handler& handler) = 0;
  // As net::make_http_client().
  virtual std::unique_ptr<net::http_client> connect_http(const net::http_client_options& options) = 0;
};

}  // namespace trapline::mm_ws
