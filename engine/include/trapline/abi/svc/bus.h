/* Trapline plugin ABI: service `trapline.bus/1`: names, publishing, subscribing. */
#ifndef TRAPLINE_ABI_SVC_BUS_H
#define TRAPLINE_ABI_SVC_BUS_H

#include "trapline/abi/event.h"
#include "trapline/abi/plugin.h"

#define TRAPLINE_SERVICE_BUS "trapline.bus/1"

/* One event to publish; header and payload are the publisher's and are copied. It is an element of arrays, so it never
 * grows. The publisher fills space, type, schema, flags, topic, instrument, ts_event and
 * ts_recv of `event`; the bus stamps size, source, seq, source_seq and cause. */
typedef struct trapline_frame {
  const trapline_event* event; /* not NULL */
  const void* payload;         /* may be NULL if payload_size is 0; any alignment */
  uint32_t payload_size;       /* bytes; the bus pads to a multiple of 8 with zeros */
  uint32_t reserved0;
} trapline_frame;

/* Members without a mark: since 0.0. */
typedef struct trapline_bus {
  uint32_t struct_size; /* of the host's table */
  uint32_t reserved0;

  /* Sets `*id` to the id (from 1) of a topic, made on first use. Names are dot-separated tokens of [a-zA-Z0-9_-], at
   * most 255 bytes, such as `md.trade.bitget.BTCUSDT`. Same name, same id, for the life of the engine. Takes a lock:
   * not for the hot path. [any] INVALID: a bad name. LIMIT: more than 65,535 topics. NOMEM. */
  trapline_status (*topic)(const trapline_host* host, trapline_str name, uint32_t* id);

  /* Sets `*id` to the id (from 1) of an instrument, made on first use; venue and symbol are one token each. Takes a
   * lock: not for the hot path. [any] INVALID: a bad name. LIMIT: more than 65,535 instruments. NOMEM. */
  trapline_status (*instrument)(const trapline_host* host, trapline_str venue, trapline_str symbol, uint32_t* id);

  /* Name of a topic, or an empty string for an unknown id. The text is the host's and lives until destroy() returns.
   * [any] */
  trapline_str (*topic_name)(const trapline_host* host, uint32_t id);

  /* Sets venue and symbol of an instrument. The texts are the host's and live until destroy() returns. [any] NOT_FOUND:
   * an unknown id. */
  trapline_status (*instrument_name)(const trapline_host* host, uint32_t id, trapline_str* venue, trapline_str* symbol);

  /* Appends `count` (1..1024) events, all or none, as neighbours in the total order. They are copied. An
   * instance does not receive its own events.
   * AGAIN: the ring is full for a lane with policy `gate` (or, rarely, a lane that may lag is being copied out right
   * now); nothing was published. LIMIT: an event is larger than TRAPLINE_EVENT_MAX or the batch larger than a quarter
   * of the ring. INVALID: unknown topic, or bad argument. CLOSED: the engine has stopped taking events; no later call
   * can succeed. [any] States: from start() on; what is published earlier may reach nobody. Allocates
   * nothing. */
  trapline_status (*publish)(const trapline_host* host, const trapline_frame* frames, uint32_t count);

  /* Receive events whose topic matches `pattern` and whose type is in `type_mask` (see
   * TRAPLINE_TYPE_BIT). Tokens of a pattern: text, `*` = any one token, a final `>` = one or more tokens.
   * Matches topics made later, too. A TRAPLINE_EVENT_GAP of channel BUS, which tells that the lane itself missed
   * events, comes without subscription. The pattern is copied. An event that matches several subscriptions comes once.
   * There is no way back but stop(). [lane] States: in start() or later. INVALID: a bad pattern, or an empty mask.
   * STATE: another thread. NOMEM. */
  trapline_status (*subscribe)(const trapline_host* host, trapline_str pattern, uint64_t type_mask);
} trapline_bus;

#endif
