// What plugin code throws to refuse something, and the SDK turns into a trapline_error.
#pragma once

#include <exception>
#include <string>
#include <utility>

#include "trapline/abi/base.h"

namespace trapline::sdk {
inline namespace v0 {

// Thrown by plugin code in configure() and start(); becomes a trapline_error at the boundary.
class error : public std::exception {
 public:
  // `code`: a TRAPLINE_E_*; anything that is not an error would hide the failure and becomes TRAPLINE_E_FAILED.
  // `path`: dotted option path, or empty. `text`: what was expected, what was found, what to do. No secrets.
  error(trapline_status code, std::string path, std::string text)
      : code_(code < 0 ? code : TRAPLINE_E_FAILED), path_(std::move(path)), text_(std::move(text)) {}
  explicit error(std::string text) : error(TRAPLINE_E_FAILED, {}, std::move(text)) {}

  trapline_status code() const noexcept { return code_; }
  const std::string& path() const noexcept { return path_; }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  trapline_status code_;
  std::string path_, text_;
};

}  // namespace v0
}  // namespace trapline::sdk
