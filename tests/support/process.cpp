#include "support/process.hpp"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>

extern char** environ;

namespace test {

process::process(std::string name, std::vector<std::string> argv, const std::string& dir,
                 std::vector<std::string> environment, bool terminal)
    : out_path_(dir + "/" + name + ".out"), err_path_(dir + "/" + name + ".err") {
  std::vector<char*> args, env;
  for (auto& a : argv) args.push_back(a.data());
  args.push_back(nullptr);
  const auto replaced = [&](std::string_view inherited) {
    const auto key = inherited.substr(0, inherited.find('=') + 1);
    return std::any_of(environment.begin(), environment.end(), [&](const auto& e) { return e.starts_with(key); });
  };
  for (char** e = environ; *e; ++e)
    if (!replaced(*e)) env.push_back(*e);
  for (auto& e : environment) env.push_back(e.data());
  env.push_back(nullptr);
  winsize size{40, 120, 0, 0};
  pid_ = terminal ? ::forkpty(&terminal_, nullptr, nullptr, &size) : ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ > 0) {
    if (terminal_ >= 0) {
      ::fcntl(terminal_, F_SETFL, O_NONBLOCK);
      std::ofstream(out_path_, std::ios::trunc);
    }
    return;
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int err = ::open(err_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::dup2(err, 2);
  if (!terminal) {
    const int out = ::open(out_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(out, 1);
  }
  if (::chdir(dir.c_str()) == 0) ::execvpe(args[0], args.data(), env.data());
  ::_exit(127);
}

process::~process() {
  if (running()) {
    signal(SIGKILL);
    wait();
  }
  if (terminal_ >= 0) ::close(terminal_);
}

void process::signal(int s) const { ::kill(pid_, s); }

void process::collect() {
  if (terminal_ < 0) return;
  char buffer[65536];
  for (ssize_t n; (n = ::read(terminal_, buffer, sizeof buffer)) > 0;)
    std::ofstream(out_path_, std::ios::app | std::ios::binary).write(buffer, n);
}

bool process::running() {
  collect();
  if (code_) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  collect();
  return false;
}

std::optional<int> process::wait(std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (running()) {
    if (std::chrono::steady_clock::now() > deadline) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return code_;
}

std::string process::out() const { return read_file(out_path_); }
std::string process::err() const { return read_file(err_path_); }

finished run(std::vector<std::string> argv, const std::string& dir, std::vector<std::string> environment) {
  process p("run", std::move(argv), dir, std::move(environment));
  const auto code = p.wait(std::chrono::seconds(120));
  return {code.value_or(-1), p.out(), p.err()};
}

std::string read_file(const std::string& path) {
  std::stringstream s;
  s << std::ifstream(path, std::ios::binary).rdbuf();
  return s.str();
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  if (!(out << text)) throw std::runtime_error("cannot write " + path);
}

}  // namespace test
