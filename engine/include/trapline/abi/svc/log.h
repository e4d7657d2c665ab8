/* Trapline plugin ABI: service `trapline.log/1`. The only way a plugin logs. */
#ifndef TRAPLINE_ABI_SVC_LOG_H
#define TRAPLINE_ABI_SVC_LOG_H

#include "trapline/abi/plugin.h"

#define TRAPLINE_SERVICE_LOG "trapline.log/1"

/* Levels, rising. An unknown one is taken as the nearest. */
#define TRAPLINE_LOG_TRACE 0
#define TRAPLINE_LOG_DEBUG 1
#define TRAPLINE_LOG_INFO 2
#define TRAPLINE_LOG_WARN 3
#define TRAPLINE_LOG_ERROR 4

/* Members without a mark: since 0.0. */
typedef struct trapline_log {
  uint32_t struct_size; /* of the host's table */
  uint32_t reserved0;

  /* Non-zero if lines of this level are written: to spare the making of a text. [any] */
  int32_t (*enabled)(const trapline_host* host, int32_t level);

  /* Writes one line under the instance's name. `text` is copied. Never blocks; when the queue is full its oldest line
   * is dropped and counted. Known secrets are blanked by the host wherever they occur. [any] */
  void (*write)(const trapline_host* host, int32_t level, trapline_str text);
} trapline_log;

#endif
