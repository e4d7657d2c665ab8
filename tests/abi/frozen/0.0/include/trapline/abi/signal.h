/*
 * Trapline plugin ABI: what detectors publish.
 *
 * A signal says "consistent with pattern X, as defined"; it never asserts intent.
 */
#ifndef TRAPLINE_ABI_SIGNAL_H
#define TRAPLINE_ABI_SIGNAL_H

#include "trapline/abi/base.h"

/* Patterns. */
#define TRAPLINE_PATTERN_UNKNOWN 0
#define TRAPLINE_PATTERN_STOP_HUNT 1
#define TRAPLINE_PATTERN_LIQUIDITY_GRAB 2
#define TRAPLINE_PATTERN_HALF_LIQUIDITY_GRAB 3
#define TRAPLINE_PATTERN_BULL_TRAP 4
#define TRAPLINE_PATTERN_BEAR_TRAP 5
#define TRAPLINE_PATTERN_FAKE_PUMP 6
#define TRAPLINE_PATTERN_FAKE_DUMP 7
#define TRAPLINE_PATTERN_PUMP 8
#define TRAPLINE_PATTERN_DUMP 9
#define TRAPLINE_PATTERN_SPOOFING 10
#define TRAPLINE_PATTERN_LAYERING 11
#define TRAPLINE_PATTERN_QUOTE_STUFFING 12
#define TRAPLINE_PATTERN_WASH_TRADING 13
#define TRAPLINE_PATTERN_ABSORPTION 14
#define TRAPLINE_PATTERN_MOMENTUM_IGNITION 15
#define TRAPLINE_PATTERN_LIQUIDITY_PULL 16
#define TRAPLINE_PATTERN_COUNT 17

/* Direction: the side to which the price was pushed or lured; for spoofing and layering the side of
 * the false orders. */
#define TRAPLINE_DIRECTION_UNKNOWN 0
#define TRAPLINE_DIRECTION_UP 1
#define TRAPLINE_DIRECTION_DOWN 2
#define TRAPLINE_DIRECTION_BID 3
#define TRAPLINE_DIRECTION_ASK 4

/* Stage of an episode. An alarm is the first DETECTED or CONFIRMED of an id. */
#define TRAPLINE_STAGE_NONE 0
#define TRAPLINE_STAGE_FORMING 1
#define TRAPLINE_STAGE_DETECTED 2
#define TRAPLINE_STAGE_CONFIRMED 3
#define TRAPLINE_STAGE_EXPIRED 4

#define TRAPLINE_SEVERITY_NEUTRAL 0
#define TRAPLINE_SEVERITY_WATCH 1
#define TRAPLINE_SEVERITY_ELEVATED 2
#define TRAPLINE_SEVERITY_CRITICAL 3

/* How much of what the pattern needs can be seen in the present inputs. */
#define TRAPLINE_OBSERVABILITY_FULL 0
#define TRAPLINE_OBSERVABILITY_REDUCED 1 /* an input is missing or degraded */
#define TRAPLINE_OBSERVABILITY_LOW 2     /* the venue's throttling hides most of it */

/* One item of evidence. */
typedef struct trapline_evidence {
  char name[32];       /* `overshoot_sigma`, NUL-terminated */
  double value;        /* in the unit that the name ends with */
  double contribution; /* what it added to the log-odds of the probability */
} trapline_evidence;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_evidence) == 48, "trapline_evidence layout");

/* TRAPLINE_EVENT_SIGNAL: one stage of one episode. `evidence_count` trapline_evidence follow. */
typedef struct trapline_signal {
  char id[64];           /* of the episode, same in all its stages; NUL-terminated */
  char detector[32];     /* plugin id, NUL-terminated */
  uint16_t pattern;      /* TRAPLINE_PATTERN_* */
  uint8_t direction;     /* TRAPLINE_DIRECTION_* */
  uint8_t stage;         /* TRAPLINE_STAGE_* */
  uint8_t severity;      /* TRAPLINE_SEVERITY_* */
  uint8_t observability; /* TRAPLINE_OBSERVABILITY_* */
  int8_t price_exp;      /* of level */
  uint8_t has_level;     /* 0: `level` is meaningless */
  double probability;    /* 0..1: an episode of this pattern, as defined, is in progress */
  double confidence;     /* 0..1: quality and amount of evidence */
  double intensity;      /* 0..1: size of the move against the market's own scale */
  int64_t level;         /* price level that the episode is about */
  int64_t onset_ts;      /* UTC ns, event time */
  uint32_t evidence_count;
  uint32_t reserved0;
} trapline_signal;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_signal) == 152, "trapline_signal layout");

/* One row of the trap matrix. */
typedef struct trapline_matrix_row {
  uint16_t pattern;
  uint8_t direction;
  uint8_t stage; /* of the episode in progress, NONE = none */
  uint32_t reserved0;
  double probability;
  double intensity;
} trapline_matrix_row;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_matrix_row) == 24, "trapline_matrix_row layout");

/* TRAPLINE_EVENT_TRAP_MATRIX: the periodic report of one instrument. `row_count`
 * trapline_matrix_row follow, one a pattern that the detector watches. */
typedef struct trapline_trap_matrix {
  char detector[32];
  double probability; /* of any pattern, after the arbiter */
  double intensity;   /* of the leading pattern */
  double confidence;  /* of the leading pattern */
  int64_t level;      /* of the leading pattern */
  uint16_t pattern;   /* leading pattern, UNKNOWN = none in progress */
  uint8_t direction;
  uint8_t severity;
  int8_t price_exp;
  uint8_t has_level;
  uint8_t warming; /* 1: not enough data yet, probabilities are priors */
  uint8_t reserved0;
  uint32_t row_count;
  uint32_t reserved1;
} trapline_trap_matrix;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_trap_matrix) == 80, "trapline_trap_matrix layout");

/* TRAPLINE_EVENT_EPISODE: the truth about a planted episode, published by simulated venues only, so
 * that a run can say what was found and what was missed. Detectors must not subscribe to it. */
#define TRAPLINE_EPISODE_BEGIN 1
#define TRAPLINE_EPISODE_END 2
typedef struct trapline_episode {
  uint64_t episode_id;
  int64_t onset_ts;
  int64_t end_ts; /* planned at BEGIN, actual at END */
  int64_t level;
  uint16_t pattern;
  uint8_t direction;
  uint8_t phase; /* TRAPLINE_EPISODE_* */
  int8_t price_exp;
  uint8_t has_level;
  uint8_t reserved0[2];
} trapline_episode;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_episode) == 40, "trapline_episode layout");

#endif
