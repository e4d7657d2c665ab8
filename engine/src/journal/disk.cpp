#include "journal/disk.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <exception>
#include <utility>

#include "trapline/abi/event.h"
#include "trapline/sdk/text.hpp"

namespace trapline::journal {

disk::disk(const settings& s, std::string folder, std::string run_id, const time::clock& clock,
           std::function<void(std::uint32_t)> closed, failed f)
    : settings_(s),
      folder_(std::move(folder)),
      clock_(clock),
      on_failure_(std::move(f)),
      store_(folder_),
      writer_(store_, {.run_id = std::move(run_id),
                       .segment_bytes = static_cast<std::uint64_t>(s.segment_bytes),
                       .now = [this] { return clock_.now(); },
                       .closed = std::move(closed)}) {
  for (std::size_t n = 0; n < block_count; ++n)
    free_.push_back(std::make_unique<block>(block_kind::events, block_target + TRAPLINE_EVENT_MAX));
}

disk::~disk() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void disk::run() {
  last_sync_ = machine_.mono();
  thread_ = std::thread([this] { loop(); });
  ::pthread_setname_np(thread_.native_handle(), "journal-disk");
}

std::unique_ptr<block> disk::take(std::int64_t limit) {
  std::unique_lock lock(mutex_);
  room_.wait_for(lock, std::chrono::nanoseconds(limit), [this] { return !free_.empty() || has_failed(); });
  if (free_.empty() || has_failed()) return nullptr;
  auto b = std::move(free_.back());
  free_.pop_back();
  b->clear(block_kind::events);
  return b;
}

void disk::put(std::vector<record> records, std::unique_ptr<block> events) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({std::move(records), std::move(events)});
  }
  work_.notify_one();
}

bool disk::end(std::int64_t limit) {
  if (!thread_.joinable()) return true;
  {
    std::unique_lock lock(mutex_);
    ending_ = true;
    work_.notify_one();
    if (!room_.wait_for(lock, std::chrono::nanoseconds(limit), [this] { return ended_; })) return false;
  }
  thread_.join();
  return true;
}

void disk::loop() {
  try {
    for (;;) {
      batch b;
      {
        std::unique_lock lock(mutex_);
        const auto pause = std::chrono::nanoseconds(
            unsynced_ ? std::max<std::int64_t>(last_sync_ + settings_.sync - machine_.mono(), 0) : 1'000'000'000);
        work_.wait_for(lock, pause, [this] { return !waiting_.empty() || ending_ || (has_failed() && !closed_down_); });
        if (waiting_.empty() && ending_) break;
        if (!waiting_.empty()) {
          b = std::move(waiting_.front());
          waiting_.pop_front();
        }
      }
      write(std::move(b));
      if (unsynced_ && machine_.mono() - last_sync_ >= settings_.sync) sync();
      if (has_failed()) close_down();
    }
    if (!has_failed())
      if (const int e = writer_.finish()) fail(e, "cannot close");
  } catch (const std::exception& e) {
    give_up(sdk::cat("the journal cannot be written: ", e.what()));
  }
  if (has_failed()) close_down();
  tell();
  const std::lock_guard lock(mutex_);
  ended_ = true;
  room_.notify_all();
}

void disk::write(batch b) {
  if (!has_failed() && !b.records.empty()) {
    if (const int e = writer_.put(b.records)) fail(e, "cannot write");
    unsynced_ = true;
  }
  if (!has_failed() && b.events) {
    if (const int e = writer_.put(*b.events)) fail(e, "cannot write");
    unsynced_ = true;
  }
  if (!has_failed()) complete_to_ = writer_.last_seq();
  else if (b.events && b.events->last_seq() > writer_.last_seq())
    dropped_.fetch_add(b.events->count(), std::memory_order_relaxed);
  tell();
  if (!b.events) return;
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(b.events));
  room_.notify_one();
}

void disk::sync() {
  if (!has_failed())
    if (const int e = writer_.sync()) fail(e, "cannot sync");
  unsynced_ = false;
  last_sync_ = machine_.mono();
  syncs_.fetch_add(1, std::memory_order_relaxed);
}

void disk::fail(int error, const char* what) {
  complete_to_ = writer_.sure_seq();
  give_up(sdk::cat(what, " ", folder_, "/", segment_name(writer_.segment()), ": ", std::strerror(error)));
}

void disk::give_up(const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (failed_.exchange(true)) return;
  failure_ = text;
  room_.notify_all();
  work_.notify_one();
}

std::string disk::failure() {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void disk::close_down() {
  if (std::exchange(closed_down_, true)) return;
  tell();
  on_failure_(failure(), complete_to_);
  writer_.finish();  // what is there gets an index, if the disk takes that much
}

void disk::tell() {
  written_seq_.store(writer_.last_seq(), std::memory_order_relaxed);
  bytes_.store(writer_.bytes(), std::memory_order_relaxed);
  events_.store(writer_.events(), std::memory_order_relaxed);
  segment_.store(writer_.segment(), std::memory_order_relaxed);
}

}  // namespace trapline::journal
