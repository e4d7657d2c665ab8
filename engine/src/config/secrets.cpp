#include "config/secrets.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace trapline::config {
namespace {

constexpr std::size_t max_secret = 4096;

trapline_status read_file(const std::string& path, bool check_mode, std::string& value, std::string& why) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    why = "cannot open " + path + ": " + std::strerror(errno);
    return TRAPLINE_E_IO;
  }
  struct stat st {};
  ::fstat(fd, &st);
  if (!S_ISREG(st.st_mode)) {
    why = path + " is not a regular file";
  } else if (check_mode && st.st_uid != ::geteuid() && st.st_uid != 0) {
    why = path + " belongs to another user; a secret file must belong to the user that runs the engine";
  } else if (check_mode && (st.st_mode & 0077) != 0) {
    why = path + " can be read by others; run: chmod 600 " + path;
  } else {
    value.assign(max_secret + 1, '\0');
    const ssize_t n = ::read(fd, value.data(), value.size());
    value.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    value.resize(std::min(value.find('\n'), value.size()));
    if (!value.empty() && value.back() == '\r') value.pop_back();
    if (value.empty()) why = path + " is empty";
    if (value.size() > max_secret) why = path + " has a first line of more than 4096 bytes";
  }
  ::close(fd);
  return why.empty() ? TRAPLINE_OK : TRAPLINE_E_IO;
}

}  // namespace

trapline_status read_secret(const secret_reference& from, std::string& value, std::string& why) {
  value.clear();
  why.clear();
  if (from.kind == "file") return read_file(from.name, true, value, why);
  if (from.kind == "credential") {
    const char* dir = std::getenv("CREDENTIALS_DIRECTORY");
    if (!dir) {
      why = "CREDENTIALS_DIRECTORY is not set; credential: needs systemd's LoadCredential=";
      return TRAPLINE_E_IO;
    }
    if (from.name.find('/') != std::string::npos) {
      why = "a credential is a name without slashes";
      return TRAPLINE_E_IO;
    }
    return read_file(std::string(dir) + "/" + from.name, false, value, why);
  }
  const char* v = std::getenv(from.name.c_str());
  if (!v || !*v) {
    why = "environment variable " + from.name + " is not set";
    return TRAPLINE_E_IO;
  }
  value = v;
  return TRAPLINE_OK;
}

}  // namespace trapline::config
