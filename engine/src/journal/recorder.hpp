// The journal of a running engine: a lane of its own that copies every event off the bus, a thread that writes, and
// what is done when it cannot.
//
// The lane's policy is `gate`: what any detector saw is in the journal, in the bus's order. It wakes up by the clock,
// so that publishers never pay for waking it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "journal/disk.hpp"
#include "journal/housekeeper.hpp"
#include "journal/life_log.hpp"
#include "journal/records.hpp"
#include "journal/run_files.hpp"
#include "journal/settings.hpp"
#include "runtime.hpp"

namespace trapline::journal {

class recorder {
 public:
  // Adds a reader to the ring: before it has wrapped once. Writes nothing yet. `stall_limit`: ns for which the disk may
  // take nothing before it counts as failed.
  recorder(runtime& rt, settings s, std::int64_t stall_limit);
  ~recorder();
  recorder(const recorder&) = delete;
  recorder& operator=(const recorder&) = delete;

  // Recovers what killed engines left in the folder, makes a new run and begins to write. `about`: what the caller
  // knows of the run; the rest is filled in. Empty: done, or `on_full: degrade` and it goes on without. Else why not.
  std::string start(manifest about);
  // Writes what is left on the bus and closes the run. The ring is closed already. False: the disk hangs, and this
  // object must outlive its threads.
  bool end(std::int64_t limit);

  life_log& life() noexcept { return life_; }
  // What is known of the run: its folder, how far it is, what went wrong. [any]
  struct status {
    std::string folder, state, reason;
    std::uint64_t events = 0, bytes = 0, written_seq = 0, lag_bytes = 0, lost = 0;
    std::uint32_t segment = 0;
  };
  status now() const;
  // Why it is not written any more; empty: it is. [any]
  std::string failure() const;
  // Whether all events up to `seq` that the journal keeps are in its files, where a reader finds them. [any]
  bool holds(std::uint64_t seq) const noexcept;
  // What was collected goes to the files now, not when `sync` has passed. [any]
  void flush_soon() noexcept { flush_soon_.store(true, std::memory_order_relaxed); }

 private:
  void collect();
  bool turn();
  std::size_t copy_events();
  void flush();
  void go_without();
  void announce();
  bool leaves_out(std::uint32_t topic);
  std::vector<record> fresh_names();
  std::string make_folder();
  std::string furnish(const std::string& folder);
  void set_failed(const std::string& text, std::uint64_t complete_to);
  void on_failure(const std::string& text, std::uint64_t complete_to);
  void write_manifest();
  std::uint64_t lost() const;

  runtime& rt_;
  const time::system_clock machine_{};  // what is waited for on a disk; the host's clock may stand still or jump
  const settings settings_;
  const std::int64_t stall_limit_, pause_;
  bus::ring::reader& reader_;
  life_log life_;
  run_claim claim_;
  std::unique_ptr<housekeeper> housekeeper_;
  std::unique_ptr<disk> disk_;

  // Of the lane's thread.
  std::unique_ptr<block> block_;
  std::int64_t block_since_ = 0;  // mono
  std::uint32_t topics_told_ = 0, instruments_told_ = 0;
  std::vector<std::uint8_t> left_out_;  // by topic: 0 not looked at yet, 1 kept, 2 left out
  bool announced_ = false;
  std::uint64_t seen_seq_ = 0;  // of the last event that was taken off the bus
  std::uint64_t kept_seq_ = 0;  // and of the last one of them that was not left out

  std::atomic<bool> discarding_{false};
  std::atomic<bool> flush_soon_{false};
  std::atomic<std::uint64_t> lost_{0};
  // All up to `given_seq_` that is kept was given to the disk, and the last of it is `given_kept_seq_`, which is
  // written first.
  std::atomic<std::uint64_t> given_seq_{0}, given_kept_seq_{0};
  std::uint64_t* lost_total_ = nullptr;  // the metric
  mutable std::mutex mutex_;             // over what follows
  std::condition_variable wake_;
  bool ending_ = false, collected_ = false;
  manifest about_;
  std::string folder_;
  std::thread thread_;
};

}  // namespace trapline::journal
