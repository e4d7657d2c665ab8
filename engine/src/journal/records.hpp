// What a journal says beside the events themselves: about the run, and about the instances that made and received them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace trapline::journal {

inline constexpr std::uint32_t format_version = 1;

// `running`: it is being written, or its engine was killed and nobody has looked at it since. `ended`: the engine
// stopped in order and everything is there. `recovered`: its engine was killed; all up to `complete_to` is there.
// `degraded`, `halted`: it could not be written any more, and the engine went on without it, or stopped.
enum class run_state : std::uint8_t { running, ended, recovered, degraded, halted };
std::string_view name_of(run_state s) noexcept;

// The manifest of a run: `<run folder>/manifest.json`. Nothing in it, and nothing else in a journal, is a secret.
struct manifest {
  std::uint32_t format = format_version;
  std::uint32_t abi_major = 0, abi_minor = 0;
  std::string run_id;       // 20261123-104812.123456789-4711: UTC when it began, process
  std::string engine;       // its name
  std::string program;      // version of Trapline
  std::string build_id;     // of the program's file, hex; empty if it has none
  std::string config_json;  // the configuration as read, as JSON, passwords in URLs and known secrets blanked
  std::string config_sha256;
  std::int64_t anchor_utc = 0, anchor_mono = 0;  // ns, both clocks at the same moment
  std::vector<std::string> left_out;             // topic patterns whose events are not in the journal

  run_state state = run_state::running;
  std::string reason;             // why it is halted or degraded, or what recovery did
  std::uint64_t complete_to = 0;  // seq of the last event that is there, once the run is over; 0: none
  std::uint64_t lost_events = 0;  // known to be missing after it; 0 also if nobody knows
};

// Who an instance is. The id is the `source` of its events and is never used again within a run.
struct instance_info {
  std::uint32_t id = 0;
  std::string name;                     // "traps"; a successor has the same
  std::string plugin, version, sha256;  // of its file; sha256 is empty for what is part of the program
  std::string use;                      // what it was loaded from; empty for what is part of the program
  std::string lane;
  std::uint32_t flags = 0;     // TRAPLINE_PLUGIN_*
  bool driver = false;         // it drove its lane
  std::string options = "{}";  // checked, every option present, as configure() got it; secrets are not among them
};

// What a predecessor passed on (trapline.state/1) to an instance before it started.
struct carried_state {
  std::string format;
  std::uint32_t version = 0;
  std::string bytes;
  bool withheld = false;  // it is not here, `bytes` is empty: it held a secret, or stood in a segment that is gone
};

// Recorded events that an instance got, unheard, before it took another's place: those with from_seq <= seq <=
// after_seq of its step. Its start() took `began` for now.
struct warmth {
  std::int64_t began = 0;        // UTC ns
  std::uint64_t from_seq = 0;    // the first event of the span
  std::uint64_t joined_seq = 0;  // events up to here are the journal's; those after it are as its lane had them, with
                                 // what the lane lost
};

enum class phase : std::uint8_t { started, draining, ended };

// A step in the life of an instance, at its exact place in what its lane saw: what it had been handed before the step
// has seq <= after_seq, what it is handed afterwards has seq > after_seq.
struct instance_step {
  phase what = phase::started;
  std::uint32_t id = 0;
  std::uint32_t life = 1;       // 1 the first time; rises each time that it is made anew after a fault
  std::uint64_t after_seq = 0;  // of the last event that its lane had handed out; 0: none yet
  std::int64_t at = 0;          // UTC ns, as its clock said outside events (start() may ask for it)

  // Of `started`:
  std::uint32_t order = 0;        // how many instances of its lane are called before it
  std::uint32_t in_place_of = 0;  // id of the one whose place it took; that one gets no events from here on
  std::shared_ptr<const carried_state> state{};  // nullptr: it began with nothing. Once, never repeated
  std::shared_ptr<const warmth> warm{};          // nullptr: it was not warmed up

  // Of `ended`: "stopped"; "faulted": from here on nothing calls it, and after_seq is the event that it was in, if it
  // faulted in a callback, else about where its lane was.
  std::string how{};
};

// A command that an operator gave to an instance (trapline.command/1), at its place as above.
struct command_step {
  std::uint32_t id = 0, life = 1;
  std::uint64_t after_seq = 0;
  std::int64_t at = 0;
  std::string name;
  std::string args;       // JSON object
  bool withheld = false;  // the arguments may hold a secret, so they are not here
  std::int32_t status = 0;
};

// Events that are here and that one lane did not get: it was lapped (overflow `lag`), and its instances were told so by
// a GAP before the first event with seq > to_seq. With `conflated` (overflow `conflate`) only that: from about to_seq
// on its instances did not get every event.
struct lane_loss {
  std::string lane;
  std::uint64_t from_seq = 0, to_seq = 0;  // both included
  std::uint64_t events = 0;
  bool conflated = false;
};

// Events that were on the bus and are not in the journal, or are not readable.
struct loss {
  std::uint64_t from_seq = 0, to_seq = 0;  // both included; 0: not known
  std::string text;                        // what happened and where, for people
};

struct instrument_name {
  std::string venue, symbol;
};

}  // namespace trapline::journal
