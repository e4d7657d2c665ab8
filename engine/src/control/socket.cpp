#include "control/socket.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace trapline::control {
namespace {

// An address holds 107 bytes; a longer path is named through its directory's descriptor, which `keep` holds open.
bool address_of(const std::string& path, sockaddr_un& a, descriptor& keep) {
  a.sun_family = AF_UNIX;
  std::string name = path;
  if (name.size() >= sizeof a.sun_path) {
    const std::filesystem::path p(path);
    keep = descriptor(::open(p.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!keep) return false;
    name = "/proc/self/fd/" + std::to_string(keep.get()) + "/" + p.filename().string();
  }
  if (name.size() >= sizeof a.sun_path) return false;
  std::memcpy(a.sun_path, name.c_str(), name.size() + 1);
  return true;
}

}  // namespace

descriptor::~descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

descriptor listen_at(const std::string& path, std::string& error) {
  const auto failed = [&](const std::string& what) {
    error = what + ": " + std::strerror(errno);
    return descriptor();
  };
  struct stat st {};
  if (::lstat(path.c_str(), &st) == 0) {
    if (!S_ISSOCK(st.st_mode)) {
      error = path + " is there and is no socket; remove it";
      return descriptor();
    }
    ::unlink(path.c_str());
  }
  sockaddr_un a{};
  descriptor keep, fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd || !address_of(path, a, keep)) return failed("cannot make a socket at " + path);
  // Before bind(), so that there is no moment in which others may connect (unix(7): the socket's own mode counts).
  if (::fchmod(fd.get(), 0600) != 0 || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0 ||
      ::listen(fd.get(), 8) != 0)
    return failed("cannot listen at " + path);
  return fd;
}

descriptor connect_to(const std::string& path, std::string& error) {
  sockaddr_un a{};
  descriptor keep, fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd || !address_of(path, a, keep) || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED) error = "no engine listens at " + path;
    else error = "cannot connect to " + path + ": " + std::strerror(errno);
    return descriptor();
  }
  if (!peer_is_ours(fd.get()) && ::geteuid() != 0) {
    error = "what listens at " + path + " belongs to another user";
    return descriptor();
  }
  return fd;
}

bool peer_is_ours(int fd) noexcept {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == ::geteuid() || peer.uid == 0);
}

}  // namespace trapline::control
