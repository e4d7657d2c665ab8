// The two ends of a connection of memory_network. For its own sources.
#pragma once

#include <cstring>
#include <deque>
#include <optional>

#include "trapline/net/memory_network.hpp"

namespace trapline::net {

// What both ends share. The ends are told of things only by the network's clock, never from inside their own calls.
struct memory_network::link : std::enable_shared_from_this<link> {
  link(memory_network& n, ws_client_handler& h, std::string p, std::size_t most_bytes)
      : net(n), client(&h), path(std::move(p)), most(most_bytes) {}

  memory_network& net;
  ws_client_handler* client;  // null once it was told the end, or is gone
  std::string path;
  std::size_t most;  // bytes of a message to the client
  std::unique_ptr<session_end> server;
  ws_server_handler* owner = nullptr;  // of `server`
  std::int64_t last_to_client = 0, last_to_server = 0;
  std::size_t under_way = 0;               // bytes to the client
  bool client_open = false, dead = false;  // dead: nothing passes any more, whatever the ends believe
  bool server_closes = false, server_gone = false, client_closes = false;

  void open_server(ws_server_handler& h);
  void end_client(close_info why);
  void end_server(close_info why);
  void to_client(std::string text);
  void to_server(std::string text);
};

class memory_network::client_end final : public ws_client {
 public:
  explicit client_end(std::shared_ptr<link> l) : link_(std::move(l)) {}
  ~client_end() override;
  void send(std::string_view text) override;
  void close(std::uint16_t code, std::string_view reason) override;

 private:
  std::shared_ptr<link> link_;
};

class memory_network::session_end final : public ws_session {
 public:
  explicit session_end(link& l) : link_(l) {}
  std::string_view path() const override { return link_.path; }
  void send(std::string_view text) override;
  void close(std::uint16_t code, std::string_view reason) override;
  void abort() override;
  std::size_t buffered() const override { return link_.under_way; }

 private:
  link& link_;
};

// One HTTP call under way.
struct memory_network::exchange_state : std::enable_shared_from_this<exchange_state> {
  exchange_state(memory_network& n) : net(n) {}
  memory_network& net;
  std::function<void(const http_answer&)> done;  // empty once called, or dropped
  bool dead = false;                             // no answer passes any more
  bool sent = false;

  void finish(const http_answer& a);
  void lose();
};

class memory_network::exchange_end final : public http_exchange {
 public:
  exchange_end(std::shared_ptr<exchange_state> s, std::size_t most) : state_(std::move(s)), most_(most) {}
  ~exchange_end() override;
  void respond(const http_response& response) override;

 private:
  std::shared_ptr<exchange_state> state_;
  std::size_t most_;
  bool answered_ = false;
};

class memory_network::http_end final : public http_client {
 public:
  http_end(memory_network& n, http_client_options o);
  ~http_end() override;
  void request(http_call r, std::function<void(const http_answer&)> done) override;

 private:
  struct waiting {
    http_call call;
    std::function<void(const http_answer&)> done;
  };
  void start();
  void deliver(const http_call& call, const std::shared_ptr<exchange_state>& s);

  memory_network& net_;
  http_client_options options_;
  std::string authority_;
  std::deque<waiting> queue_;
  std::shared_ptr<exchange_state> current_;
  std::shared_ptr<http_end*> self_;  // null inside once this is gone
};

}  // namespace trapline::net
