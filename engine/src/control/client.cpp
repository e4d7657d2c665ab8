#include "control/client.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace trapline::control {

bool client::connect(const std::string& path, std::string& error) {
  fd_ = connect_to(path, error);
  in_.clear();
  return static_cast<bool>(fd_);
}

bool client::ask(const std::string& line, std::string& answer, std::int64_t limit, std::string& error) {
  const std::string out = line + "\n";
  for (std::size_t done = 0; done < out.size();) {
    const ssize_t n = ::send(fd_.get(), out.data() + done, out.size() - done, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      error = std::string("the engine does not take the request: ") + std::strerror(errno);
      return false;
    }
    done += static_cast<std::size_t>(n);
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::nanoseconds(limit);
  for (;;) {
    if (const auto end = in_.find('\n'); end != std::string::npos) {
      answer = in_.substr(0, end);
      in_.erase(0, end + 1);
      return true;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd p{fd_.get(), POLLIN, 0};
    const int ready = left.count() <= 0 ? 0 : ::poll(&p, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) {
      error = "the engine did not answer within " + std::to_string(limit / 1'000'000'000) + " s";
      return false;
    }
    char bytes[16 * 1024];
    const ssize_t n = ::recv(fd_.get(), bytes, sizeof bytes, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      error = "the engine ended the connection without an answer";
      return false;
    }
    in_.append(bytes, static_cast<std::size_t>(n));
  }
}

}  // namespace trapline::control
