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

/* What get_extension(TRAPLINE_EXTENSION_DRIVER) returns: static data of the plugin or part of the instance, valid until
 * destroy(). A lane can have one driver. Members without a mark: since 0.0. */
typedef struct trapline_driver {
  uint32_t struct_size; /* sizeof(trapline_driver) when the plugin was built */
  uint32_t reserved0;

  /* Runs handlers that are ready; if none is, waits up to `max_wait` ns (>= 0; 0 = only look) for one. Returns soon
   * after the first handlers ran or after wake(). May publish. Never inside on_events(). [lane] States: after start()
   * has succeeded, until stop(); also between two drain() calls. TRAPLINE_OK, or any error: a fault of the instance,
   * which is then acted on by its fault policy and may not be polled again. */
  trapline_status (*poll)(const trapline_plugin* plugin, int64_t max_wait);

  /* Makes a poll() that waits, or the next one, return at once. [any], also while poll() runs. States: as poll(). Must
   * not block and must not call the host: publishers call it. */
  void (*wake)(const trapline_plugin* plugin);
} trapline_driver;

#endif
