#include "control/server.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace trapline::control {

server::~server() {
  if (listener_) ::unlink(path_.c_str());
}

std::string server::open(const std::string& path) {
  std::string error;
  listener_ = listen_at(path, error);
  path_ = path;
  return error;
}

void server::add_to(std::vector<pollfd>& fds, std::int64_t mono) const {
  if (listener_ && mono >= accept_at_) fds.push_back({listener_.get(), POLLIN, 0});
  for (const auto& c : clients_)
    fds.push_back(
        {c.fd.get(), static_cast<short>((c.busy || !c.out.empty() ? 0 : POLLIN) | (c.out.empty() ? 0 : POLLOUT)), 0});
}

void server::serve(const std::vector<pollfd>& fds, std::int64_t mono) {
  bool incoming = false;
  for (const auto& p : fds) {
    if (p.revents == 0) continue;
    if (p.fd == listener_.get()) {
      incoming = true;
      continue;
    }
    for (auto& c : clients_) {
      if (c.fd.get() != p.fd) continue;
      if ((p.revents & POLLOUT) != 0) write_to(c, mono);
      else if ((p.revents & POLLIN) != 0) read_from(c, mono);
      else c.gone = true;  // hung up, or broken
    }
  }
  std::erase_if(clients_, [&](const client& c) { return c.gone || (!c.out.empty() && mono - c.active > write_limit); });
  if (incoming) accept_all(mono);  // last: a new client may get the descriptor number of one that has just gone
}

void server::accept_all(std::int64_t mono) {
  for (;;) {
    descriptor fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) {
      if (errno == EMFILE || errno == ENFILE) accept_at_ = mono + 1'000'000'000;
      return;
    }
    if (!peer_is_ours(fd.get())) continue;
    if (clients_.size() >= max_clients) {
      const auto idle = std::min_element(clients_.begin(), clients_.end(), [](const client& a, const client& b) {
        return std::pair(a.busy, a.active) < std::pair(b.busy, b.active);
      });
      if (idle->busy) continue;
      clients_.erase(idle);
    }
    client& c = clients_.emplace_back();
    c.number = ++last_number_;
    c.fd = std::move(fd);
    c.active = mono;
  }
}

void server::read_from(client& c, std::int64_t mono) {
  char bytes[16 * 1024];
  const ssize_t n = ::recv(c.fd.get(), bytes, sizeof bytes, 0);
  if (n <= 0) {
    c.gone = n == 0 || (errno != EAGAIN && errno != EINTR);
    return;
  }
  c.active = mono;
  c.in.append(bytes, static_cast<std::size_t>(n));
  next_request(c);
}

void server::next_request(client& c) {
  const auto end = c.in.find('\n');
  if (end == std::string::npos) {
    if (c.in.size() <= max_line) return;
    c.in.clear();
    c.out = write_answer("null", {TRAPLINE_E_LIMIT, "a request has at most " + std::to_string(max_line) + " bytes"});
    return;
  }
  const std::string line = c.in.substr(0, end);
  c.in.erase(0, end + 1);
  request r;
  std::string id, wrong;
  if (!read_request(line, r, id, wrong)) {
    c.out = write_answer(id, {TRAPLINE_E_INVALID, wrong});
    return;
  }
  r.from = "control socket";
  c.busy = true;
  handle_(std::move(r), c.number, std::move(id));
}

void server::deliver(std::uint64_t number, const std::string& line, std::int64_t mono) {
  for (auto& c : clients_) {
    if (c.number != number) continue;
    c.busy = false;
    c.out += line;
    c.active = mono;
    write_to(c, mono);
  }
}

void server::write_to(client& c, std::int64_t mono) {
  const ssize_t n = ::send(c.fd.get(), c.out.data(), c.out.size(), MSG_NOSIGNAL);
  if (n < 0) {
    c.gone = errno != EAGAIN && errno != EINTR;
    return;
  }
  c.active = mono;
  c.out.erase(0, static_cast<std::size_t>(n));
  if (c.out.empty() && !c.in.empty()) next_request(c);
}

}  // namespace trapline::control
