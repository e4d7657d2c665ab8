// What the fuzz targets share. A target is a function `void trapline::fuzz::NAME(std::string_view input)` in NAME.cpp:
// it must take any input whatever, leave nothing behind, and fail by `require` if what it looks at does not hold.
// libFuzzer calls it with inputs of its making, the test `fuzz/corpus.*` with those kept in corpus/NAME.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

namespace trapline::fuzz {

// A crash is what a fuzzer takes for a finding.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// A copy in a heap block of its own with `padding` bytes behind it, so that reading further is seen by a sanitizer.
class padded_copy {
 public:
  padded_copy(std::string_view text, std::size_t padding)
      : bytes_(new char[text.size() + padding]), size_(text.size()) {
    if (!text.empty()) std::memcpy(bytes_.get(), text.data(), text.size());
    std::memset(bytes_.get() + text.size(), 0, padding);
  }
  std::string_view text() const { return {bytes_.get(), size_}; }
  bool holds(std::string_view part) const {
    return part.empty() || (part.data() >= bytes_.get() && part.data() + part.size() <= bytes_.get() + size_);
  }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

// The first character, which says how the rest is meant; 0 at the end.
inline char take_char(std::string_view& input) {
  if (input.empty()) return 0;
  const char c = input.front();
  input.remove_prefix(1);
  return c;
}

// The next line without its end; what is behind it stays in `input`.
inline std::string_view take_line(std::string_view& input) {
  const auto end = input.find('\n');
  const auto line = input.substr(0, end);
  input.remove_prefix(end == input.npos ? input.size() : end + 1);
  return line;
}

}  // namespace trapline::fuzz
