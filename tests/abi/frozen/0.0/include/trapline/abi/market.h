/*
 * Trapline plugin ABI: market data payloads.
 *
 * Numbers: value = mantissa * 10^exp, the exponent stands in the same payload. Mantissas keep the
 * venue's own digits; nothing passes through binary floating point. Times are UTC nanoseconds.
 */
#ifndef TRAPLINE_ABI_MARKET_H
#define TRAPLINE_ABI_MARKET_H

#include "trapline/abi/base.h"

/* TRAPLINE_EVENT_INSTRUMENT: what an instrument id stands for. Texts are NUL-padded. */
typedef struct trapline_instrument {
  char symbol[24];
  char venue[16];
  int64_t tick; /* smallest price step, tick * 10^price_exp; 0 = unknown */
  int64_t lot;  /* smallest size step, lot * 10^size_exp; 0 = unknown */
  int8_t price_exp;
  int8_t size_exp;
  uint8_t reserved0[6];
} trapline_instrument;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_instrument) == 64, "trapline_instrument layout");

/* TRAPLINE_EVENT_TRADE: one fill of a taker order as the venue reports it. */
typedef struct trapline_trade {
  int64_t price;
  int64_t size;      /* base coin */
  char trade_id[40]; /* the venue's id, NUL-padded; empty where the venue gives none */
  int8_t price_exp;
  int8_t size_exp;
  uint8_t aggressor_side; /* TRAPLINE_SIDE_*: the taker's side */
  uint8_t reserved0[5];
} trapline_trade;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_trade) == 64, "trapline_trade layout");

/* One price level. In a delta, size 0 deletes the level and any other size replaces it. */
typedef struct trapline_level {
  int64_t price;
  int64_t size;
} trapline_level;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_level) == 16, "trapline_level layout");

/* TRAPLINE_EVENT_BOOK_SNAPSHOT and TRAPLINE_EVENT_BOOK_DELTA. `bid_count` bid levels follow, then
 * `ask_count` ask levels. A snapshot replaces the whole book; its bids fall and its asks rise in
 * price. A delta's levels stand in no particular order. The exponents of an instrument may change
 * from one event to the next (a venue sent more decimals). */
typedef struct trapline_book {
  uint64_t venue_seq;      /* the venue's number of this state, 0 = it gives none */
  uint64_t venue_prev_seq; /* the number of the state that a delta applies to, 0 = none */
  uint32_t bid_count;
  uint32_t ask_count;
  int8_t price_exp;
  int8_t size_exp;
  uint8_t reserved0[6];
} trapline_book;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_book) == 32, "trapline_book layout");

/* Most levels (bids + asks) that fit into one event. */
#define TRAPLINE_BOOK_MAX_LEVELS ((65536u - 64u - 32u) / 16u)

/* Bits of trapline_ticker.present: which members the venue sent. */
#define TRAPLINE_TICKER_LAST 0x001u
#define TRAPLINE_TICKER_BID 0x002u
#define TRAPLINE_TICKER_ASK 0x004u
#define TRAPLINE_TICKER_MARK 0x008u
#define TRAPLINE_TICKER_INDEX 0x010u
#define TRAPLINE_TICKER_FUNDING_RATE 0x020u
#define TRAPLINE_TICKER_NEXT_FUNDING 0x040u
#define TRAPLINE_TICKER_OPEN_INTEREST 0x080u
#define TRAPLINE_TICKER_HIGH_24H 0x100u
#define TRAPLINE_TICKER_LOW_24H 0x200u
#define TRAPLINE_TICKER_VOLUME_24H 0x400u

/* TRAPLINE_EVENT_TICKER. A member whose bit is not in `present` is 0 and means unknown. */
typedef struct trapline_ticker {
  uint32_t present;
  int8_t price_exp;   /* of last, bid, ask, mark, index, high_24h, low_24h */
  int8_t size_exp;    /* of bid_size, ask_size, open_interest, volume_24h */
  int8_t funding_exp; /* of funding_rate */
  uint8_t reserved0;
  int64_t last;
  int64_t bid;
  int64_t bid_size;
  int64_t ask;
  int64_t ask_size;
  int64_t mark;
  int64_t index;
  int64_t funding_rate;    /* ratio for one funding interval; 0.0001 = 1 bp */
  int64_t next_funding_ts; /* UTC ns */
  int64_t open_interest;   /* base coin */
  int64_t high_24h;
  int64_t low_24h;
  int64_t volume_24h; /* base coin */
} trapline_ticker;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_ticker) == 112, "trapline_ticker layout");

/* TRAPLINE_EVENT_CANDLE: one bar. While `closed` is 0 the bar is still running and will be sent
 * again. */
typedef struct trapline_candle {
  int64_t interval_ns; /* 60e9 = one minute */
  int64_t start_ts;    /* UTC ns */
  int64_t open;
  int64_t high;
  int64_t low;
  int64_t close;
  int64_t volume; /* base coin */
  int8_t price_exp;
  int8_t size_exp;
  uint8_t closed;
  uint8_t reserved0[5];
} trapline_candle;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_candle) == 64, "trapline_candle layout");

/* States of a feed, see trapline_feed_status. */
#define TRAPLINE_FEED_STOPPED 0
#define TRAPLINE_FEED_CONNECTING 1
#define TRAPLINE_FEED_AUTHENTICATING 2
#define TRAPLINE_FEED_SUBSCRIBING 3
#define TRAPLINE_FEED_LIVE 4    /* every subscription acknowledged, data fresh */
#define TRAPLINE_FEED_STALE 5   /* connected, but data older than its limit */
#define TRAPLINE_FEED_BACKOFF 6 /* waiting for the next connection attempt */
#define TRAPLINE_FEED_FAILED 7  /* given up; needs an operator or the probe interval */

/* trapline_feed_status.code besides 0 and the venue's own positive codes. These are not WebSocket
 * close codes. */
#define TRAPLINE_FEED_CODE_AUTH_FAILED 1001
#define TRAPLINE_FEED_CODE_CONNECTION_LOST 1002

/* trapline_feed_status.endpoint */
#define TRAPLINE_ENDPOINT_PUBLIC 0
#define TRAPLINE_ENDPOINT_PRIVATE 1

/* TRAPLINE_EVENT_FEED_STATUS: published on every change of state and at least every 5 s. Counters
 * are totals since the instance started. */
typedef struct trapline_feed_status {
  uint8_t state;          /* TRAPLINE_FEED_* */
  uint8_t previous_state; /* equal to `state` in a periodic report */
  uint8_t endpoint;       /* TRAPLINE_ENDPOINT_* */
  uint8_t reserved0;
  int32_t code;     /* why: 0, TRAPLINE_FEED_CODE_*, or a code of the venue */
  uint32_t attempt; /* connection attempts since the last LIVE, 0 when LIVE */
  uint32_t subscriptions_wanted;
  uint32_t subscriptions_acked;
  uint32_t reserved1;
  int64_t last_message_ts; /* UTC ns of the last inbound frame, pong included; 0 = none yet */
  uint64_t messages;       /* inbound data frames */
  uint64_t malformed;      /* frames that did not decode; counted and dropped */
  uint64_t gaps;           /* sequence gaps, checksum failures and crossed books */
  uint64_t resyncs;        /* fresh snapshots asked for */
  uint64_t reconnects;
  uint64_t refused;    /* venue messages dropped because the bus was full */
  uint64_t duplicates; /* repeated trades that were not published again */
  char text[128];      /* for people, NUL-terminated */
} trapline_feed_status;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_feed_status) == 216, "trapline_feed_status layout");

#endif
