/* Trapline plugin ABI: service `trapline.clock/1`. */
#ifndef TRAPLINE_ABI_SVC_CLOCK_H
#define TRAPLINE_ABI_SVC_CLOCK_H

#include "trapline/abi/plugin.h"

#define TRAPLINE_SERVICE_CLOCK "trapline.clock/1"

/* Members without a mark: since 0.0. */
typedef struct trapline_clock {
  uint32_t struct_size; /* of the host's table */
  uint32_t reserved0;

  /* UTC ns. Inside on_events() it stands still at the `ts_recv` of the event being handled (for a
   * batch: of its last event), so that a replay sees the same times; elsewhere, and on
   * the plugin's own threads, it is the engine's clock. [any] Cannot fail. */
  int64_t (*now)(const trapline_host* host);

  /* Monotonic ns, for measuring durations and for deadlines of I/O; never for decisions that a replay
   * must repeat. [any] Cannot fail. */
  int64_t (*mono)(const trapline_host* host);
} trapline_clock;

#endif
