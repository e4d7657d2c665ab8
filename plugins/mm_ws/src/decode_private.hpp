// From the rows of private channels and of REST answers to payloads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dialect.hpp"
#include "json_scalar.hpp"
#include "trapline/abi/account.h"

namespace trapline::mm_ws {

template <class Payload>
struct private_row {
  std::string_view symbol;      // into the frame; empty for accounts
  std::int64_t updated_ts = 0;  // ns, 0 = not said; of fills, when it happened
  bool inexact = false;         // decimals beyond what fits were cut off
  bool ended = false;           // positions: the venue says that it is closed
  Payload payload{};
};
using position_row = private_row<trapline_position>;
using order_row = private_row<trapline_order>;
using fill_row = private_row<trapline_fill>;
using plan_row = private_row<trapline_plan_order>;
using account_row = private_row<trapline_account>;

// All append, and answer whether the data was well formed. A row that lacks what makes it usable (symbol, side, size of
// a position, and the entry price unless that size is 0; id, symbol of an order; ids, symbol, price, size of a fill;
// coin of an account) is malformed, and with it the list. `null` is an empty list. It is none of positions: only `[]`
// says flat.
//
// v3's private lists are the whole account's: orders, fills and plan orders of spot, margin or another kind of futures
// are left out, and counted in `others`.
bool decode_positions(const dialect& d, ondemand::value data, std::vector<position_row>& out);
// `data` may also be one row. `fills`, if not null: the executions that pushed rows tell of (v2 only).
bool decode_orders(const dialect& d, bool from_rest, ondemand::value data, std::vector<order_row>& out,
                   std::vector<fill_row>* fills, std::size_t* others = nullptr);
bool decode_fills(const dialect& d, bool from_rest, ondemand::value data, std::vector<fill_row>& out,
                  std::size_t* others = nullptr);
// A row of the venue that holds a take profit and a stop loss becomes two.
bool decode_plans(const dialect& d, ondemand::value data, std::vector<plan_row>& out, std::size_t* others = nullptr);
// Of a push; of REST, where the rows are the coins themselves.
bool decode_accounts(const dialect& d, ondemand::value data, std::vector<account_row>& out);
bool decode_coins(const dialect& d, ondemand::value data, std::vector<account_row>& out);

// Direction of the change in position. In hedge mode v2's own `side` is the side of the position, not of the trade, so
// it is taken from posSide and tradeSide: (long, open) and (short, close) buy, the others sell. tradeSide may carry
// prefixes
// (`burst_close_long`, `dte_sys_adl_close_short`). UNKNOWN rather than a guess.
std::uint8_t order_direction(std::string_view side, std::string_view position_side, std::string_view trade_side,
                             bool hedge);

}  // namespace trapline::mm_ws
