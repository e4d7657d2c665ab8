// What has time: closed segments are compressed, and removed when they are too many or too old. A thread of low
// priority; nothing waits for it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "journal/settings.hpp"

namespace trapline::journal {

// Removes the oldest closed segments of a journal folder until the rest keeps the limits of `s`; `utc` is now, ns. Runs
// that another process writes are left alone; of `own_run`, the open segment. A run without segments goes as a whole.
// Nothing but a journal's own files is removed. Returns what was done, for people; `failed`: what could not be, which
// ends it, or empty.
std::vector<std::string> remove_old(const settings& s, const std::string& own_run, std::int64_t utc,
                                    std::string& failed);

class housekeeper {
 public:
  using report = std::function<void(const std::string& text, bool is_error)>;
  // `s.dir`: the journal folder; `own_run`: name of the run folder that is being written.
  housekeeper(settings s, std::string own_run, std::function<std::int64_t()> utc, report r);
  ~housekeeper();  // leaves what it is at; the next engine goes on with it

  // A segment has been closed: there is something to do. [any]
  void wake();

 private:
  void loop();
  bool ending();
  void compress_all();

  const settings settings_;
  const std::string own_run_;
  const std::function<std::int64_t()> utc_;
  const report report_;
  std::mutex mutex_;
  std::condition_variable work_;
  bool ending_ = false, due_ = true;
  std::set<std::string> looked_at_;  // of the thread; what could not be compressed is told once
  std::string told_;                 // what could not be removed; once, too
  std::thread thread_;
};

}  // namespace trapline::journal
