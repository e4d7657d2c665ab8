// The engine's log: asynchronous, bounded, redacted at the sink.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "obs/redactor.hpp"
#include "trapline/abi/svc/log.h"

namespace trapline::obs {

enum class log_format { text, json };

struct log_options {
  int level = TRAPLINE_LOG_INFO;
  log_format format = log_format::text;
  std::string file;  // empty = stderr
  std::size_t queue_lines = 8192;
};

// Never blocks a caller: when the queue is full the oldest line goes, and is counted.
class log {
 public:
  // Throws std::runtime_error if the file cannot be opened.
  log(const log_options& options, const redactor& r);
  ~log();  // writes out what is queued

  bool enabled(int level) const noexcept { return level >= level_; }
  // `who`: "engine" or an instance's name.
  void write(int level, std::string_view who, std::string_view text) noexcept;
  void info(std::string_view text) noexcept { write(TRAPLINE_LOG_INFO, "engine", text); }
  void warn(std::string_view text) noexcept { write(TRAPLINE_LOG_WARN, "engine", text); }
  void error(std::string_view text) noexcept { write(TRAPLINE_LOG_ERROR, "engine", text); }

  // Waits until what was written so far has left the queue, at most `limit` ns.
  void settle(std::int64_t limit) const noexcept;

  std::uint64_t dropped() const noexcept;

 private:
  struct state;
  int level_;
  std::unique_ptr<state> state_;
};

}  // namespace trapline::obs
