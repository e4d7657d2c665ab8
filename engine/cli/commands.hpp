// The subcommands. Each prints, and returns the exit code.
#pragma once

#include <cstdint>
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

struct detect_arguments {
  std::string plugin;                    // name or file
  std::string config, instance;          // where its options are; empty = its defaults
  std::vector<std::string> plugin_dirs;  // to search before the built-in one
  std::string input = "-", output = "-";
  std::uint32_t batch = 1;  // events that are put on the bus at once
  bool skip_bad = false;
  bool progress = false;  // even if stderr is no terminal
};

struct ctl_arguments {
  std::string run_dir = "./run", socket;     // `socket` not empty: instead of `<run_dir>/control.sock`
  std::string cmd;                           // as in docs/control.md
  std::string instance, file, options_file;  // for those that take them
  std::string name, args, reason, watch, warm_up, option, value;
  bool drop_unknown = false, no_state = false, plan = false, as_json = false;
  int timeout = 60;  // s
};

// Name of the instance and lane through which the program watches the bus; not free for configurations.
inline constexpr const char* view_name = "view";

int run(const run_arguments& arguments);
int check(const std::string& config);
int explain(const std::string& plugin, const std::vector<std::string>& plugin_dirs);
int plugins(const std::vector<std::string>& plugin_dirs);
int inspect(const inspect_arguments& arguments);  // 0 no findings, 1 some, 2 there is no such file
int detect(const detect_arguments& arguments);    // 2 also for a line that is no event
int ctl(const ctl_arguments& arguments);          // 1: no engine there, or it refuses
int version();

}  // namespace trapline::cli
