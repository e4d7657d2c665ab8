// Warms an instance up from the engine's journal before it takes another's place, while that one goes on.
//
// The control thread reads the journal; the lane hands over what was read between its own events, a fraction of a
// millisecond at a time. Where the journal has been read to its end the lane's events are put aside as well, so that
// each event of the lane comes exactly once: read from the journal up to there, put aside from there on.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "journal/reader.hpp"
#include "journal/recorder.hpp"
#include "plugin/instance.hpp"
#include "supervise/lifecycle.hpp"

namespace trapline::supervise {

struct warming_outcome {
  start_result result = start_result::refused;  // `running`: unheard, and exchange() may follow at once
  std::string why;                              // not `running`
  std::shared_ptr<const journal::warmth> warm;  // for exchange()
  std::int64_t covered = 0;                     // ns of the span that the journal reaches back
  std::int64_t took = 0;                        // ns
};

// `fresh` is configured and has a place on the lane of `old`. Gives it what happened in the `span` (ns) before now.
// If that cannot be done nothing of it is left on the lane, and it must not be started any more. With `hangs` it may
// not be touched. Gives up when `hurry`. [control]
warming_outcome warm_up(plugin::instance& old, plugin::instance& fresh, journal::reader& from,
                        journal::recorder& recorder, std::int64_t span, const std::atomic<bool>& hurry);

// Hands over what has been put aside since. False: as above; `o` says why. [control]
bool catch_up(plugin::instance& fresh, const std::atomic<bool>& hurry, warming_outcome& o);

// The fresh one is not wanted after all. False: its lane hangs. [control]
bool end_warm_up(plugin::instance& fresh);

}  // namespace trapline::supervise
