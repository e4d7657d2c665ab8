/* Trapline plugin ABI: the event header, event types and flags. */
#ifndef TRAPLINE_ABI_EVENT_H
#define TRAPLINE_ABI_EVENT_H

#include "trapline/abi/base.h"

/* One cache line. The payload follows directly; it holds no pointers, so the same bytes stand in
 * the ring, in a journal and in shared memory. Little-endian. */
typedef struct trapline_event {
  uint32_t size;       /* bytes of header + payload, a multiple of 8, at most TRAPLINE_EVENT_MAX */
  uint16_t space;      /* 0 = the core types below; 0xffff is the bus's own */
  uint16_t type;       /* TRAPLINE_EVENT_* */
  uint16_t schema;     /* revision of the payload; 0 = as first published */
  uint16_t flags;      /* TRAPLINE_FLAG_* */
  uint32_t source;     /* publishing instance; stamped by the bus */
  uint32_t topic;      /* interned topic id */
  uint32_t instrument; /* interned instrument id, 0 = none */
  uint64_t seq;        /* position in the total order; strictly increasing, not dense; stamped by the bus */
  uint64_t source_seq; /* 1, 2, 3 ... per source; stamped by the bus */
  uint64_t cause;      /* seq of the event that was being handled, 0 = input from outside; stamped by the bus */
  int64_t ts_event;    /* UTC ns: when it happened, by the venue's clock; 0 = unknown */
  int64_t ts_recv;     /* UTC ns: when it entered the process; 0 on publish = the bus stamps it */
} trapline_event;

TRAPLINE_STATIC_ASSERT(sizeof(trapline_event) == 64, "an event header is one cache line");

/* Largest event, header included, in bytes. */
#define TRAPLINE_EVENT_MAX 65536u

/* Part of, or the whole of, a complete list: what is absent from the list does not exist. */
#define TRAPLINE_FLAG_SNAPSHOT 0x0001u
/* Last event of one venue message (or list). A book or list is consistent only after it. */
#define TRAPLINE_FLAG_LAST_IN_BATCH 0x0002u
/* First event after a known loss of this topic. */
#define TRAPLINE_FLAG_AFTER_GAP 0x0004u
/* A mantissa did not fit and was rounded. */
#define TRAPLINE_FLAG_INEXACT 0x0008u
/* History sent again or for the first time at subscription: not new activity. */
#define TRAPLINE_FLAG_HISTORY 0x0010u
/* Earlier events of the same topic, instrument and type were dropped in favour of this one (set for the
 * receiving lane by overflow policy `conflate`). A book delta with it does not join the one before. Since 0.1. */
#define TRAPLINE_FLAG_CONFLATED 0x0020u

/* Core event types. Ids are never reused; all are below 64 so that a 64-bit mask can select them.
 * 11 (quote), 15 (liquidation), 33 (end of signal) and 55 (command) are
 * reserved for the families of that name. */
#define TRAPLINE_EVENT_INSTRUMENT 1
#define TRAPLINE_EVENT_TRADE 10
#define TRAPLINE_EVENT_BOOK_SNAPSHOT 12
#define TRAPLINE_EVENT_BOOK_DELTA 13
#define TRAPLINE_EVENT_TICKER 14
#define TRAPLINE_EVENT_CANDLE 16
#define TRAPLINE_EVENT_FEED_STATUS 20
#define TRAPLINE_EVENT_SIGNAL 30
#define TRAPLINE_EVENT_TRAP_MATRIX 31
#define TRAPLINE_EVENT_EPISODE 32
#define TRAPLINE_EVENT_TIMER 40
#define TRAPLINE_EVENT_GAP 41
#define TRAPLINE_EVENT_LIFECYCLE 42
#define TRAPLINE_EVENT_HEALTH 43
#define TRAPLINE_EVENT_POSITION 50
#define TRAPLINE_EVENT_ORDER 51
#define TRAPLINE_EVENT_FILL 52       /* Since 0.1. */
#define TRAPLINE_EVENT_PLAN_ORDER 53 /* Since 0.1. */
#define TRAPLINE_EVENT_ACCOUNT 54

/* Bit of an event type in a subscription mask. */
#define TRAPLINE_TYPE_BIT(type) ((uint64_t)1 << (type))
#define TRAPLINE_TYPE_ALL (~(uint64_t)0)

#endif
