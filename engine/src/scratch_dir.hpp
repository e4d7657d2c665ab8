// A directory under the system's temporary one, empty at first, that goes away with its object.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace trapline {

class scratch_dir {
 public:
  // Throws std::runtime_error if there is no place for it.
  scratch_dir() {
    const auto parent = std::filesystem::temp_directory_path();
    path_ = (parent / "trapline-XXXXXX").string();  // mkdtemp(3) fills the X in
    if (!::mkdtemp(path_.data())) throw std::runtime_error("cannot make a temporary directory in " + parent.string());
  }
  ~scratch_dir() {
    std::error_code ec;
    std::filesystem::remove_all(path_, ec);
  }
  scratch_dir(const scratch_dir&) = delete;
  scratch_dir& operator=(const scratch_dir&) = delete;

  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace trapline
