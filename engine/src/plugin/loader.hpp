// From a name in the configuration to a loaded plugin: find, verify, copy, load, negotiate.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "trapline/abi/plugin.h"

namespace trapline::plugin {

// A loaded plugin file, or a statically linked plugin. Unloads in its destructor.
class image {
 public:
  // A plugin that is part of this program.
  explicit image(const trapline_entry* entry) : entry_(entry) {}
  image(void* handle, const trapline_entry* entry, std::string copy, std::string sha256);
  ~image();
  image(const image&) = delete;
  image& operator=(const image&) = delete;

  const trapline_entry& entry() const noexcept { return *entry_; }
  const trapline_descriptor& descriptor() const noexcept { return *entry_->descriptor; }
  const std::string& sha256() const noexcept { return sha256_; }  // of the file; empty if it is part of this program
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

// What is known of a plugin file without loading it.
struct file_report {
  std::string path, id, version, sha256;
  std::uint32_t abi_major = 0, abi_minor = 0, min_host_minor = 0;
  std::vector<std::string> problems;  // each with its cause and remedy; empty = may be loaded
};

// Path of the plugin `use` names: a text with a slash is a path; otherwise `<dir>/<use>.so` in the first directory that
// has it. Empty if there is none.
std::string find_plugin(const std::string& use, const std::vector<std::string>& dirs);

// Reads and checks the file. Executes nothing of it.
file_report inspect(const std::string& path);

// Loads a private copy under `<run_dir>/plugin-copies/`, so that the file may be replaced while it is in use. Adds to
// `problems` and returns nullptr if anything is wrong; a plugin with the wrong ABI never gets to run code.
std::shared_ptr<const image> load(const std::string& path, const std::string& instance, const std::string& run_dir,
                                  std::vector<std::string>& problems);

// Removes what load() of an engine that was killed left under `run_dir`, and nothing else. The caller holds the run
// directory's lock.
void remove_private_copies(const std::string& run_dir);

// Negotiation with an entry that is in memory already.
std::vector<std::string> entry_problems(const trapline_entry* entry);

}  // namespace trapline::plugin
