// Rows of private channels, pushed and from REST, in both dialects that have them. Input: `2` or `3` for the dialect,
// `p` for pushed rows or `r` for those of REST, then one frame whose `arg` names the channel and whose `data` are the
// rows.
#include "decode_private.hpp"
#include "frame.hpp"
#include "fuzz.hpp"
#include "trapline/net/websocket.hpp"

namespace trapline::fuzz {

using namespace trapline::mm_ws;

namespace {

template <std::size_t N>
bool is_text(const char (&text)[N]) {
  return std::memchr(text, 0, N) != nullptr;
}

struct rows {
  std::vector<position_row> positions;
  std::vector<order_row> orders;
  std::vector<fill_row> fills;
  std::vector<plan_row> plans;
  std::vector<account_row> accounts;
};

bool decode(const dialect& d, bool rest, const frame_head& head, ondemand::value data, rows& out) {
  for (const char* channel : {"positions", "orders", "fills", "plan_orders", "account"}) {
    const auto s = make_subscription(d, channel, "default");
    if (s.wire != head.channel) continue;
    switch (s.kind) {
      case channel_kind::position:
        return decode_positions(d, data, out.positions);
      case channel_kind::order:
        return decode_orders(d, rest, data, out.orders, rest ? nullptr : &out.fills);
      case channel_kind::fill:
        return decode_fills(d, rest, data, out.fills);
      case channel_kind::plan:
        return decode_plans(d, data, out.plans);
      default:
        return rest ? decode_coins(d, data, out.accounts) : decode_accounts(d, data, out.accounts);
    }
  }
  return false;
}

}  // namespace

void mm_ws_private(std::string_view input) {
  const auto& d = dialect_of(take_char(input) == '3' ? "v3" : "v2");
  const bool rest = take_char(input) == 'r';
  const padded_copy frame(input, net::simdjson_padding);
  frame_reader reader(d);
  rows out;
  bool good = false;
  reader.read(frame.text(),
              [&](const frame_head& h, ondemand::value data) { return good = decode(d, rest, h, data, out); });
  if (!good) return;
  const auto symbol_of = [&](const auto& row) {
    require(!row.symbol.empty() && frame.holds(row.symbol), "a row names its symbol");
    require(row.updated_ts >= 0, "times are not negative");
  };
  for (const auto& r : out.positions) {
    symbol_of(r);
    require(r.payload.size >= 0 && r.payload.margin_mode <= TRAPLINE_MARGIN_ISOLATED && is_text(r.payload.margin_coin),
            "a position is one");
    require(r.payload.size == 0 || r.payload.entry_price > 0, "an open position has an entry price");
  }
  for (const auto& r : out.orders) {
    symbol_of(r);
    require(is_text(r.payload.order_id) && r.payload.order_id[0] != 0 && is_text(r.payload.client_order_id),
            "an order has ids");
  }
  for (const auto& r : out.fills) {
    symbol_of(r);
    require(is_text(r.payload.trade_id) && r.payload.trade_id[0] != 0 && is_text(r.payload.order_id) &&
                r.payload.order_id[0] != 0,
            "a fill has ids");
    require(r.payload.price > 0 && r.payload.size > 0, "a fill has price and size");
  }
  for (const auto& r : out.plans)
    require(frame.holds(r.symbol) && is_text(r.payload.plan_id) && is_text(r.payload.client_order_id),
            "a plan order has texts");
  for (const auto& r : out.accounts)
    require(is_text(r.payload.margin_coin) && r.payload.margin_coin[0] != 0, "an account has a coin");
}

}  // namespace trapline::fuzz
