// The subcommands. Each prints, and returns the exit code.
#pragma once

#include <string>
#include <vector>

namespace trapline::cli {

struct run_arguments {
  std::string config;
  std::string view = "auto";
  std::string metrics_file;
  double seconds = 0;  // 0 = no limit
  bool safe_start = true;
};

struct inspect_arguments {
  std::string file;  // or a plugin's name
  std::vector<std::string> plugin_dirs;
  bool as_json = false;
};

// Name of the instance and lane through which the program watches the bus; not free for configurations.
inline constexpr const char* view_name = "view";

int run(const run_arguments& arguments);
int check(const std::string& config);
int explain(const std::string& plugin, const std::vector<std::string>& plugin_dirs);
int plugins(const std::vector<std::string>& plugin_dirs);
int inspect(const inspect_arguments& arguments);  // 0 no findings, 1 some, 2 there is no such file
int version();

}  // namespace trapline::cli
