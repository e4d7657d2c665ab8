#include "files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace trapline::paper_venue {

void write_file(const std::string& path, std::string_view text, unsigned mode) {
  const std::string temporary = path + ".tmp." + std::to_string(::getpid());
  const auto fail = [&](int fd) {
    const std::string reason = std::strerror(errno);
    if (fd >= 0) ::close(fd);
    ::unlink(temporary.c_str());
    throw std::runtime_error("cannot write " + path + ": " + reason);
  };
  ::unlink(temporary.c_str());
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) fail(fd);
  while (!text.empty()) {
    const auto n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(fd);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::fchmod(fd, mode) != 0) fail(fd);
  ::close(fd);
  if (::rename(temporary.c_str(), path.c_str()) != 0) fail(-1);
}

}  // namespace trapline::paper_venue
