/*
 * Trapline plugin ABI: extension `trapline.state/1`: what an instance has learnt passes to its successor.
 *
 * When one plugin takes the place of another and both offer the same `format`, and the successor reads the version that
 * the other writes, the host calls save() of the one and load() of the other between the same two events. So the
 * successor knows what the other knew after the last event it saw, and sees every event after that.
 */
#ifndef TRAPLINE_ABI_EXT_STATE_H
#define TRAPLINE_ABI_EXT_STATE_H

#include "trapline/abi/plugin.h"

#define TRAPLINE_EXTENSION_STATE "trapline.state/1"

/* Largest state, in bytes. */
#define TRAPLINE_STATE_MAX 67108864u

/* What get_extension(TRAPLINE_EXTENSION_STATE) returns: static data of the plugin or part of the instance, valid until
 * destroy(). Members without a mark: since 0.1. */
typedef struct trapline_state {
  uint32_t struct_size; /* sizeof(trapline_state) when the plugin was built */
  uint32_t version;     /* of `format` that save() writes */
  uint32_t min_version; /* the oldest that load() reads; it reads all from there to `version` */
  uint32_t reserved0;
  const char* format; /* name of the format, NUL-terminated, such as `example.org/levels` */

  /* Writes what the instance knows to `to`. Changes nothing: the instance may go on, or save again. The lane waits for
   * it, so it takes as little time as one callback may. Names that only this process knows (ids of topics and
   * instruments) are the same for the successor. [lane] States: after start() has succeeded, until stop(); not inside
   * another callback. Errors: any, with `error` filled; the successor then begins without it. */
  trapline_status (*save)(const trapline_plugin* plugin, const trapline_sink* to, trapline_error* error);

  /* Takes over what an instance of the same `format` wrote, which may have had other options. All or nothing: after an
   * error it is as if it had not been called, and the instance begins without. [lane] States: once, after configure(),
   * before start(). INVALID: the bytes are no such state, or do not fit the options. Errors: any, with `error` filled.
   */
  trapline_status (*load)(const trapline_plugin* plugin, uint32_t version, trapline_str bytes, trapline_error* error);
} trapline_state;

#endif
