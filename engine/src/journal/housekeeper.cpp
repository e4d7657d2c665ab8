#include "journal/housekeeper.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <set>

#include "journal/compress.hpp"
#include "journal/run_files.hpp"
#include "trapline/sdk/text.hpp"

namespace trapline::journal {
namespace {

struct closed_segment {
  std::string run, path;
  std::int64_t bytes = 0, changed = 0;  // UTC ns
};

// Oldest first. Those that may still be written are not among them.
std::vector<closed_segment> closed_segments(const std::string& folder, const std::string& own_run) {
  std::vector<closed_segment> out;
  for (const auto& run : runs_of(folder)) {
    const std::string path = folder + "/" + run;
    if (run != own_run && run_claim::is_taken(path)) continue;
    auto segments = segments_of(path);
    if (run == own_run && !segments.empty()) segments.erase(std::prev(segments.end()));
    for (const auto& [number, file] : segments) {
      struct stat st {};
      if (::stat(file.c_str(), &st) == 0)
        out.push_back({run, file, st.st_size, st.st_mtim.tv_sec * 1'000'000'000 + st.st_mtim.tv_nsec});
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> remove_old(const settings& s, const std::string& own_run, std::int64_t utc,
                                    std::string& failed) {
  std::vector<std::string> done;
  failed.clear();
  if (s.keep_bytes == 0 && s.keep_age == 0) return done;
  const auto all = closed_segments(s.dir, own_run);
  std::int64_t bytes = 0;
  for (const auto& c : all) bytes += c.bytes;
  std::set<std::string> runs;
  for (const auto& c : all) {
    const bool too_much = s.keep_bytes != 0 && bytes > s.keep_bytes;
    const bool too_old = s.keep_age != 0 && utc - c.changed > s.keep_age;
    if (!too_much && !too_old) break;
    if (::unlink(c.path.c_str()) != 0 && errno != ENOENT) {  // by another engine of this folder
      failed = sdk::cat("cannot remove ", c.path, ": ", std::strerror(errno),
                        "; nothing is removed until it can be, or it is gone");
      break;
    }
    ::unlink((c.path + ".new").c_str());  // of an engine that was killed while it compressed
    bytes -= c.bytes;
    runs.insert(c.run);
    done.push_back(sdk::cat("removed ", c.path, too_old ? ": older than keep_age" : ": more than keep_bytes"));
  }
  for (const auto& run : runs) {
    const std::string path = s.dir + "/" + run;
    if (run == own_run || !segments_of(path).empty()) continue;
    for (const char* name : {"/manifest.json", "/manifest.json.new", "/lock", "/reserve"})
      ::unlink((path + name).c_str());
    ::rmdir(path.c_str());
  }
  return done;
}

housekeeper::housekeeper(settings s, std::string own_run, std::function<std::int64_t()> utc, report r)
    : settings_(std::move(s)), own_run_(std::move(own_run)), utc_(std::move(utc)), report_(std::move(r)) {
  thread_ = std::thread([this] { loop(); });
  ::pthread_setname_np(thread_.native_handle(), "journal-keeper");
}

housekeeper::~housekeeper() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  work_.notify_all();
  thread_.join();
}

void housekeeper::wake() {
  {
    const std::lock_guard lock(mutex_);
    due_ = true;
  }
  work_.notify_all();
}

bool housekeeper::ending() {
  const std::lock_guard lock(mutex_);
  return ending_;
}

void housekeeper::loop() {
  ::setpriority(PRIO_PROCESS, 0, 19);  // on Linux: this thread alone
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      // Age passes without a segment being closed.
      work_.wait_for(lock, std::chrono::minutes(1), [this] { return ending_ || due_; });
      if (ending_) return;
      due_ = false;
    }
    try {
      std::string failed;
      for (const auto& text : remove_old(settings_, own_run_, utc_(), failed)) report_(text, false);
      if (failed != told_ && !failed.empty()) report_(failed, true);
      told_ = std::move(failed);
      if (settings_.compress) compress_all();
    } catch (const std::exception& e) {
      report_(sdk::cat("keeping order failed: ", e.what()), true);
    }
  }
}

void housekeeper::compress_all() {
  for (const auto& c : closed_segments(settings_.dir, own_run_)) {
    if (ending()) return;
    if (!looked_at_.insert(c.path).second) continue;
    if (const auto why = compress(c.path, [this] { return ending(); }); !why.empty())
      report_("cannot compress " + why, true);
  }
}

}  // namespace trapline::journal
