// Turns blocks of events and records into the segments of one run. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "journal/format.hpp"
#include "journal/tables.hpp"

namespace trapline::journal {

// Where the bytes go. All functions return 0 or an errno.
class segment_store {
 public:
  virtual ~segment_store() = default;
  virtual int create(std::uint32_t number) = 0;   // an empty segment, which the others mean from then on
  virtual int write(std::string_view bytes) = 0;  // at the end, all or, after an error, any part
  virtual int truncate(std::uint64_t size) = 0;
  virtual int sync() = 0;  // what was written is on the disk
  virtual int close() = 0;
  virtual int discard() = 0;  // closes it, and it is gone
};

class run_writer {
 public:
  struct settings {
    std::string run_id;
    std::uint64_t segment_bytes = 256 << 20;
    std::function<std::int64_t()> now = [] { return std::int64_t{0}; };  // UTC ns, for headers
    std::function<void(std::uint32_t)> closed = [](std::uint32_t) {};    // a segment has all it will have
  };
  run_writer(segment_store& store, settings s);

  // Each: 0 or an errno; then what was being written is taken back as far as the store allows, and nothing more can be
  // put, but finish() may be tried. Names and instances come before the events that use them.
  int put(block& events);
  int put(const std::vector<record>& records);
  int sync();    // nothing to do if nothing was written since
  int finish();  // closes the segment

  std::uint64_t events() const noexcept { return events_; }
  std::uint64_t bytes() const noexcept { return bytes_; }        // of all segments
  std::uint64_t last_seq() const noexcept { return last_seq_; }  // of the last event that was written
  // Of the last event that is there whatever has failed: after a sync that did, nobody knows of what came since the
  // one before it.
  std::uint64_t sure_seq() const noexcept { return sync_failed_ ? synced_seq_ : last_seq_; }
  std::uint32_t segment() const noexcept { return number_; }

 private:
  struct lives {
    std::map<std::uint32_t, instance_step> running;  // by instance; without the state
    std::map<std::uint32_t, std::uint32_t> ended;    // segment in which it did
  };
  int open_segment();
  int close_segment();
  int seal();
  int append(block& b);
  int add(block& records, const record& r);  // appends them first if the next one would make them too large
  int append(std::string_view bytes);
  void note(const record& r);
  std::vector<record> opening() const;

  segment_store& store_;
  settings settings_;
  tables tables_;
  lives lives_;
  std::set<std::uint32_t> told_;  // instances that the open segment knows
  std::uint32_t number_ = 0;      // of the segment
  bool open_ = false, dirty_ = false;
  bool sealed_ = false;  // the open segment has its index and its trailer
  bool sync_failed_ = false;
  std::uint32_t segment_crc_ = 0;
  std::uint64_t segment_size_ = 0, segment_events_ = 0, opening_size_ = 0;
  std::vector<index_entry> index_;
  std::uint64_t events_ = 0, bytes_ = 0, last_seq_ = 0, synced_seq_ = 0;
};

}  // namespace trapline::journal
