// A byte proxy between bridge and server, with the habits of a bad network. One thread of its own.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <list>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace trapline::redis_bridge::test {

class proxy {
 public:
  proxy(std::string own, std::string target) : own_(std::move(own)), target_(std::move(target)) {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto a = address(own_);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0 || ::listen(listener_, 8) != 0)
      throw std::runtime_error("the proxy cannot listen");
    thread_ = std::thread([this] { run(); });
  }
  ~proxy() {
    stop_ = true;
    thread_.join();
    ::close(listener_);
  }
  proxy(const proxy&) = delete;
  proxy& operator=(const proxy&) = delete;

  const std::string& path() const { return own_; }

  std::atomic<bool> one_by_one = false;     // answers go to the client byte by byte
  std::atomic<bool> hold_commands = false;  // of connections that stand now: delayed until it is false again, even if
                                            // the client has gone meanwhile
  std::atomic<bool> hold_answers = false;
  std::atomic<std::size_t> held_commands = 0, held_answers = 0;  // bytes waiting
  std::atomic<int> accepted = 0;

 private:
  struct link {
    int client, server;
    int number;
    std::string commands, answers;  // not handed on yet
  };

  static sockaddr_un address(const std::string& path) {
    sockaddr_un a{};
    a.sun_family = AF_UNIX;
    path.copy(a.sun_path, sizeof a.sun_path - 1);
    return a;
  }

  void run() {
    std::list<link> links;
    while (!stop_) {
      std::vector<pollfd> fds = {{listener_, POLLIN, 0}};
      for (const auto& l : links) {
        fds.push_back({l.client, POLLIN, 0});  // -1 is ignored by poll()
        fds.push_back({l.server, POLLIN, 0});
      }
      ::poll(fds.data(), fds.size(), 1);
      const bool hold = hold_commands;
      if (!hold) held_upto_ = accepted;  // connections made later are not held
      std::size_t i = 1, commands = 0, answers = 0;
      for (auto it = links.begin(); it != links.end();) {
        const bool from_client = fds[i].revents != 0, from_server = fds[i + 1].revents != 0;
        i += 2;
        auto& l = *it;
        const bool held = hold && l.number <= held_upto_;
        if (from_client && !read_some(l.client, l.commands)) drop(l.client);
        bool dead = from_server && !read_some(l.server, l.answers);
        if (!held && !dead) dead = !hand_on(l.server, l.commands, l.commands.size());
        if (!hold_answers && l.client >= 0) hand_on(l.client, l.answers, one_by_one ? 1 : l.answers.size());
        if (l.client < 0 && !held && l.commands.empty()) dead = true;
        commands += l.commands.size();
        answers += l.answers.size();
        if (dead && l.answers.empty()) {
          drop(l.client);
          drop(l.server);
          it = links.erase(it);
        } else {
          ++it;
        }
      }
      held_commands = commands;
      held_answers = answers;
      if (fds[0].revents) {
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const auto a = address(target_);
        if (::connect(server, reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0)
          links.push_back({client, server, ++accepted, {}, {}});
      }
    }
    for (auto& l : links) {
      drop(l.client);
      drop(l.server);
    }
  }

  static bool read_some(int fd, std::string& into) {
    char buf[65536];
    const auto n = ::read(fd, buf, sizeof buf);
    if (n > 0) into.append(buf, static_cast<std::size_t>(n));
    return n > 0;
  }
  static bool hand_on(int fd, std::string& bytes, std::size_t piece) {
    while (!bytes.empty()) {
      const auto n = ::send(fd, bytes.data(), std::min(piece, bytes.size()), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.erase(0, static_cast<std::size_t>(n));
    }
    return true;
  }
  static void drop(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }

  std::string own_, target_;
  int listener_ = -1;
  int held_upto_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace trapline::redis_bridge::test
