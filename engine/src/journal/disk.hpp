// The thread that brings blocks to the disk. Between it and the lane that fills them stands a fixed number of blocks,
// so that a disk that pauses holds nobody up at once, and one that stops does so after a known amount of memory.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "journal/run_files.hpp"
#include "journal/run_writer.hpp"
#include "journal/settings.hpp"
#include "time/clock.hpp"

namespace trapline::journal {

class disk {
 public:
  static constexpr std::size_t block_count = 32;

  // Nothing more can be written: `text` for people; all events up to `complete_to` are there. Called once, on this
  // object's thread, and before it closes what there is.
  using failed = std::function<void(const std::string& text, std::uint64_t complete_to)>;
  disk(const settings& s, std::string folder, std::string run_id, const time::clock& clock,
       std::function<void(std::uint32_t)> closed, failed f);
  ~disk();

  void run();
  // An empty block, or nullptr if none has come back within `limit` ns, or after a failure.
  std::unique_ptr<block> take(std::int64_t limit);
  // In order: first the records, then the events.
  void put(std::vector<record> records, std::unique_ptr<block> events);
  // Everything that was put is written and the segment closed. False: it takes longer than `limit` ns, and this object
  // must outlive its thread.
  bool end(std::int64_t limit);

  // From now on nothing is written. Without effect after a failure. [any]
  void give_up(const std::string& text);
  std::string failure();  // why it has failed
  bool has_failed() const noexcept { return failed_.load(std::memory_order_acquire); }
  // Of what is written, and safe from a kill of the process; on the disk at the latest one sync interval afterwards.
  std::uint64_t written_seq() const noexcept { return written_seq_.load(std::memory_order_relaxed); }
  std::uint64_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  std::uint64_t events() const noexcept { return events_.load(std::memory_order_relaxed); }
  std::uint32_t segment() const noexcept { return segment_.load(std::memory_order_relaxed); }
  // Events that were put and are not written, because it has failed.
  std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }
  std::uint64_t syncs() const noexcept { return syncs_.load(std::memory_order_relaxed); }

 private:
  struct batch {
    std::vector<record> records;
    std::unique_ptr<block> events;
  };
  void loop();
  void write(batch b);
  void sync();
  void fail(int error, const char* what);
  void close_down();
  void tell();

  const settings settings_;
  const std::string folder_;
  const time::clock& clock_;
  const time::system_clock machine_{};  // when to sync: the host's clock may stand still or jump
  failed on_failure_;
  file_store store_;
  run_writer writer_;

  std::mutex mutex_;
  std::condition_variable work_, room_;
  std::deque<batch> waiting_;
  std::vector<std::unique_ptr<block>> free_;
  bool ending_ = false, ended_ = false;
  std::string failure_;

  // Of the thread.
  std::int64_t last_sync_ = 0;  // mono
  std::uint64_t complete_to_ = 0;
  bool unsynced_ = false, closed_down_ = false;
  std::atomic<bool> failed_{false};
  std::atomic<std::uint64_t> written_seq_{0}, bytes_{0}, events_{0}, syncs_{0}, dropped_{0};
  std::atomic<std::uint32_t> segment_{0};
  std::thread thread_;
};

}  // namespace trapline::journal
