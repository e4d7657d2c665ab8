/* Trapline plugin ABI: service `trapline.secret/1`. */
#ifndef TRAPLINE_ABI_SVC_SECRET_H
#define TRAPLINE_ABI_SVC_SECRET_H

#include "trapline/abi/plugin.h"

#define TRAPLINE_SERVICE_SECRET "trapline.secret/1"

typedef struct trapline_secret {
  uint32_t struct_size;
  uint32_t reserved0;

  /* Copies the value of the secret option at `path` (`credentials.key`) into the caller's buffer; the
   * caller zeroes it after use. NOT_FOUND: not configured. IO: its source cannot be read; the host has
   * logged why, without the value. [control] and [lane]. */
  trapline_status (*get)(const trapline_host* host, trapline_str path, trapline_buf* value);
} trapline_secret;

#endif
