#include "child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <new>
#include <stdexcept>

#include "trapline/sdk/text.hpp"

namespace trapline::testkit {

using steady = std::chrono::steady_clock;

struct message_board {
  // Of a literal of this program, which lies at the same address in both processes.
  std::atomic<const char*> where{nullptr};
  std::atomic<bool> finished{false};  // what follows is complete
  ending how = ending::crashed;
  char text[4096] = {};
  struct {
    char name[32];
    double value;
  } figures[16] = {};
  std::uint32_t figure_count = 0;
};

namespace {

message_board* new_board() {
  void* p = ::mmap(nullptr, sizeof(message_board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  return new (p) message_board;
}

void end(message_board& board, ending how, std::string_view text) {
  sdk::assign(board.text, text);
  board.how = how;
  board.finished.store(true);
  ::_exit(0);  // no destructors: threads and handles that the plugin left behind must not spoil what was found
}

[[noreturn]] void run(message_board& board, const child::work& f, const std::string& dir, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  ::setpgid(0, 0);  // what it starts can be ended with it
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (::chdir(dir.c_str()) != 0) ::_exit(1);
  const int out = ::open("output", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(out, STDERR_FILENO);
  try {
    const auto figures = f(board.where);
    for (const auto& g : figures) {
      if (board.figure_count == std::size(board.figures)) break;
      auto& slot = board.figures[board.figure_count++];
      sdk::assign(slot.name, g.name);
      slot.value = g.value;
    }
    end(board, ending::passed, {});
  } catch (const failed& e) {
    end(board, e.warning ? ending::warned : ending::failed, e.text);
  } catch (const skipped& e) {
    end(board, e.blocks ? ending::blocked : ending::skipped, e.reason);
  } catch (const std::exception& e) {
    end(board, ending::failed, sdk::cat("the case itself failed: ", e.what()));
  }
  ::_exit(1);
}

std::string signal_name(int s) {
  const char* name = ::sigabbrev_np(s);
  return name ? std::string("SIG") + name : "signal " + std::to_string(s);
}

}  // namespace

child::child(const work& f, std::chrono::milliseconds limit)
    : board_(new_board()), limit_(limit), begin_(steady::now()), deadline_(begin_ + limit) {
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) run(*board_, f, dir_.path(), parent);
  if (pid_ > 0)
    pidfd_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));  // glibc 2.36 declares its wrapper for C only
  if (pidfd_ < 0) throw std::runtime_error(std::string("cannot start a child process: ") + std::strerror(errno));
}

child::~child() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  if (pidfd_ >= 0) ::close(pidfd_);
  ::munmap(board_, sizeof *board_);
}

// The line that says most of what was written: a sanitizer's verdict, or the last one.
std::string child::last_output() const {
  std::ifstream in(dir_.path() + "/output");
  std::string last, line;
  while (std::getline(in, line)) {
    if (line.find("ERROR: ") != std::string::npos || line.find("runtime error: ") != std::string::npos) return line;
    if (!line.empty()) last = line;
  }
  return last.substr(0, 500);
}

child_result child::finish() {
  child_result r;
  pollfd p{pidfd_, POLLIN, 0};
  const bool over = ::poll(&p, 1, 0) == 1;
  r.ms = std::chrono::duration<double, std::milli>(steady::now() - begin_).count();
  int status = 0;
  ::kill(-pid_, SIGKILL);
  if (!over) ::kill(pid_, SIGKILL);
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  const char* where = board_->where.load();
  const std::string at = where ? std::string(" in ") + where : "";
  if (board_->finished) {
    r.how = board_->how;
    r.text = sdk::view(board_->text);
    for (std::uint32_t n = 0; n < board_->figure_count; ++n)
      r.figures.push_back({std::string(sdk::view(board_->figures[n].name)), board_->figures[n].value});
  } else if (!over) {
    r.how = ending::timed_out;
    r.text =
        sdk::cat("still not done after ", static_cast<double>(limit_.count()) / 1000, " s", where ? ", hangs" : "", at);
  } else {
    r.how = ending::crashed;
    if (WIFSIGNALED(status)) r.signal = signal_name(WTERMSIG(status));
    r.text = WIFSIGNALED(status) ? sdk::cat("killed by ", r.signal, at)
                                 : sdk::cat("the process ended", at, " with exit code ", WEXITSTATUS(status));
    if (const auto said = last_output(); !said.empty()) r.text += "; it wrote: " + said;
  }
  return r;
}

child_result run_child(const child::work& f, std::chrono::milliseconds limit) {
  child c(f, limit);
  pollfd p{c.wait_fd(), POLLIN, 0};
  ::poll(&p, 1, static_cast<int>(limit.count()));
  return c.finish();
}

}  // namespace trapline::testkit
