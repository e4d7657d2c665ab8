/* Trapline plugin ABI: service `trapline.metrics/1`. */
#ifndef TRAPLINE_ABI_SVC_METRICS_H
#define TRAPLINE_ABI_SVC_METRICS_H

#include "trapline/abi/plugin.h"

#define TRAPLINE_SERVICE_METRICS "trapline.metrics/1"

typedef struct trapline_metrics {
  uint32_t struct_size;
  uint32_t reserved0;

  /* A counter, made on first use; same name and labels, same counter. Names follow Prometheus
   * (`feed_messages_total`, base units, `_total`); the host adds the prefix `trapline_` and the label
   * `instance`. `labels`: `channel="trade",symbol="BTCUSDT"` or empty. Returns an 8-byte aligned word that the
   * plugin raises with a relaxed atomic add and that lives until destroy(); NULL for a bad name or past
   * 10,000 series. [any] */
  uint64_t* (*counter)(const trapline_host* host, trapline_str name, trapline_str labels);

  /* The same for a gauge: an int64 that is set with a relaxed atomic store. [any] */
  int64_t* (*gauge)(const trapline_host* host, trapline_str name, trapline_str labels);
} trapline_metrics;

#endif
