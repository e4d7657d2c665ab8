#include "service_manager.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace trapline::cli {
namespace {

std::optional<std::uint64_t> number_in(const char* variable) {
  const char* text = std::getenv(variable);
  if (!text) return {};
  std::uint64_t n = 0;
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), n);
  if (error != std::errc{} || *end != '\0') return {};
  return n;
}

// A path, or after '@' a name in the abstract namespace; anything else is not spoken here. -1 if that fails.
int connect_to(const std::string& name) {
  sockaddr_un address{};
  if ((name[0] != '/' && name[0] != '@') || name.size() < 2 || name.size() >= sizeof address.sun_path) return -1;
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  // A service manager that is stuck holds the caller up for this long, not for ever.
  const timeval limit{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path, name.size());
  if (name[0] == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0) return fd;
  ::close(fd);
  return -1;
}

}  // namespace

service_manager::service_manager() {
  const char* name = std::getenv("NOTIFY_SOCKET");
  if (!name) return;
  fd_ = connect_to(name);
  const auto pid = number_in("WATCHDOG_PID");
  const auto limit = number_in("WATCHDOG_USEC");
  // Meant for another process, such as the parent that handed its environment down: not ours to answer.
  if (fd_ < 0 || !limit || (pid && *pid != static_cast<std::uint64_t>(::getpid()))) return;
  watchdog_ = std::chrono::microseconds(*limit);
}

service_manager::~service_manager() {
  if (fd_ >= 0) ::close(fd_);
}

void service_manager::reloading() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);  // systemd takes a READY from before this for that of the start
  const auto us = static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(us));
}

void service_manager::status(std::string_view text) const {
  std::string line(text.substr(0, text.find('\n')));
  send("STATUS=" + line);
}

void service_manager::send(const std::string& text) const {
  if (fd_ >= 0) [[maybe_unused]]
    const auto n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
}

}  // namespace trapline::cli
