/* Trapline plugin ABI: service `trapline.metrics/1`. */
#ifndef TRAPLINE_ABI_SVC_METRICS_H
#define TRAPLINE_ABI_SVC_METRICS_H

#include "trapline/abi/plugin.h"

#define TRAPLINE_SERVICE_METRICS "trapline.metrics/1"

/* Opaque, the host's own. Since 0.1. */
typedef struct trapline_histogram trapline_histogram;

/* Making a series takes a lock and may allocate: in start(), not on the hot path. Members without a mark: since 0.0. */
typedef struct trapline_metrics {
  uint32_t struct_size; /* of the host's table */
  uint32_t reserved0;

  /* A counter, made on first use; same name and labels, same counter. Names follow Prometheus
   * (`feed_messages_total`, base units, `_total`); the host adds the prefix `trapline_` and the label
   * `instance`. `labels`: `channel="trade",symbol="BTCUSDT"` or empty. Returns an 8-byte aligned word that the
   * plugin raises with a relaxed atomic add and that is the host's and lives until destroy() returns; NULL for a bad
   * name, a name that is another kind already, past 10,000 series, or out of memory. [any] */
  uint64_t* (*counter)(const trapline_host* host, trapline_str name, trapline_str labels);

  /* The same for a gauge: an int64 that is set with a relaxed atomic store. [any] */
  int64_t* (*gauge)(const trapline_host* host, trapline_str name, trapline_str labels);

  /* The same for a histogram with cumulative buckets: `bounds` are the upper edges, 1..32 finite values in
   * rising order (copied; the first call of a name decides); a bucket above the last is added. The handle lives
   * until destroy() returns; NULL also for bad bounds. [any] Since 0.1. */
  trapline_histogram* (*histogram)(const trapline_host* host, trapline_str name, trapline_str labels,
                                   const double* bounds, uint32_t bound_count);

  /* Counts one value, in the histogram's unit (seconds, bytes: base units). NaN and a NULL
   * histogram are ignored. Takes no lock, allocates nothing. [any] Since 0.1. */
  void (*record)(trapline_histogram* histogram, double value);
} trapline_metrics;

#endif
