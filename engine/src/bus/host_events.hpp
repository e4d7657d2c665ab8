// Events that a lane makes itself, not the bus.
#pragma once

#include "bus/ring.hpp"
#include "time/timers.hpp"
#include "trapline/abi/event.h"
#include "trapline/abi/system.h"

namespace trapline::bus {

struct gap_event {
  trapline_event head{};
  trapline_gap gap{};
};

// Tells an instance what its lane did not get before an event of `ts_recv`, UTC ns.
inline gap_event make_gap(const loss& lost, std::int64_t ts_recv) noexcept {
  gap_event g;
  g.head.size = sizeof g;
  g.head.type = TRAPLINE_EVENT_GAP;
  g.head.seq = lost.to_seq;
  g.head.ts_event = g.head.ts_recv = ts_recv;
  g.gap.channel = TRAPLINE_GAP_BUS;
  g.gap.reason = TRAPLINE_GAP_OVERRUN;
  g.gap.lost = lost.events;
  g.gap.from_seq = lost.from_seq;
  g.gap.to_seq = lost.to_seq;
  return g;
}

struct expiry_event {
  trapline_event head{};
  trapline_timer_event timer{};
};

// For timers that are not due by the bus's clock: at `now`, UTC ns, behind the event `after_seq`.
inline expiry_event make_expiry(const time::timers::expiry& due, std::uint32_t topic, std::uint64_t after_seq,
                                std::int64_t now) noexcept {
  expiry_event x;
  x.head.size = sizeof x;
  x.head.type = TRAPLINE_EVENT_TIMER;
  x.head.topic = topic;
  x.head.seq = after_seq;
  x.head.ts_event = x.head.ts_recv = now;
  x.timer.timer_id = due.id;
  x.timer.cookie = due.cookie;
  x.timer.due_ts = due.due;
  x.timer.instance = due.instance;
  return x;
}

}  // namespace trapline::bus
