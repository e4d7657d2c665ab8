// `trapline replay`.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace trapline::cli {

struct replay_arguments {
  std::string run;                       // folder of a run, or of journals: the newest run
  std::string from, to, speed = "max";   // as on the command line
  std::vector<std::string> plugins;      // NAME=FILE
  std::vector<std::string> options;      // NAME.OPTION=VALUE
  std::vector<std::string> plugin_dirs;  // where recorded plugins are looked for first
  std::string output;                    // signals as JSON lines; empty: none, -: standard output
  bool verify = false, progress = false;
};

CLI::App* add_replay(CLI::App& app, replay_arguments& to);
// 0: done, and with `verify` identical. 1: a difference. 2: it cannot be read, replayed or compared completely.
int replay(const replay_arguments& arguments);

}  // namespace trapline::cli
