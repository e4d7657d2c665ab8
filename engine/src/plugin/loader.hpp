// From a name in the configuration to a loaded plugin: find, verify, copy, load, negotiate.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "plugin/file_rules.hpp"
#include "trapline/abi/plugin.h"

namespace trapline::plugin {

// A loaded plugin file, or a statically linked plugin. Unloads in its destructor.
class image {
 public:
  // A plugin that is part of this program. Its id and version stand in for a file's digest.
  explicit image(const trapline_entry* entry)
      : entry_(entry),
        sha256_(std::string("part of the program: ") + entry->descriptor->id + " " + entry->descriptor->version) {}
  image(void* handle, const trapline_entry* entry, std::string copy, std::string sha256);
  ~image();
  image(const image&) = delete;
  image& operator=(const image&) = delete;

  const trapline_entry& entry() const noexcept { return *entry_; }
  const trapline_descriptor& descriptor() const noexcept { return *entry_->descriptor; }
  const std::string& sha256() const noexcept { return sha256_; }  // of the file
  const std::string& copy() const noexcept { return copy_; }
  // Whether the address lies in its machine code; never for a plugin that is part of this program. Async-signal-safe.
  bool has_code(const void* address) const noexcept {
    const auto a = reinterpret_cast<std::uintptr_t>(address);
    return a >= code_begin_ && a < code_end_;
  }

 private:
  void* handle_ = nullptr;
  const trapline_entry* entry_;
  std::string copy_;  // the private copy's path, removed at the end
  std::string sha256_;
  std::uintptr_t code_begin_ = 0, code_end_ = 0;
};

// Every file that `use` may mean, the one that is taken first: a text with a slash is a path; otherwise
// `<dir>/<use>.so` in each directory, in their order. Nothing else is searched: not the current directory, not
// LD_LIBRARY_PATH.
std::vector<std::string> find_plugins(const std::string& use, const std::vector<std::string>& dirs);
// The one that is taken, or empty.
std::string find_plugin(const std::string& use, const std::vector<std::string>& dirs);
// "a, b" or "nowhere (...)", and the whole message about a plugin that was not found.
std::string searched_text(const std::vector<std::string>& dirs);
std::string not_found_text(const std::string& use, const std::vector<std::string>& dirs);

// Checks the file and loads a private copy under `<run_dir>/plugin-copies/`, so that the file may be replaced while it
// is in use. Adds to `findings`; returns nullptr if one of them is a `must`. A file that breaks a rule of files never
// gets to run code. `sha256`: 64 lower-case hex digits that the file must have; empty = any. `admit`: asked last,
// before any of the file's code runs; false: it is not loaded, and that is no finding.
std::shared_ptr<const image> load(const std::string& path, const std::string& instance, const std::string& run_dir,
                                  std::vector<finding>& findings, const std::string& sha256 = {},
                                  const std::function<bool(const file_report&)>& admit = {});

// Lets go of the last reference to an image and looks whether it left memory. Empty: it did, or is still in use. Else
// why it probably stays: its memory is lost until the process ends.
std::string unload(std::shared_ptr<const image> img);
// Whether this build never lets an image leave memory: a sanitizer's reports need its symbols.
bool keeps_images() noexcept;

// Removes what load() of an engine that was killed left under `run_dir`, and nothing else. The caller holds the run
// directory's lock.
void remove_private_copies(const std::string& run_dir);

// Negotiation with an entry that is in memory already: E01, E02, E05 and F09.
std::vector<finding> entry_findings(const trapline_entry* entry);

}  // namespace trapline::plugin
