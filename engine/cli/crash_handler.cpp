#include "crash_handler.hpp"

#include <execinfo.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstring>

#include "trapline/engine.hpp"

namespace trapline::cli {
namespace {

constexpr int fatal_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr int max_frames = 64;

// A signal handler has nothing but globals.
const engine* volatile watched = nullptr;
std::atomic<pid_t> recording{0};  // thread that writes the record

void say(const char* text) { [[maybe_unused]] const auto n = ::write(STDERR_FILENO, text, std::strlen(text)); }

void on_fatal_signal(int number) {
  pid_t nobody = 0;
  const pid_t me = ::gettid();
  if (!recording.compare_exchange_strong(nobody, me)) {
    if (nobody == me) ::_exit(128 + number);  // this handler crashed
    for (;;) ::pause();                       // another thread crashed first, and ends the process
  }
  void* frames[max_frames];
  const int n = ::backtrace(frames, max_frames);
  if (const char* path = watched ? watched->record_crash(number, frames, n) : nullptr) {
    say("trapline: crashed; what was going on stands in ");
    say(path);
    say(" (.txt after the next start)\n");
  }
  ::signal(number, SIG_DFL);
  ::raise(number);
}

}  // namespace

crash_handler::crash_handler(const engine& e) {
  watched = &e;
  void* frame[1];
  ::backtrace(frame, 1);  // loads libgcc now, not in the handler
  struct sigaction action {};
  action.sa_handler = on_fatal_signal;
  action.sa_flags = SA_ONSTACK;
  for (const int s : fatal_signals) ::sigaction(s, &action, nullptr);
}

crash_handler::~crash_handler() {
  for (const int s : fatal_signals) ::signal(s, SIG_DFL);
  watched = nullptr;
}

}  // namespace trapline::cli
