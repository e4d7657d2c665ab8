// Which plugin files and options a replay's instances are made of: the recorded ones, or what the user puts there.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "replay/player.hpp"

namespace trapline::replay {

class casting {
 public:
  struct settings {
    // By instance name: a plugin file, or a plugin's name in `search_dirs`.
    std::map<std::string, std::string> plugins;
    // By instance name: option path and YAML value.
    std::map<std::string, std::vector<std::pair<std::string, std::string>>> options;
    // Where the recorded files are looked for by their own names: before the place where they were, and after it.
    std::vector<std::string> plugin_dirs, search_dirs;
    // The results are to be compared byte by byte: another plugin than the recorded one is refused, and a file in
    // `plugins` stands in for the recorded plugin of the same id alone.
    bool verify = false;
    std::string scratch;  // a directory for private copies of plugins, which outlives all images
  };
  explicit casting(settings s) : settings_(std::move(s)) {}

  // For player::supplier. Throws std::runtime_error with what to do.
  player::parts operator()(const journal::instance_info& i);
  // What people should know of what was given so far, such as a file that is not the recorded one.
  const std::vector<std::string>& warnings() const noexcept { return warnings_; }

 private:
  std::shared_ptr<const plugin::image> load(const std::string& file, const std::string& instance);
  std::shared_ptr<const plugin::image> recorded(const journal::instance_info& i);
  void warn(std::string text);

  settings settings_;
  std::map<std::string, std::shared_ptr<const plugin::image>> images_;  // by path
  std::vector<std::string> warnings_;
};

// The options that a plugin gets in place of another: its own defaults, over these what was recorded under the same
// names with the same kind of value, over these `given`. `left`: recorded options that it does not know. Throws
// std::runtime_error for a wrong `given`.
config::checked_options options_for(const plugin::image& img, const std::string& recorded,
                                    const std::vector<std::pair<std::string, std::string>>& given,
                                    std::vector<std::string>& left);

}  // namespace trapline::replay
