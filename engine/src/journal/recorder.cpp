#include "journal/recorder.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <filesystem>

#include "journal/recovery.hpp"
#include "trapline/abi/system.h"
#include "trapline/abi/version.h"
#include "trapline/sdk/text.hpp"

namespace trapline::journal {
namespace {

namespace fs = std::filesystem;
constexpr std::int64_t microsecond = 1'000, millisecond = 1'000'000;
constexpr std::size_t events_at_once = 1024;  // between two looks at the clock
// Kept free on the disk for what must be written when it is full: the manifest and an index.
constexpr off_t reserve_bytes = 128 << 10;
constexpr const char* reserve_name = "/reserve";

// A quarter of the ring must pass before the next look, at 1 GB/s.
std::int64_t pause_for(std::size_t ring_bytes) {
  return std::clamp<std::int64_t>(static_cast<std::int64_t>(ring_bytes) / 4, 100 * microsecond, 5 * millisecond);
}

// 20261123-104812.123456789-4711, UTC.
std::string run_id_at(std::int64_t utc) {
  const std::time_t seconds = utc / 1'000'000'000;
  std::tm t{};
  ::gmtime_r(&seconds, &t);
  char text[64];
  std::snprintf(text, sizeof text, "%04d%02d%02d-%02d%02d%02d.%09lld-%d", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday,
                t.tm_hour, t.tm_min, t.tm_sec, static_cast<long long>(utc % 1'000'000'000),
                static_cast<int>(::getpid()));
  return text;
}

}  // namespace

recorder::recorder(runtime& rt, settings s, std::int64_t stall_limit)
    : rt_(rt),
      settings_(std::move(s)),
      stall_limit_(stall_limit),
      pause_(pause_for(rt.ring.bytes())),
      reader_(rt.ring.add_reader(bus::overflow::gate, nullptr)) {}

recorder::~recorder() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

// ---------------------------------------------------------------- beginning and end

// Empty, or why there is no folder to write to.
std::string recorder::make_folder() {
  std::error_code ec;
  fs::create_directories(settings_.dir, ec);
  if (ec) return sdk::cat("cannot create ", settings_.dir, ": ", ec.message());
  for (const auto& text : recover_all(settings_.dir)) rt_.log.warn("journal: " + text);
  about_.anchor_utc = rt_.clock.now();
  about_.anchor_mono = rt_.clock.mono();
  std::string folder;
  int e = 0;
  // The host's clock may stand still, so that two runs of a process begin at the same time.
  for (std::int64_t at = about_.anchor_utc;; ++at) {
    about_.run_id = run_id_at(at);
    folder = settings_.dir + "/" + about_.run_id;
    e = ::mkdir(folder.c_str(), 0700) == 0 ? 0 : errno;
    if (e != EEXIST) break;
  }
  if (e != 0) return sdk::cat("cannot create ", folder, ": ", std::strerror(e));
  auto why = furnish(folder);
  if (why.empty()) {
    folder_ = folder;
    return {};
  }
  // Nobody would know it for a run's.
  claim_.release();
  for (const char* name : {"/manifest.json", reserve_name, "/lock"}) ::unlink((folder + name).c_str());
  ::rmdir(folder.c_str());
  return why;
}

// Empty, or what could not be laid into the new folder.
std::string recorder::furnish(const std::string& folder) {
  if (!claim_.take(folder)) return sdk::cat("cannot lock ", folder, "/lock: ", std::strerror(errno));
  const int fd = ::open((folder + reserve_name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const int e = fd < 0 ? errno : ::posix_fallocate(fd, 0, reserve_bytes);
  if (fd >= 0) ::close(fd);
  if (e != 0) return sdk::cat("cannot write to ", folder, ": ", std::strerror(e));
  return write_atomically(folder + "/" + manifest_name, manifest_text(about_));
}

std::string recorder::start(manifest about) {
  about_ = std::move(about);
  about_.abi_major = TRAPLINE_ABI_MAJOR;
  about_.abi_minor = TRAPLINE_ABI_MINOR;
  about_.left_out = settings_.leave_out;
  lost_total_ = rt_.metrics.counter("engine", "journal_lost_events_total", {});
  const auto why = make_folder();
  if (!why.empty() && settings_.halt_on_full) return why;
  const auto report = [this](const std::string& text, bool is_error) {
    is_error ? rt_.log.error("journal: " + text) : rt_.log.info("journal: " + text);
  };
  housekeeper_ = std::make_unique<housekeeper>(
      settings_, about_.run_id, [this] { return machine_.now(); }, report);  // files have the machine's time
  disk_ = std::make_unique<disk>(
      settings_, folder_, about_.run_id, rt_.clock, [this](std::uint32_t) { housekeeper_->wake(); },
      [this](const std::string& text, std::uint64_t seq) { on_failure(text, seq); });
  if (!why.empty()) disk_->give_up(why);
  disk_->run();
  if (why.empty()) rt_.log.info("journal: writes to " + folder_);
  thread_ = std::thread([this] { collect(); });
  ::pthread_setname_np(thread_.native_handle(), "journal");
  return {};
}

bool recorder::end(std::int64_t limit) {
  if (!thread_.joinable()) return true;
  const std::int64_t deadline = machine_.mono() + limit;
  {
    std::unique_lock lock(mutex_);
    ending_ = true;
    wake_.notify_all();
    if (!wake_.wait_for(lock, std::chrono::nanoseconds(limit), [this] { return collected_; })) return false;
  }
  // One that has failed has nothing to write but its last words.
  const std::int64_t left = std::max<std::int64_t>(deadline - machine_.mono(), 0);
  if (!disk_->end(disk_->has_failed() ? std::min(left, 1'000 * millisecond) : left)) return false;
  thread_.join();
  housekeeper_.reset();
  if (!folder_.empty()) ::unlink((folder_ + reserve_name).c_str());  // the manifest is what it was kept for
  if (discarding_ && lost_total_) std::atomic_ref(*lost_total_).store(lost(), std::memory_order_relaxed);
  {
    const std::lock_guard lock(mutex_);
    about_.lost_events = lost();
    if (about_.state == run_state::running) {
      about_.state = run_state::ended;
      about_.complete_to = disk_->written_seq();
    }
  }
  write_manifest();
  claim_.release();
  return true;
}

void recorder::write_manifest() {
  std::string text;
  {
    const std::lock_guard lock(mutex_);
    if (folder_.empty()) return;
    text = manifest_text(about_);
  }
  if (const auto why = write_atomically(folder_ + "/" + manifest_name, text); !why.empty())
    rt_.log.error("journal: " + why);
}

// Under the lock.
void recorder::set_failed(const std::string& text, std::uint64_t complete_to) {
  about_.state = settings_.halt_on_full ? run_state::halted : run_state::degraded;
  about_.reason = text;
  about_.complete_to = complete_to;
}

// On the disk's thread.
void recorder::on_failure(const std::string& text, std::uint64_t complete_to) {
  {
    const std::lock_guard lock(mutex_);
    set_failed(text, complete_to);
  }
  if (folder_.empty()) return;
  ::unlink((folder_ + reserve_name).c_str());
  write_manifest();
}

// What the lane did not hand over, and what the disk's thread did not write.
std::uint64_t recorder::lost() const { return lost_.load(std::memory_order_relaxed) + disk_->dropped(); }

recorder::status recorder::now() const {
  status s;
  if (!disk_) return s;
  s.events = disk_->events();
  s.bytes = disk_->bytes();
  s.written_seq = disk_->written_seq();
  s.segment = disk_->segment();
  s.lost = lost();
  const std::uint64_t position = reader_.position();
  s.lag_bytes = (rt_.ring.tail() - position) * bus::line_size;
  const std::lock_guard lock(mutex_);
  s.folder = folder_;
  s.state = name_of(about_.state);
  s.reason = about_.reason;
  return s;
}

std::string recorder::failure() const {
  const std::lock_guard lock(mutex_);
  return about_.state == run_state::degraded || about_.state == run_state::halted ? about_.reason : std::string();
}

// ---------------------------------------------------------------- the lane

void recorder::collect() {
  for (bool goes_on = true; goes_on;) try {
      goes_on = turn();
    } catch (const std::exception& e) {  // out of memory
      disk_->give_up(sdk::cat("the journal has failed: ", e.what()));
      go_without();
    }
  const std::lock_guard lock(mutex_);
  collected_ = true;
  wake_.notify_all();
}

// False: the ring is closed and nothing is left on it.
bool recorder::turn() {
  bool ending = false;
  {
    const std::lock_guard lock(mutex_);
    ending = ending_;
  }
  const std::size_t n = copy_events();
  if (disk_->has_failed()) go_without();
  if (discarding_) announce();
  const bool waits = block_ && !block_->empty();
  if (!waits) given_seq_.store(seen_seq_, std::memory_order_release);
  const bool soon = flush_soon_.exchange(false, std::memory_order_relaxed);
  if ((waits && (soon || machine_.mono() - block_since_ >= settings_.sync)) || (!waits && life_.any())) flush();
  if (n > 0) return true;
  if (ending && reader_.position() == rt_.ring.tail()) {
    flush();
    return false;
  }
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, std::chrono::nanoseconds(pause_), [&] { return ending_ && !ending; });
  return true;
}

// Takes what is on the bus; returns how many events.
std::size_t recorder::copy_events() {
  std::size_t n = 0;
  for (; n < events_at_once; ++n) {
    const trapline_event* e = reader_.peek();
    if (!e) break;
    if (!discarding_ && !(leaves_out(e->topic))) {
      if (block_ && block_->size() + e->size > block_target) flush();
      if (!block_ && !(block_ = disk_->take(stall_limit_))) {
        if (!disk_->has_failed())
          disk_->give_up(
              sdk::cat("the disk of ", folder_, " has taken nothing for ", stall_limit_ / 1'000'000'000, " s"));
        go_without();
      }
      if (block_) {
        if (block_->empty()) block_since_ = machine_.mono();
        block_->add(*e);
        kept_seq_ = e->seq;
      }
    }
    seen_seq_ = e->seq;
    if (discarding_) lost_.fetch_add(1, std::memory_order_relaxed);
    reader_.advance();
  }
  if (discarding_ && n > 0 && lost_total_) std::atomic_ref(*lost_total_).store(lost(), std::memory_order_relaxed);
  return n;
}

// Names and instances first: whatever the events of the block refer to was known before they were published.
void recorder::flush() {
  auto records = fresh_names();
  for (auto& r : life_.take()) records.push_back(std::move(r));
  if (discarding_) return;
  if (block_ && block_->empty()) block_.reset();
  if (!records.empty() || block_) disk_->put(std::move(records), std::move(block_));
  given_kept_seq_.store(kept_seq_, std::memory_order_relaxed);
  given_seq_.store(seen_seq_, std::memory_order_release);
}

bool recorder::holds(std::uint64_t seq) const noexcept {
  return disk_ && given_seq_.load(std::memory_order_acquire) >= seq &&
         disk_->written_seq() >= given_kept_seq_.load(std::memory_order_relaxed);
}

std::vector<record> recorder::fresh_names() {
  std::vector<record> out;
  topic_names topics{topics_told_ + 1, {}};
  for (; topics_told_ < rt_.names.topic_count(); ++topics_told_)
    topics.names.emplace_back(rt_.names.topic_name(topics_told_ + 1));
  instrument_names instruments{instruments_told_ + 1, {}};
  for (; instruments_told_ < rt_.names.instrument_count(); ++instruments_told_) {
    const auto [venue, symbol] = rt_.names.instrument_name(instruments_told_ + 1);
    instruments.names.push_back({std::string(venue), std::string(symbol)});
  }
  if (!topics.names.empty()) out.push_back(std::move(topics));
  if (!instruments.names.empty()) out.push_back(std::move(instruments));
  return out;
}

bool recorder::leaves_out(std::uint32_t topic) {
  if (settings_.leave_out.empty()) return false;
  if (topic >= left_out_.size()) left_out_.resize(topic + 64);
  auto& known = left_out_[topic];
  if (known == 0) {
    const auto name = rt_.names.topic_name(topic);
    const bool out = std::any_of(settings_.leave_out.begin(), settings_.leave_out.end(),
                                 [&](const auto& pattern) { return bus::matches(pattern, name); });
    known = out ? 2 : 1;
  }
  return known == 2;
}

// ---------------------------------------------------------------- when it cannot be written

// From now on the lane only steps over what is on the bus, so that it holds nobody up.
void recorder::go_without() {
  if (discarding_.exchange(true)) return;
  if (block_) lost_.fetch_add(block_->count(), std::memory_order_relaxed);
  block_.reset();
  // The disk's thread says the same, and writes it down; it may be the one that hangs.
  const std::lock_guard lock(mutex_);
  if (about_.state == run_state::running) set_failed(disk_->failure(), disk_->written_seq());
}

void recorder::announce() {
  if (announced_) return;
  const std::string reason = rt_.redacted(disk_->failure());
  const std::string text =
      settings_.halt_on_full
          ? sdk::cat("the journal cannot be written, so the engine stops (on_full: halt): ", reason)
          : sdk::cat("the journal ends here, this run cannot be replayed from its end on (on_full: degrade): ", reason);
  trapline_health_event h{};
  sdk::assign(h.instance, "journal");
  h.state = TRAPLINE_HEALTH_FAILED;
  h.code = TRAPLINE_E_IO;
  sdk::assign(h.text, text);
  // A full bus would lose it; the lanes will have made room the next time.
  if (rt_.publish(TRAPLINE_EVENT_HEALTH, rt_.topic_health, &h, sizeof h) == TRAPLINE_E_AGAIN) return;
  announced_ = true;
  rt_.log.error("journal: " + text);
  if (auto* g = rt_.metrics.gauge("engine", "journal_degraded", {}))
    std::atomic_ref(*g).store(1, std::memory_order_relaxed);
  if (settings_.halt_on_full) rt_.request_stop(stop_kind::journal, text);
}

}  // namespace trapline::journal
