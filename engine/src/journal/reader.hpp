// Reads the journal of one run: events in ring order, and between them what happened to the instances.
//
// One thread. Reads closed segments (compressed or not), the one that is being written, and what a killed engine left.
// Never writes. Needs memory for one block, the tables of names, and the records of the run.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "journal/records.hpp"
#include "trapline/abi/event.h"

namespace trapline::journal {

// Files of a run in memory, for tests: what tape (tape.hpp) writes.
struct run_image {
  std::string manifest;               // text of manifest.json
  std::vector<std::string> segments;  // bytes of seg-000001.tlj and so on
};

enum class item : std::uint8_t {
  event,    // event()
  step,     // step(): an instance started, began to drain, or ended
  command,  // command(): an operator's command was carried out
  loss,     // lost(): events are missing here. Reading goes on behind the gap
  end       // nothing more now. While the run is `running` a later call may find more
};

class reader {
 public:
  // `path`: a run folder; or a journal folder, of which the newest run is taken; or one segment file of a run. nullptr:
  // `error` says what was expected, what was found and where.
  static std::unique_ptr<reader> open(const std::string& path, std::string& error);
  static std::unique_ptr<reader> open(run_image image, std::string& error);
  ~reader();
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

  // The same run once more, from its beginning, for a second place in it. nullptr: `error` says why not.
  std::unique_ptr<reader> again(std::string& error) const;

  // The run folder; empty for an image.
  const std::string& folder() const noexcept;
  // As it was when the reader was opened, or at the last `end`.
  const manifest& about() const noexcept;

  // The next one in order. Steps and commands come before the first event with seq > after_seq (several at one place in
  // the order in which they happened). While the engine still writes, one may come late: then after_seq says where it
  // belongs.
  item next();
  const trapline_event& event() const noexcept;  // header and payload together, 8-byte aligned; until next()
  const instance_step& step() const noexcept;    // until next()
  const command_step& command() const noexcept;  // until next()
  const journal::loss& lost() const noexcept;    // until next()

  // Names, by the ids that the events of this run carry. All names of the run that were written by the time of open()
  // (or the last `end`) are known, not only those of what was read so far. Ids are dense from 1.
  std::uint32_t topic_count() const noexcept;
  std::uint32_t instrument_count() const noexcept;
  std::string_view topic(std::uint32_t id) const noexcept;             // empty: no such id
  const instrument_name* instrument(std::uint32_t id) const noexcept;  // nullptr: none
  const instance_info* instance(std::uint32_t id) const noexcept;      // of an event's `source`; nullptr: the engine
  std::vector<const instance_info*> instances() const;                 // all, by id
  std::vector<const instance_step*> steps() const;                     // all known, in order: for planning a replay
  const std::vector<lane_loss>& lane_losses() const noexcept;          // all known, of each lane in order

  // Of all segments.
  struct extent {
    std::uint64_t segments = 0, events = 0, bytes = 0;
    std::uint64_t first_seq = 0, last_seq = 0;
    std::int64_t first_ts = 0, last_ts = 0;  // least and greatest ts_recv, UTC ns
    bool written_now = false;                // an engine holds the run
  };
  extent size() const;

  // The next event() is the first with seq >= `seq`, or ts_recv >= `utc_ns`; steps with after_seq < its seq are skipped
  // (steps() has them). False: there is none; then next() says `end`.
  bool seek_seq(std::uint64_t seq);
  bool seek_time(std::int64_t utc_ns);

 private:
  struct impl;
  explicit reader(std::unique_ptr<impl> i);
  std::unique_ptr<impl> impl_;
};

}  // namespace trapline::journal
