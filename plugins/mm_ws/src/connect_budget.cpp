#include "connect_budget.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace trapline::mm_ws {
namespace {

// Owns the descriptor, and with it the lock.
struct locked_file {
  explicit locked_file(const std::string& path)
      : fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    struct stat st {};
    // A file that somebody else put there is not ours to believe.
    const bool ours = fd >= 0 && ::fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == ::geteuid();
    good = ours && ::flock(fd, LOCK_EX) == 0;
  }
  ~locked_file() {
    if (fd >= 0) ::close(fd);
  }
  locked_file(const locked_file&) = delete;
  locked_file& operator=(const locked_file&) = delete;

  int fd;
  bool good = false;
};

}  // namespace

std::int64_t take_shared_slot(const std::string& file, connect_budget& own, std::int64_t now, std::int64_t& last) {
  if (file.empty()) return own.take(now, last);
  locked_file f(file);
  if (!f.good) return own.take(now, last);
  connect_budget shared;
  std::int64_t times[connect_budget::most];
  const auto n = ::pread(f.fd, times, sizeof times, 0);
  for (ssize_t i = 0; i < n / static_cast<ssize_t>(sizeof times[0]); ++i) shared.taken().push_back(times[i]);
  const auto result = shared.take(now, last);
  const auto& t = shared.taken();
  const auto size = static_cast<ssize_t>(t.size() * sizeof t[0]);
  if (::pwrite(f.fd, t.data(), t.size() * sizeof t[0], 0) != size || ::ftruncate(f.fd, size) != 0)
    return own.take(now, last);
  return result;
}

std::string default_budget_file() {
  if (const char* dir = std::getenv("XDG_RUNTIME_DIR"); dir && *dir == '/')
    return std::string(dir) + "/trapline-bitget-connects";
  return "/tmp/trapline-bitget-connects-" + std::to_string(::geteuid());
}

}  // namespace trapline::mm_ws
