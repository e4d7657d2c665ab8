/* Trapline plugin ABI: service `trapline.control/1`: a plugin asks the host what a person may ask through `trapline
 * ctl`.
 */
#ifndef TRAPLINE_ABI_SVC_CONTROL_H
#define TRAPLINE_ABI_SVC_CONTROL_H

#include "trapline/abi/plugin.h"

#define TRAPLINE_SERVICE_CONTROL "trapline.control/1"

/* Requests of one instance that may be under way. */
#define TRAPLINE_CONTROL_PENDING_MAX 16

/* Largest `args`, in bytes. */
#define TRAPLINE_CONTROL_ARGS_MAX 65536u

/* The answer to a request: the plugin's function. TRAPLINE_OK: `answer` is the result, one JSON value. Else `answer` is
 * a text for people. Borrowed for the call. Called once for each request that was taken, between two other callbacks of
 * the instance and never inside submit(); not after stop() has begun: what is under way then is carried out, but not
 * answered. [lane] Since 0.1. */
typedef void (*trapline_control_answer)(void* context, trapline_status status, trapline_str answer);

/* Members without a mark: since 0.1. */
typedef struct trapline_control {
  uint32_t struct_size; /* of the host's table */
  uint32_t reserved0;

  /* Asks for the command `cmd` (`status`, `debug`, `swap` ...: docs/control.md lists them) with `args`, a JSON object
   * or empty. Both are copied. Returns at once; the host carries requests out one after the other, in their order, and
   * calls `on_answer` with `context` afterwards. The host does not ask who is behind a request: a plugin that passes on
   * what it hears from outside decides itself what it lets through. [any] States: from start() on. LIMIT: too many
   * requests under way, or `args` too large. CLOSED: the engine is stopping. STATE: before start(). NOMEM. */
  trapline_status (*submit)(const trapline_host* host, trapline_str cmd, trapline_str args,
                            trapline_control_answer on_answer, void* context);
} trapline_control;

#endif
