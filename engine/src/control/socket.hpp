// A Unix-domain socket at a path of any length, and who is at its other end.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <string>
#include <utility>

namespace trapline::control {

// Closes in its destructor.
class descriptor {
 public:
  explicit descriptor(int fd = -1) : fd_(fd) {}
  ~descriptor();
  descriptor(descriptor&& o) noexcept : fd_(std::exchange(o.fd_, -1)) {}
  descriptor& operator=(descriptor&& o) noexcept {
    std::swap(fd_, o.fd_);
    return *this;
  }
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

// Listens at `path` with mode 0600. What an engine that was killed left there is removed; the caller holds the run
// directory's lock. Not open: `error` says why.
descriptor listen_at(const std::string& path, std::string& error);

// Connects. Not open: `error` says why, in words for people.
descriptor connect_to(const std::string& path, std::string& error);

// The process at the other end runs as our user or as root.
bool peer_is_ours(int fd) noexcept;

}  // namespace trapline::control
