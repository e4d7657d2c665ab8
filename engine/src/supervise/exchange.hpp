// One instance takes another's place on its lane.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "journal/records.hpp"
#include "plugin/instance.hpp"
#include "supervise/lifecycle.hpp"

namespace trapline::supervise {

// How the fresh one begins.
struct exchange_terms {
  bool carry_state = true;  // with what the old one knows, if both can
  bool or_not_yet = false;  // if it would begin without: not yet
  // With what it saw while it was warmed up (supervise/warming.hpp): it runs already, unheard.
  std::shared_ptr<const journal::warmth> warm = nullptr;
};

struct exchange_outcome {
  start_result result = start_result::refused;  // of the fresh one
  bool old_stopped = false;                     // it was stopped before the fresh one started
  bool drained = true;                          // the old one, if it was stopped first
  bool not_yet = false;                         // nothing was done: it would begin cold, or has not caught up
  std::string why;                              // not `running`
  std::string state = "none";                   // "none", "carried over, N bytes", or why it was not
  std::uint64_t last_seq = 0;                   // the old one has seen events up to this one, the fresh one those after
  std::int64_t pause = 0;                       // ns in which the lane did nothing else
  std::uint64_t warm_events = 0, warm_gaps = 0, unheard = 0;  // of a warm-up: what it saw, and said in vain
};

// Between two events on their lane: what the old one knows is passed on, the fresh one
// starts and is called in the old one's place from then on. The old one is not stopped: that is the caller's, who may
// drain it first. If the fresh one does not start, nothing has changed.
//
// An instance that drives the lane cannot run beside another one, and it holds sockets that its successor wants: then
// the old one is drained, until `deadline` or `hurry`, and stopped first. If the fresh one does not start, nobody runs.
//
// `fresh` is configured and has a place on the lane. With `hangs`, neither may be touched any more. [control]
exchange_outcome exchange(plugin::instance& old, plugin::instance& fresh, const exchange_terms& terms,
                          steady::time_point deadline, const std::atomic<bool>& hurry);

}  // namespace trapline::supervise
