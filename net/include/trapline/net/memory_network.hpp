// A network in memory with a clock of its own: the WebSocket and HTTP of websocket.hpp, http_client.hpp and
// http_server.hpp without sockets, for tests and simulations in which days pass in seconds.
//
// One thread. Nothing happens by itself: the owner runs what is due, in order of (time, order of asking). Latency,
// jitter and faults come from a seed, so that the same calls give the same run. There is no TLS: certificates are not
// checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trapline/net/http_client.hpp"
#include "trapline/net/http_server.hpp"
#include "trapline/net/websocket.hpp"

namespace trapline::net {

class memory_network {
 public:
  // Of each message, one way, in ns. What is sent on one connection stays in order, as with TCP.
  struct conditions {
    std::int64_t latency = 2'000'000;
    std::int64_t jitter = 1'000'000;  // at most so much more, at random
  };
  // Looks at a text when it is sent, may change it, and says whether it goes on. `path`: of the connection's URL.
  using filter = std::function<bool(std::string_view path, std::string& text)>;

  explicit memory_network(std::uint64_t seed, std::int64_t now = 0);
  ~memory_network();
  memory_network(const memory_network&) = delete;
  memory_network& operator=(const memory_network&) = delete;

  // ---- the clock and what is due
  static constexpr std::int64_t never = INT64_MAX;
  std::int64_t now() const noexcept { return now_; }
  std::int64_t next_due() const noexcept { return due_.empty() ? never : due_.begin()->first.first; }
  // Runs the earliest thing that is due by `until`. False: there is none, and it is `until` now.
  bool run_one(std::int64_t until);
  void after(std::int64_t delay, std::function<void()> f);

  // ---- both ends
  // `authority`: "host:port" as it stands in URLs. The handlers must outlive the network's use.
  void serve(std::string authority, ws_server_handler& sockets, http_handler* http);
  // As connect_websocket() and make_http_client(). The ends must not outlive the network.
  std::unique_ptr<ws_client> connect(const ws_client_options& options, ws_client_handler& handler);
  std::unique_ptr<http_client> connect_http(const http_client_options& options);

  // ---- what goes wrong
  conditions way;
  bool refusing = false;  // new connections are refused
  filter to_client, to_server;
  std::function<void(const http_request&)> on_call;  // sees each HTTP request that arrives
  // Every connection breaks, and HTTP calls under way are lost. Both ends learn of it.
  void cut();
  // Every connection goes dead: the server's end breaks, the client's is told nothing and what it sends is lost. HTTP
  // calls under way get no answer.
  void half_open();
  // Nothing arrives for `duration` ns; after that all of it does, as TCP sends it again. Connecting takes as long.
  void hold(std::int64_t duration);

  std::size_t connections() const noexcept { return links_.size(); }  // that have at least one living end
  std::size_t waiting() const noexcept { return due_.size(); }        // things that are due some time

 private:
  struct server {
    ws_server_handler* sockets;
    http_handler* http;
  };
  struct link;
  class client_end;
  class session_end;
  class http_end;
  class exchange_end;
  struct exchange_state;

  std::int64_t trip();                       // of one message that is sent now
  std::int64_t arrival(std::int64_t& last);  // of one that keeps its place behind `last`
  void at(std::int64_t when, std::function<void()> f);
  void forget(const link* l);

  std::int64_t now_;
  std::uint64_t random_, order_ = 0;
  std::int64_t held_until_ = 0;
  std::map<std::pair<std::int64_t, std::uint64_t>, std::function<void()>> due_;
  std::map<std::string, server> servers_;
  std::vector<std::shared_ptr<link>> links_;
  std::vector<std::weak_ptr<exchange_state>> calls_;
};

}  // namespace trapline::net
