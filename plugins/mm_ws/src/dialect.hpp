// What differs between the venue's APIs, as data: names on the wire. A further API is a further table.
//
// Facts: Bitget's documentation of the v1 (mix), v2 (classic) and their channels; the v1 names are those of a real
// capture of April 2022.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trapline::mm_ws {

enum class channel_kind : std::uint8_t { trade, book, ticker, candle, position, order, account };

constexpr bool is_private(channel_kind k) { return k >= channel_kind::position; }

enum class field : std::uint8_t {
  none,
  // any
  symbol,
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
  // account
  equity
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

struct dialect {
  std::string_view name;               // "v2"
  std::string_view public_inst_type;   // as sent; acks and pushes may echo it in lower case
  std::string_view private_inst_type;  // empty: no private channels
  std::string_view channel_key;
  std::string_view instrument_key;
  std::string_view account_key;  // instead of instrument_key in the arg of `account`
  std::span<const field_name> trade, book, ticker, position, order, account;
  // Rows of trades that are arrays, position by position. Empty: rows are objects only.
  std::span<const field> trade_columns;
};

// api: "v1" or "v2".
const dialect& dialect_of(std::string_view api);

// Length of a bar of `candle...` in ns, 0 for an unknown channel name. Calendar months are not offered.
std::int64_t candle_interval(std::string_view channel);

// One subscription: what an `arg` of the wire says.
struct subscription {
  channel_kind kind = channel_kind::trade;
  std::string channel;     // wire name
  std::string instrument;  // symbol, or `default`
};

// JSON of one arg.
std::string arg_json(const dialect& d, const subscription& s);

// `{"op":"subscribe","args":[...]}`
std::string request_json(std::string_view op, std::span<const std::string> args);

}  // namespace trapline::mm_ws
