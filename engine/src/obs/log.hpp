// The engine's log: asynchronous, bounded, redacted at the output.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "obs/redactor.hpp"
#include "trapline/abi/svc/log.h"

namespace trapline::obs {

enum class log_format { text, json };

// Takes redacted lines instead of a file or standard error, one call at a time. `who` as in log::write(). What it
// throws is dropped.
using log_sink = std::function<void(int level, std::string_view who, std::string_view text)>;

struct log_options {
  int level = TRAPLINE_LOG_INFO;
  log_format format = log_format::text;
  std::string file;  // empty = stderr
  std::size_t queue_lines = 8192;
  log_sink sink = {};      // not empty: no file, no stderr
  bool own_thread = true;  // that writes; false: only pump() and settle() do
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

  // Writes out what is queued, on this thread, if the log has none of its own. One thread at a time.
  void pump() noexcept;
  // Waits until what was written so far has left the queue, at most `limit` ns; or writes it, as pump().
  void settle(std::int64_t limit) noexcept;

  std::uint64_t dropped() const noexcept;

 private:
  struct state;
  int level_;
  std::unique_ptr<state> state_;
};

}  // namespace trapline::obs
