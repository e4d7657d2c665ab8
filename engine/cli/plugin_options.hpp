// The options of one plugin from a YAML file, for commands that run a plugin without an engine.
#pragma once

#include <optional>
#include <string>

#include "config/node.hpp"

namespace trapline::cli {

struct options_source {
  std::string file;
  std::string instance;  // which one, where the file has several of this plugin; may be empty
};

// The file's top-level `options`, or those of the instance of this plugin in an engine's configuration. `path`, `id`:
// of the plugin's file. Empty: something is wrong, and has been told on stderr.
std::optional<config::node> read_plugin_options(const options_source& from, const std::string& path,
                                                const std::string& id);

}  // namespace trapline::cli
