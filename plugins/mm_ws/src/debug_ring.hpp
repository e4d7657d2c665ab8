// The last messages or errors, for people who look for a fault. Bounded in number and bytes, allocated once. Holds no
// secret: what is sent at login never comes here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trapline::mm_ws {

class debug_ring {
 public:
  struct entry {
    std::int64_t at = 0;  // UTC ns
    std::string text;
  };
  static constexpr std::size_t longest = 512;  // bytes kept of one

  explicit debug_ring(std::size_t most) : entries_(most) {
    for (auto& e : entries_) e.text.reserve(longest);
  }

  void add(std::int64_t at, std::string_view text) {
    if (entries_.empty()) return;
    auto& e = entries_[next_];
    next_ = next_ + 1 == entries_.size() ? 0 : next_ + 1;
    count_ += count_ < entries_.size();
    e.at = at;
    e.text.assign(text.substr(0, longest));
  }
  // Oldest first.
  template <class F>
  void each(F&& f) const {
    for (std::size_t n = 0; n < count_; ++n) f(entries_[(next_ + entries_.size() - count_ + n) % entries_.size()]);
  }

 private:
  std::vector<entry> entries_;
  std::size_t next_ = 0, count_ = 0;
};

}  // namespace trapline::mm_ws
