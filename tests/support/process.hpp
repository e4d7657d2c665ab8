// A child process with its output in files; ended by the destructor if it still runs.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace test {

class process {
 public:
  // Starts `argv` in `dir`; standard output and error go to `<dir>/<name>.out` and `.err`. `environment`: NAME=value to
  // set. With `terminal`, standard output is a pseudo-terminal whose bytes are collected in `.out`.
  process(std::string name, std::vector<std::string> argv, const std::string& dir,
          std::vector<std::string> environment = {}, bool terminal = false);
  ~process();
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int s) const;
  bool running();
  // Exit code (128 + signal if it was killed), or nothing if it did not end in time.
  std::optional<int> wait(std::chrono::milliseconds limit = std::chrono::seconds(60));

  std::string out() const;
  std::string err() const;

 private:
  void collect();

  std::string out_path_, err_path_;
  pid_t pid_ = -1;
  int terminal_ = -1;
  std::optional<int> code_;
};

// Runs to the end and returns the exit code.
struct finished {
  int code = -1;
  std::string out, err;
};
finished run(std::vector<std::string> argv, const std::string& dir, std::vector<std::string> environment = {});

std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& text);

}  // namespace test
