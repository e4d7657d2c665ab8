/*
 * Trapline plugin ABI: extension `trapline.driver/1`: the instance owns its lane's wait.
 *
 * A lane with a driver does not sleep on the bus; it sleeps in the driver's poll(), so that what the
 * driver publishes reaches the other instances of the lane on the same thread without a wake-up.
 */
#ifndef TRAPLINE_ABI_EXT_DRIVER_H
#define TRAPLINE_ABI_EXT_DRIVER_H

#include "trapline/abi/plugin.h"

#define TRAPLINE_EXTENSION_DRIVER "trapline.driver/1"

typedef struct trapline_driver {
  uint32_t struct_size;
  uint32_t reserved0;

  /* Runs handlers that are ready; if none is, waits up to `max_wait` ns for one (0 = only look).
   * Returns soon after the first handlers ran or after wake(). An error is a fault of the instance.
   * [lane], between start() and stop(). */
  trapline_status (*poll)(const trapline_plugin* plugin, int64_t max_wait);

  /* Makes a poll() that waits, or the next one, return at once. [any] Must not block. */
  void (*wake)(const trapline_plugin* plugin);
} trapline_driver;

#endif
