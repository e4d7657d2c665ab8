// What a replay says while it runs, to whom it may concern.
#pragma once

#include <cstdint>
#include <string>

#include "journal/records.hpp"
#include "trapline/abi/event.h"

namespace trapline::replay {

// Who is replayed: one recorded instance, or, with another plugin in its place, all that had its name.
struct role {
  std::uint32_t id = 0;  // of the first of them; the source of what is replayed
  std::string name;      // "traps"
  std::string plugin;    // id and version of what is replayed: "trap_detector 0.1.0"
};

enum class remark_kind {
  note,       // for people; says nothing about whether the replay is as the recording
  difference  // it is not
};

class audience {
 public:
  virtual ~audience() = default;
  // The recording has an event of a replayed instance. It and what `r` refers to live until the call returns.
  virtual void recorded(const role& r, const trapline_event& e) = 0;
  // The replay has published one. `seq` and stamped clocks are the replay's own; `cause` is a seq of the recording.
  virtual void published(const role& r, const trapline_event& e) = 0;
  // Something else than an event. `seq`: of the recorded event before or in which it happened.
  virtual void remark(const role& r, remark_kind k, std::uint64_t seq, const std::string& text) = 0;
  // From here on an instance no longer gets what it got when it was recorded.
  virtual void lost_track(const role& r, std::uint64_t seq, const std::string& why) = 0;
};

}  // namespace trapline::replay
