// What differs between the venue's APIs, as data: names on the wire. A further API is a further table.
//
// Facts: Bitget's documentation of v1 (mix), v2 (classic) and v3 (unified account); the v1 names are those of a real
// capture of April 2022. Tables of v2 and v3 hold the names of pushes and of REST answers, where these do not collide.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trapline::mm_ws {

enum class channel_kind : std::uint8_t { trade, book, ticker, candle, position, order, fill, plan, account };

constexpr bool is_private(channel_kind k) { return k >= channel_kind::position; }

enum class field : std::uint8_t {
  none,
  // any
  symbol,
  category,  // the product that a row of an account-wide list is about
  ts,
  price,
  size,
  side,
  id,
  // book
  asks,
  bids,
  seq,
  prev_seq,
  checksum,
  // ticker
  last,
  bid,
  bid_size,
  ask,
  ask_size,
  mark,
  index,
  funding_rate,
  next_funding,
  open_interest,
  high,
  low,
  volume,
  // position
  margin_coin,
  margin,
  margin_mode,
  position_side,
  position_mode,
  available,
  frozen,
  entry_price,
  leverage,
  realised_pnl,
  unrealised_pnl,
  liquidation_price,
  created,
  updated,
  // order
  client_id,
  filled_size,
  last_size,
  last_price,
  last_fee,
  last_trade_id,
  average_price,
  status,
  trade_side,
  order_type,
  reduce_only,
  // fill
  fee,  // of one execution, or list of {coin, fee}
  fee_coin,
  liquidity,
  // plan order
  plan_kind,
  trigger_price,
  trigger_type,
  take_profit,
  take_profit_by,
  take_profit_type,
  take_profit_limit,
  stop_loss,
  stop_loss_by,
  stop_loss_type,
  stop_loss_limit,
  // account
  equity,
  coins,  // list of what else is a row of its own
  // candle
  open,
  close,
  // instrument
  tick,
  tick_step,
  price_places,
  lot,
  count
};

struct field_name {
  std::string_view wire;
  field id;
};

// Keys come in the same order again and again, so the search starts behind the last one found.
class field_finder {
 public:
  explicit field_finder(std::span<const field_name> names) : names_(names) {}
  field find(std::string_view key) noexcept {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const auto& n = names_[next_];
      next_ = next_ + 1 == names_.size() ? 0 : next_ + 1;
      if (n.wire == key) return n.id;
    }
    return field::none;
  }

 private:
  std::span<const field_name> names_;
  std::size_t next_ = 0;
};

using field_names = std::span<const field_name>;

struct dialect {
  std::string_view name;               // "v2"
  std::string_view public_inst_type;   // as sent; acks and pushes may echo it in lower case
  std::string_view private_inst_type;  // empty: no private channels
  std::string_view channel_key;
  std::string_view instrument_key;
  std::string_view account_key;  // instead of instrument_key in the arg of `account`
  // Snapshots of a few levels, each whole in itself: what is left when `books` cannot be trusted.
  std::string_view small_book;
  // Positions come row by row, and a closed one is said to be; otherwise each message is the whole list.
  bool position_rows;
  bool fee_paid_is_positive;
  // In hedge mode `side` of orders, and of fills asked for by REST, is the side of the position, not of the trade.
  bool hedge_side_is_position;
  field_names trade, book, ticker, candle;
  field_names position, order, fill, plan, account;
  field_names rest_order;  // of open orders and order details, where they differ from the pushes
  field_names instrument;
  // Rows of trades that are arrays, position by position. Empty: rows are objects only.
  std::span<const field> trade_columns;
};

// api: "v1", "v2" or "v3".
const dialect& dialect_of(std::string_view api);

// Length of a bar of `candle...` in ns, 0 for an unknown channel name. Calendar months are not offered.
std::int64_t candle_interval(std::string_view channel);

// One subscription: what an `arg` of the wire says.
struct subscription {
  channel_kind kind = channel_kind::trade;
  std::string channel;     // our name: trade, books, ticker, candle1m, positions, orders, fills, plan_orders, account
  std::string wire;        // the venue's
  std::string instrument;  // symbol, or `default`
  std::string interval;    // where the venue's name of candles does not hold it
};

// `channel` by our name. `instrument` of private channels: `default`.
subscription make_subscription(const dialect& d, std::string_view channel, std::string_view instrument);
// Whether the venue's API has that channel.
bool has_channel(const dialect& d, std::string_view channel);

// JSON of one arg.
std::string arg_json(const dialect& d, const subscription& s);

// `{"op":"subscribe","args":[...]}`
std::string request_json(std::string_view op, std::span<const std::string> args);

}  // namespace trapline::mm_ws
