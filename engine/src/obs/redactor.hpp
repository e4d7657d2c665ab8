// Blanks secrets in text on its way out of the process.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace trapline::obs {

// Knows each secret in plain, base64, hex and URL-encoded form, and every piece of at least 6 bytes of its plain
// form's beginning. Thread-safe.
class redactor {
 public:
  // Values shorter than 4 bytes are not blanked: they would blank ordinary words.
  void add(std::string_view secret);

  // Replaces every occurrence by `***`.
  void apply(std::string& text) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> needles_;  // longest first
};

}  // namespace trapline::obs
