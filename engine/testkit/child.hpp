// Runs a function in a child process, so that whatever becomes of it is a result.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench.hpp"
#include "scratch_dir.hpp"

namespace trapline::testkit {

enum class ending { passed, warned, failed, skipped, blocked, crashed, timed_out };

struct child_result {
  ending how = ending::passed;
  std::string text;    // why it failed or was skipped; what it died of, and where
  std::string signal;  // "SIGSEGV", if that is what it died of
  double ms = 0;
  std::vector<figure> figures;
};

// What a child tells its parent: memory that both see.
struct message_board;

// One child under way. It has a working directory of its own, empty, that goes away with it; its output goes to a file
// there. The caller must have one thread only.
class child {
 public:
  // `work` returns the figures; it ends early by throwing failed or skipped.
  using work = std::function<std::vector<figure>(std::atomic<const char*>& where)>;
  child(const work& f, std::chrono::milliseconds limit);
  ~child();
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  int wait_fd() const { return pidfd_; }  // readable once it has ended
  std::chrono::steady_clock::time_point deadline() const { return deadline_; }
  // Ends it if it still runs, as `timed_out`.
  child_result finish();

 private:
  std::string last_output() const;

  message_board* board_;
  scratch_dir dir_;
  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::chrono::milliseconds limit_;
  std::chrono::steady_clock::time_point begin_, deadline_;
};

// To the end.
child_result run_child(const child::work& f, std::chrono::milliseconds limit);

}  // namespace trapline::testkit
