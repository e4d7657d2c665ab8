/* Trapline plugin ABI: service `trapline.timer/1`. */
#ifndef TRAPLINE_ABI_SVC_TIMER_H
#define TRAPLINE_ABI_SVC_TIMER_H

#include "trapline/abi/plugin.h"

#define TRAPLINE_SERVICE_TIMER "trapline.timer/1"

/* Members without a mark: since 0.0. */
typedef struct trapline_timer {
  uint32_t struct_size; /* of the host's table */
  uint32_t reserved0;

  /* Sets a timer and writes its id, unique within the lane, to `*timer_id`; `cookie` is the plugin's own. First due at
   * `at` (UTC ns; a past time = at once), then every `period` ns (0 = once). Expiry arrives as a TRAPLINE_EVENT_TIMER
   * in the stream, no subscription needed; periods that passed while the lane was busy are skipped, not queued. stop()
   * cancels all. [lane] States: in start() or later. INVALID: a negative period. LIMIT: 1,024 timers of the instance.
   * STATE: another thread. NOMEM. */
  trapline_status (*set)(const trapline_host* host, int64_t at, int64_t period, uint64_t cookie, uint64_t* timer_id);

  /* Cancels. An expiry already in the stream is not delivered any more. [lane] NOT_FOUND: it was a one-shot and has
   * been delivered, or is no timer of this instance. STATE: another thread. */
  trapline_status (*cancel)(const trapline_host* host, uint64_t timer_id);
} trapline_timer;

#endif
