/* Trapline plugin ABI: service `trapline.secret/1`. */
#ifndef TRAPLINE_ABI_SVC_SECRET_H
#define TRAPLINE_ABI_SVC_SECRET_H

#include "trapline/abi/plugin.h"

#define TRAPLINE_SERVICE_SECRET "trapline.secret/1"

/* Members without a mark: since 0.0. */
typedef struct trapline_secret {
  uint32_t struct_size; /* of the host's table */
  uint32_t reserved0;

  /* Copies the value of the secret option at `path` (`credentials.key`) into the caller's buffer (see trapline_buf),
   * which the caller zeroes after use. May read a file, so it may block for a moment: in configure() or start(), or
   * when a connection is made. The value may have changed since the last call. [control] and [lane]. NOT_FOUND: not
   * configured. IO: its source cannot be read; the host has logged why, without the value. NOMEM. */
  trapline_status (*get)(const trapline_host* host, trapline_str path, trapline_buf* value);
} trapline_secret;

#endif
