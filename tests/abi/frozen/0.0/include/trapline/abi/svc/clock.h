/* Trapline plugin ABI: service `trapline.clock/1`. */
#ifndef TRAPLINE_ABI_SVC_CLOCK_H
#define TRAPLINE_ABI_SVC_CLOCK_H

#include "trapline/abi/plugin.h"

#define TRAPLINE_SERVICE_CLOCK "trapline.clock/1"

typedef struct trapline_clock {
  uint32_t struct_size;
  uint32_t reserved0;

  /* UTC ns. Inside on_events() it stands still at the `ts_recv` of the event being handled (for a
   * batch: of its last event), so that a replay sees the same times; elsewhere it is the engine's clock. [any] */
  int64_t (*now)(const trapline_host* host);

  /* Monotonic ns, for measuring durations and for deadlines of I/O; never for decisions that a replay
   * must repeat. [any] */
  int64_t (*mono)(const trapline_host* host);
} trapline_clock;

#endif
