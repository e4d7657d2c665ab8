/* Trapline plugin ABI: service `trapline.health/1`. */
#ifndef TRAPLINE_ABI_SVC_HEALTH_H
#define TRAPLINE_ABI_SVC_HEALTH_H

#include "trapline/abi/plugin.h"
#include "trapline/abi/system.h"

#define TRAPLINE_SERVICE_HEALTH "trapline.health/1"

/* Members without a mark: since 0.0. */
typedef struct trapline_health {
  uint32_t struct_size; /* of the host's table */
  uint32_t reserved0;

  /* Sets the health of the instance (TRAPLINE_HEALTH_*) with a reason for people; `code` is the plugin's own, 0 = none.
   * A change of state is logged and published as TRAPLINE_EVENT_HEALTH (first 127 bytes of `text`); the same state
   * again does nothing. `text` is copied. Not for the hot path. [any] */
  void (*set)(const trapline_host* host, uint32_t state, int32_t code, trapline_str text);
} trapline_health;

#endif
