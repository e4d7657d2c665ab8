// What several documents have in common. Not for users of the documents.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "documents.hpp"
#include "json_writer.hpp"

namespace trapline::redis_bridge {

// After an orderly stop the documents outlive their writer: the mark tells them from present ones.
inline void say_if_stopped(json_writer& w, const document_context& c) {
  if (c.stopped) w.key("stopped").boolean(true);
}

inline constexpr double unknown_number = std::numeric_limits<double>::quiet_NaN();  // null in JSON

inline void number_or_null(json_writer& w, std::string_view key, std::optional<sdk::decimal> v) {
  w.key(key);
  v ? w.decimal(v->mantissa, v->exp) : w.null();
}

std::string_view state_word(const document_context& c, list_state s);

struct price_view {
  sdk::decimal value;
  std::int64_t received;  // UTC ns
};

// The newer mark of public ticker and position, else the last trade. Nothing if all of them are too old.
std::optional<price_view> price_of(const document_context& c, const position_view& x);
// Its value alone.
std::optional<sdk::decimal> mark_of(const document_context& c, const position_view& x);

// "BTCUSDT" as ccxt writes it, "BTC/USDT:USDT": what the existing readers hand on to it.
std::string unified_symbol(std::string_view symbol);
// Linear contracts: (mark - entry) * size * sign, in margin coin. Exact.
std::optional<sdk::decimal> pnl_of(const position_view& x, sdk::decimal mark);
// The margin that the percentage refers to: the venue's, else entry value / leverage. 0 = unknown.
double margin_of(const position_view& x);
// The venue's, else symbol and side.
std::string position_id(const document_context& c, const position_view& x);

// What closes a position at a price: an open order, or a plan order that waits for it. Fractions.
struct target {
  std::string_view kind;  // `limit`, else the kind of the plan order
  std::string_view id;
  std::uint8_t side;  // TRAPLINE_POSITION_*: of the position
  sdk::decimal price;
  std::optional<sdk::decimal> size;  // nothing: the whole position
  double percent;                    // of entry to price, positive = gain
  double distance;                   // of the present price to it; NaN: no price
  double completion;                 // how much of the way is done; NaN: no price, or no gain
};
// With a gain: open orders, and take profits. Nearest to the entry first.
std::vector<target> targets_of(const document_context& c, const position_view& x);
// Stop losses, the one that is reached first in front.
std::vector<target> stops_of(const document_context& c, const position_view& x);

inline double entry_of(const position_view& x) { return sdk::to_double(x.p.entry_price, x.p.price_exp); }

}  // namespace trapline::redis_bridge
