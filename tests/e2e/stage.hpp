// A working directory with a private Redis and configurations made of parts, for running the program in.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "support/process.hpp"
#include "support/redis_server.hpp"
#include "support/temp_dir.hpp"

namespace test {

inline constexpr const char* program = TRAPLINE_BUILD_DIR "/bin/trapline";

// Folder of the real recordings, or empty if it is absent.
std::string data_dir();

// How to change a configuration of the repository: lines that are replaced, by their full text without indentation.
using changes = std::map<std::string, std::string>;

class stage {
 public:
  stage();

  const std::string& dir() const { return dir_.path(); }
  redis_server& redis() { return redis_; }

  // Writes `configs/<name>.yaml` here, its Redis being ours, with the given lines replaced (a line that is not there is
  // an error), and returns the file's name.
  std::string config(const std::string& name, const changes& replace = {});

  finished run(std::vector<std::string> arguments, std::vector<std::string> environment = {});
  process start(std::vector<std::string> arguments, bool terminal = false);

  std::string log() const { return read_file(dir() + "/run/trapline.log"); }
  bool logged(const std::string& part) const { return log().find(part) != std::string::npos; }
  std::size_t times_logged(const std::string& part) const;

  // Value of one series in a metrics file written by --metrics-file; -1 if absent.
  double metric(const std::string& file, const std::string& series) const;
  double metric_sum(const std::string& file, const std::string& name) const;

 private:
  temp_dir dir_;
  redis_server redis_;
};

}  // namespace test
