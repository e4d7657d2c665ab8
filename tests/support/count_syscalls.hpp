// How many system calls a piece of code makes, counted by the kernel's tracing interface, not by us.
#pragma once

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <optional>

namespace test {

// Runs `code` in a forked child that this process traces. Only for programs that have one thread at that moment. Empty
// if tracing is not allowed here.
template <class Code>
std::optional<std::uint64_t> count_syscalls(Code&& code) {
  const pid_t child = ::fork();
  if (child < 0) return std::nullopt;
  if (child == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(1);
    ::raise(SIGSTOP);
    ::syscall(SYS_getppid);  // marks the beginning, and below the end
    code();
    ::syscall(SYS_getppid);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFSTOPPED(status)) return std::nullopt;
  ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  std::uint64_t calls = 0;
  int marks = 0;
  bool entering = true;
  for (;;) {
    if (::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) != 0) break;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status) || WIFSIGNALED(status)) break;
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != (SIGTRAP | 0x80)) continue;
    if (entering) {
      struct __ptrace_syscall_info info {};
      ::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info);
      if (info.entry.nr == SYS_getppid) ++marks;
      else if (marks == 1) ++calls;
    }
    entering = !entering;
  }
  return marks == 2 ? std::optional(calls) : std::nullopt;
}

}  // namespace test
