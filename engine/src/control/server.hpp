// The control socket's clients: lines in, lines out, everything bounded. Owned by the control thread.
#pragma once

#include <poll.h>

#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "control/request.hpp"
#include "control/socket.hpp"

namespace trapline::control {

class server {
 public:
  static constexpr std::size_t max_clients = 16;               // when all are taken, the longest idle one goes
  static constexpr std::size_t max_line = 128 * 1024;          // of a request
  static constexpr std::int64_t write_limit = 10'000'000'000;  // ns in which a client must take some of its answer

  // `handle` gets each request. Its `done` is to end in deliver() with the client's number, on this thread.
  using handler = std::function<void(request, std::uint64_t client, std::string id)>;
  explicit server(handler handle) : handle_(std::move(handle)) {}
  ~server();

  // Empty: it listens. Else why not.
  std::string open(const std::string& path);

  bool listens() const noexcept { return static_cast<bool>(listener_); }

  void add_to(std::vector<pollfd>& fds, std::int64_t mono) const;
  // `fds` as add_to() filled them, after poll(2).
  void serve(const std::vector<pollfd>& fds, std::int64_t mono);
  // A client that is gone meanwhile is no matter.
  void deliver(std::uint64_t client, const std::string& line, std::int64_t mono);

 private:
  struct client {
    std::uint64_t number = 0;
    descriptor fd;
    std::string in, out;
    bool busy = false;        // a request is under way; no further one is read
    std::int64_t active = 0;  // mono: last time that bytes moved
    bool gone = false;
  };
  void accept_all(std::int64_t mono);
  void read_from(client& c, std::int64_t mono);
  void write_to(client& c, std::int64_t mono);
  void next_request(client& c);

  handler handle_;
  std::string path_;
  descriptor listener_;
  std::list<client> clients_;
  std::int64_t accept_at_ = 0;  // mono: not before, as the process had no descriptor left
  std::uint64_t last_number_ = 0;
};

}  // namespace trapline::control
