/* Trapline plugin ABI: events that the host itself publishes, and gaps. */
#ifndef TRAPLINE_ABI_SYSTEM_H
#define TRAPLINE_ABI_SYSTEM_H

#include "trapline/abi/base.h"

/* TRAPLINE_EVENT_TIMER: a timer of trapline.timer/1 is due. Delivered to its owner only. */
typedef struct trapline_timer_event {
  uint64_t timer_id;
  uint64_t cookie; /* as given to set() */
  int64_t due_ts;  /* UTC ns */
  uint32_t instance;
  uint32_t reserved0;
} trapline_timer_event;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_timer_event) == 32, "trapline_timer_event layout");

/* trapline_gap.channel: what was lost. */
#define TRAPLINE_GAP_BUS 0  /* the lane was lapped; from_seq..to_seq are bus sequence numbers */
#define TRAPLINE_GAP_BOOK 1 /* the instrument's book is invalid until its next snapshot */
#define TRAPLINE_GAP_TRADE 2
#define TRAPLINE_GAP_PRIVATE 3 /* positions, orders, account: state unknown until a complete list */

/* trapline_gap.reason */
#define TRAPLINE_GAP_OVERRUN 1  /* a bounded buffer was full */
#define TRAPLINE_GAP_SEQUENCE 2 /* the venue's numbers do not join */
#define TRAPLINE_GAP_CHECKSUM 3
#define TRAPLINE_GAP_CROSSED 4 /* best bid >= best ask */
#define TRAPLINE_GAP_DISCONNECT 5
#define TRAPLINE_GAP_MALFORMED 6

/* TRAPLINE_EVENT_GAP: known loss. */
typedef struct trapline_gap {
  uint8_t channel; /* TRAPLINE_GAP_BUS ... */
  uint8_t reason;  /* TRAPLINE_GAP_OVERRUN ... */
  uint8_t reserved0[6];
  uint64_t lost; /* events lost, 0 = unknown number */
  uint64_t from_seq;
  uint64_t to_seq;
} trapline_gap;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_gap) == 32, "trapline_gap layout");

/* States of an instance, in TRAPLINE_EVENT_LIFECYCLE. */
#define TRAPLINE_INSTANCE_CREATED 1
#define TRAPLINE_INSTANCE_CONFIGURED 2
#define TRAPLINE_INSTANCE_RUNNING 3
#define TRAPLINE_INSTANCE_DRAINING 4
#define TRAPLINE_INSTANCE_STOPPED 5
#define TRAPLINE_INSTANCE_QUARANTINED 6 /* faulted; receives nothing any more */
#define TRAPLINE_INSTANCE_RESTARTING 7  /* faulted; will be made anew after a pause. Since 0.1 */
#define TRAPLINE_INSTANCE_LEFT_OUT 8    /* crashed the engine before and was not started. Since 0.1 */

typedef struct trapline_lifecycle {
  char instance[32];
  char plugin[32];
  uint32_t state;       /* TRAPLINE_INSTANCE_* */
  trapline_status code; /* why, for QUARANTINED and RESTARTING */
  char text[128];
} trapline_lifecycle;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_lifecycle) == 200, "trapline_lifecycle layout");

/* Health of an instance, in TRAPLINE_EVENT_HEALTH. */
#define TRAPLINE_HEALTH_OK 0
#define TRAPLINE_HEALTH_DEGRADED 1
#define TRAPLINE_HEALTH_FAILED 2

typedef struct trapline_health_event {
  char instance[32];
  uint32_t state;
  int32_t code;
  char text[128];
} trapline_health_event;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_health_event) == 168, "trapline_health_event layout");

#endif
