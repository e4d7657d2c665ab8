// One line for each kind of trouble, not one for each message: the first at once, repetitions at most once a minute
// with their number.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "debug_ring.hpp"
#include "outlet.hpp"

namespace trapline::mm_ws {

enum class trouble : std::uint8_t {
  malformed,
  unknown_stream,
  refused_by_bus,
  venue_error,
  book,
  clock,
  rest,
  account,
  timestamps,
  count
};

class log_limiter {
 public:
  // `errors`, if not null, gets every text, also those that no line is written for.
  explicit log_limiter(outlet& o, debug_ring* errors = nullptr) : outlet_(o), errors_(errors) {}

  void warn(trouble kind, std::string_view text) {
    if (errors_) errors_->add(outlet_.now(), text);
    constexpr std::int64_t pause = 60'000'000'000;
    auto& e = entries_[static_cast<std::size_t>(kind)];
    const auto t = outlet_.mono();
    if (e.logged && t - e.at < pause) {
      ++e.suppressed;
      return;
    }
    std::string line(text);
    if (e.suppressed > 0) line += " (and " + std::to_string(e.suppressed) + " more of this kind since the last line)";
    outlet_.log(TRAPLINE_LOG_WARN, line);
    e = {t, 0, true};
  }

 private:
  struct entry {
    std::int64_t at = 0;
    std::uint64_t suppressed = 0;
    bool logged = false;
  };
  outlet& outlet_;
  debug_ring* errors_;
  std::array<entry, static_cast<std::size_t>(trouble::count)> entries_{};
};

// Text of a stranger, fit for a log line.
inline std::string quoted(std::string_view text, std::size_t limit = 120) {
  std::string out = "'";
  for (const char c : text.substr(0, limit)) out += c >= 0x20 && c < 0x7f ? c : '?';
  return out + (text.size() > limit ? "...'" : "'");
}

}  // namespace trapline::mm_ws
