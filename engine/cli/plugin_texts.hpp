// What the commands about plugin files have in common: where they look, and how they say it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/options.hpp"
#include "plugin/loader.hpp"
#include "scratch_dir.hpp"

namespace trapline::cli {

// Where the plugins of this installation are: `plugins` beside the program's directory in a build tree,
// `../lib/trapline/plugins` when installed.
std::string builtin_plugin_dir();

// The absolute form of `more`, then the built-in one.
std::vector<std::string> search_dirs(const std::vector<std::string>& more);

// Says so if `use: ID` in a configuration would not take this file; else empty.
std::string shadowed_text(const plugin::file_report& report, const std::vector<std::string>& dirs);

std::vector<std::string> flag_words(std::uint32_t flags);       // TRAPLINE_PLUGIN_*
std::vector<std::string> event_type_words(std::uint64_t mask);  // "all" for TRAPLINE_TYPE_ALL
std::string joined(const std::vector<std::string>& words);      // "a, b"
std::string option_text(const config::option& o);               // two indented lines

}  // namespace trapline::cli
