// A journal in memory, for tests and tools: what is put on it comes out of a reader as from files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "journal/reader.hpp"
#include "journal/records.hpp"
#include "trapline/abi/event.h"

namespace trapline::journal {

class tape {
 public:
  // `block`: bytes of events after which a block ends. `segment`: bytes after which a segment ends.
  explicit tape(manifest about = {}, std::size_t block = 256 << 10, std::uint64_t segment = 256 << 20);
  ~tape();
  tape(const tape&) = delete;
  tape& operator=(const tape&) = delete;

  // The id of a name; the next free one for a name that is new.
  std::uint32_t topic(std::string_view name);
  std::uint32_t instrument(std::string_view venue, std::string_view symbol);
  void add(const instance_info& i);  // before its first event or step

  // `e` is followed by its payload, e.size says how long both are. seq must rise.
  void put(const trapline_event& e);
  void put(const instance_step& s);
  void put(const command_step& c);
  void put(const lane_loss& l);

  // Ends the run and gives its files away.
  run_image finish(run_state state = run_state::ended);
  // The same, read at once. Throws std::logic_error if it cannot be read.
  std::unique_ptr<reader> read();

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace trapline::journal
