/*
 * Trapline plugin ABI: position, order, fill, plan order and account payloads.
 *
 * A complete list is published as events flagged SNAPSHOT, the last one also LAST_IN_BATCH. What is
 * absent from a complete list does not exist (no position = flat). An empty complete list is one
 * event with `side`, `status` or `kind` NONE and instrument 0. Without a complete list the state is unknown.
 */
#ifndef TRAPLINE_ABI_ACCOUNT_H
#define TRAPLINE_ABI_ACCOUNT_H

#include "trapline/abi/base.h"

#define TRAPLINE_POSITION_NONE 0 /* this event says only "the list is complete (and empty)" */
#define TRAPLINE_POSITION_LONG 1
#define TRAPLINE_POSITION_SHORT 2

#define TRAPLINE_MODE_UNKNOWN 0
#define TRAPLINE_MODE_ONE_WAY 1
#define TRAPLINE_MODE_HEDGE 2

#define TRAPLINE_MARGIN_UNKNOWN 0
#define TRAPLINE_MARGIN_CROSSED 1
#define TRAPLINE_MARGIN_ISOLATED 2

/* Bits of trapline_position.present: members that the venue sent. */
#define TRAPLINE_POSITION_HAS_MARK 0x01u
#define TRAPLINE_POSITION_HAS_LIQUIDATION 0x02u
#define TRAPLINE_POSITION_HAS_UNREALISED_PNL 0x04u
#define TRAPLINE_POSITION_HAS_REALISED_PNL 0x08u
#define TRAPLINE_POSITION_HAS_MARGIN 0x10u
#define TRAPLINE_POSITION_HAS_MARK_PNL 0x20u /* Since 0.1. */

/* TRAPLINE_EVENT_POSITION. Key: (instrument, side). */
typedef struct trapline_position {
  char position_id[40];
  uint8_t side;          /* TRAPLINE_POSITION_* */
  uint8_t position_mode; /* TRAPLINE_MODE_* */
  uint8_t margin_mode;   /* TRAPLINE_MARGIN_* */
  int8_t price_exp;      /* of entry_price, mark_price, liquidation_price */
  int8_t size_exp;       /* of size, available */
  int8_t money_exp;      /* of unrealised_pnl, realised_pnl, margin */
  int8_t leverage_exp;
  uint8_t reserved0;
  uint32_t present;
  uint32_t reserved1;
  int64_t size;        /* base coin, never negative */
  int64_t available;   /* part that is free to close */
  int64_t entry_price; /* average */
  int64_t mark_price;
  int64_t liquidation_price;
  int64_t unrealised_pnl; /* margin coin, by the venue's own reckoning */
  int64_t realised_pnl;
  int64_t margin;
  int64_t leverage;
  int64_t created_ts; /* UTC ns, 0 = unknown */
  char margin_coin[16];
  /* Since 0.1: unrealised PnL reckoned from `mark_price` as it stands here, (mark - entry) * size for a long and its
   * negative for a short, without fees; exact. Beside `unrealised_pnl`, which is as old as the venue's last word. */
  int64_t mark_pnl;
  int8_t mark_pnl_exp;
  uint8_t reserved2[7];
} trapline_position;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_position) == 168, "trapline_position layout");

#define TRAPLINE_ORDER_NONE 0
#define TRAPLINE_ORDER_LIVE 1
#define TRAPLINE_ORDER_PARTIALLY_FILLED 2
#define TRAPLINE_ORDER_FILLED 3
#define TRAPLINE_ORDER_CANCELED 4
#define TRAPLINE_ORDER_UNKNOWN 5 /* the venue's status was not understood, or its outcome is uncertain */

#define TRAPLINE_ORDER_TYPE_UNKNOWN 0
#define TRAPLINE_ORDER_TYPE_LIMIT 1
#define TRAPLINE_ORDER_TYPE_MARKET 2

/* TRAPLINE_EVENT_ORDER: one state of one order, with its latest fill if it has one. Direction of the
 * change in position: `side`, already corrected for hedge mode. */
typedef struct trapline_order {
  char order_id[40];
  char client_order_id[40];
  char last_trade_id[40]; /* id of the latest fill, empty = no fill yet */
  uint8_t status;         /* TRAPLINE_ORDER_* */
  uint8_t side;           /* TRAPLINE_SIDE_* */
  uint8_t position_side;  /* TRAPLINE_POSITION_*; NONE in one-way mode */
  uint8_t order_type;     /* TRAPLINE_ORDER_TYPE_* */
  uint8_t reduce_only;    /* 0 or 1 */
  int8_t price_exp;
  int8_t size_exp;
  int8_t money_exp; /* of last_fee */
  int64_t price;    /* limit price, 0 for market orders */
  int64_t size;
  int64_t filled_size;   /* cumulative */
  int64_t average_price; /* 0 before the first fill */
  int64_t last_price;    /* of the latest fill */
  int64_t last_size;
  int64_t last_fee;   /* negative = paid */
  int64_t created_ts; /* UTC ns */
} trapline_order;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_order) == 192, "trapline_order layout");

#define TRAPLINE_LIQUIDITY_UNKNOWN 0
#define TRAPLINE_LIQUIDITY_MAKER 1
#define TRAPLINE_LIQUIDITY_TAKER 2

/* TRAPLINE_EVENT_FILL: one execution of one of the account's orders. Each is published once, whether the venue pushed
 * it, repeated it, or had to be asked. Since 0.1. */
typedef struct trapline_fill {
  char trade_id[40];
  char order_id[40];
  char client_order_id[40]; /* empty = not said */
  uint8_t side;             /* TRAPLINE_SIDE_*: direction of the change in position */
  uint8_t position_side;    /* TRAPLINE_POSITION_*; NONE in one-way mode */
  uint8_t liquidity;        /* TRAPLINE_LIQUIDITY_* */
  int8_t price_exp;
  int8_t size_exp;
  int8_t money_exp; /* of fee, realised_pnl */
  uint8_t reserved0[2];
  int64_t price;
  int64_t size;
  int64_t fee; /* negative = paid */
  int64_t realised_pnl;
  char fee_coin[16]; /* empty = not said */
} trapline_fill;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_fill) == 176, "trapline_fill layout");

/* What a plan order does when its trigger is reached. Since 0.1. */
#define TRAPLINE_PLAN_NONE 0 /* this event says only "the list is complete (and empty)" */
#define TRAPLINE_PLAN_TRIGGER 1
#define TRAPLINE_PLAN_TAKE_PROFIT 2          /* of a part of the position */
#define TRAPLINE_PLAN_STOP_LOSS 3            /* of a part of the position */
#define TRAPLINE_PLAN_POSITION_TAKE_PROFIT 4 /* of the whole position, whatever its size then */
#define TRAPLINE_PLAN_POSITION_STOP_LOSS 5
#define TRAPLINE_PLAN_TRAILING 6
#define TRAPLINE_PLAN_UNKNOWN 7

#define TRAPLINE_PLAN_STATUS_UNKNOWN 0
#define TRAPLINE_PLAN_STATUS_LIVE 1
#define TRAPLINE_PLAN_STATUS_TRIGGERED 2 /* its order is on its way or in the market */
#define TRAPLINE_PLAN_STATUS_FAILED 3
#define TRAPLINE_PLAN_STATUS_CANCELED 4

#define TRAPLINE_TRIGGER_BY_UNKNOWN 0
#define TRAPLINE_TRIGGER_BY_LAST 1
#define TRAPLINE_TRIGGER_BY_MARK 2

/* TRAPLINE_EVENT_PLAN_ORDER: one state of an order that waits at the venue for its trigger. Key: (plan_id, kind), as
 * one order of the venue may hold a take profit and a stop loss. Since 0.1. */
typedef struct trapline_plan_order {
  char plan_id[40];
  char client_order_id[40];
  uint8_t kind;          /* TRAPLINE_PLAN_* */
  uint8_t status;        /* TRAPLINE_PLAN_STATUS_* */
  uint8_t side;          /* TRAPLINE_SIDE_*: direction of the change in position; UNKNOWN = not said */
  uint8_t position_side; /* TRAPLINE_POSITION_*; NONE in one-way mode */
  uint8_t trigger_by;    /* TRAPLINE_TRIGGER_BY_* */
  uint8_t order_type;    /* TRAPLINE_ORDER_TYPE_* of what is sent */
  int8_t price_exp;      /* of trigger_price, price */
  int8_t size_exp;
  int64_t trigger_price; /* 0 = not said */
  int64_t price;         /* limit price of what is sent, 0 for market orders */
  int64_t size;          /* 0 = the whole position */
  int64_t created_ts;    /* UTC ns, 0 = unknown */
} trapline_plan_order;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_plan_order) == 120, "trapline_plan_order layout");

#define TRAPLINE_ACCOUNT_HAS_AVAILABLE 0x01u
#define TRAPLINE_ACCOUNT_HAS_FROZEN 0x02u
#define TRAPLINE_ACCOUNT_HAS_EQUITY 0x04u
#define TRAPLINE_ACCOUNT_HAS_UNREALISED_PNL 0x08u

/* TRAPLINE_EVENT_ACCOUNT: one margin coin of the account. */
typedef struct trapline_account {
  char margin_coin[16];
  int64_t available;
  int64_t frozen;
  int64_t equity;
  int64_t unrealised_pnl;
  uint32_t present; /* TRAPLINE_ACCOUNT_HAS_* */
  int8_t money_exp;
  uint8_t reserved0[3];
} trapline_account;
TRAPLINE_STATIC_ASSERT(sizeof(trapline_account) == 56, "trapline_account layout");

#endif
