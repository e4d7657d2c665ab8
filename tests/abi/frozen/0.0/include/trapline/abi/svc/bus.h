/* Trapline plugin ABI: service `trapline.bus/1`: names, publishing, subscribing. */
#ifndef TRAPLINE_ABI_SVC_BUS_H
#define TRAPLINE_ABI_SVC_BUS_H

#include "trapline/abi/event.h"
#include "trapline/abi/plugin.h"

#define TRAPLINE_SERVICE_BUS "trapline.bus/1"

/* One event to publish. The publisher fills space, type, schema, flags, topic, instrument, ts_event and
 * ts_recv of `event`; the bus stamps size, source, seq, source_seq and cause. */
typedef struct trapline_frame {
  const trapline_event* event;
  const void* payload;
  uint32_t payload_size; /* bytes; the bus pads to a multiple of 8 with zeros */
  uint32_t reserved0;
} trapline_frame;

typedef struct trapline_bus {
  uint32_t struct_size;
  uint32_t reserved0;

  /* Id of a topic, made on first use. Names are dot-separated tokens of [a-zA-Z0-9_-], such as
   * `md.trade.bitget.BTCUSDT`. Same name, same id, for the life of the engine. Takes a lock: not for
   * the hot path. INVALID, LIMIT (65,535 topics). [any] */
  trapline_status (*topic)(const trapline_host* host, trapline_str name, uint32_t* id);

  /* Id of an instrument, made on first use. Not for the hot path. INVALID, LIMIT. [any] */
  trapline_status (*instrument)(const trapline_host* host, trapline_str venue, trapline_str symbol, uint32_t* id);

  /* Name of a topic, or an empty string. Lives until destroy(). [any] */
  trapline_str (*topic_name)(const trapline_host* host, uint32_t id);

  /* Venue and symbol of an instrument, NOT_FOUND for an unknown id. Lives until destroy(). [any] */
  trapline_status (*instrument_name)(const trapline_host* host, uint32_t id, trapline_str* venue, trapline_str* symbol);

  /* Appends `count` (1..1024) events, all or none, as neighbours in the total order. They are copied. An
   * instance does not receive its own events.
   * AGAIN: the ring is full for a lane with policy `gate` (or, rarely, a lane that may lag is being copied out right
   * now); nothing was published. LIMIT: an event is larger than TRAPLINE_EVENT_MAX or the batch larger than a quarter
   * of the ring. INVALID: unknown topic, or bad argument. CLOSED: the engine has stopped taking events. [any] Does not
   * block. */
  trapline_status (*publish)(const trapline_host* host, const trapline_frame* frames, uint32_t count);

  /* Receive events whose topic matches `pattern` and whose type is in `type_mask` (see
   * TRAPLINE_TYPE_BIT). Tokens of a pattern: text, `*` = any one token, a final `>` = one or more tokens.
   * Matches topics made later, too. A TRAPLINE_EVENT_GAP of channel BUS, which tells that the lane itself missed
   * events, comes without subscription. [lane], in start() or later. */
  trapline_status (*subscribe)(const trapline_host* host, trapline_str pattern, uint64_t type_mask);
} trapline_bus;

#endif
