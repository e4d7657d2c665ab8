#include "supervise/crash_report.hpp"

#include <execinfo.h>
#include <signal.h>
#include <unistd.h>

#include <cstring>
#include <string_view>

#include "trapline/version.hpp"

namespace trapline::supervise {
namespace {

void put(int fd, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n <= 0) return;  // nothing can be done about it here
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

void put(int fd, std::uint64_t number) noexcept {
  char digits[20];
  std::size_t n = sizeof digits;
  do digits[--n] = static_cast<char>('0' + number % 10);
  while ((number /= 10) != 0);
  put(fd, std::string_view(digits + n, sizeof digits - n));
}

std::string_view signal_name(int s) noexcept {
  switch (s) {
    case SIGSEGV:
      return "SIGSEGV (memory that is not there)";
    case SIGBUS:
      return "SIGBUS (memory behind a file that was cut)";
    case SIGFPE:
      return "SIGFPE (division by zero)";
    case SIGILL:
      return "SIGILL (no such instruction)";
    case SIGABRT:
      return "SIGABRT (abort, a failed assertion or an uncaught exception)";
    default:
      return "?";
  }
}

}  // namespace

void write_report(int fd, const crash_scene& s, void* const* frames, int count) noexcept {
  const auto line = [fd](std::string_view key, std::string_view value) {
    put(fd, key);
    put(fd, ": ");
    put(fd, value);
    put(fd, "\n");
  };
  line("trapline", version_text);
  line("signal", signal_name(s.signal));
  if (s.lane) line("lane", s.lane);
  if (!s.instance.empty()) {
    line("instance", s.instance);
    line("plugin", s.plugin);
    line("sha256", s.sha256);
    line("attributed", s.how_known);
  } else {
    line("attributed", "to nobody: no plugin was being called and none is on the stack");
  }
  if (s.event_seq != 0) {
    put(fd, "last_event_seq: ");
    put(fd, s.event_seq);
    put(fd, "\n");
  }
  put(fd, "stack:\n");
  ::backtrace_symbols_fd(frames, count, fd);
  ::fsync(fd);
}

}  // namespace trapline::supervise
