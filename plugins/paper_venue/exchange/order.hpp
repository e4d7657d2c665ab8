// Orders, their executions, and plan orders (triggers, take profit, stop loss) of an account.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "../order_book.hpp"

namespace trapline::paper_venue {

enum class position_mode : std::uint8_t { one_way, hedge };

enum class order_status : std::uint8_t { live, partially_filled, filled, canceled };
enum class time_in_force : std::uint8_t { gtc, ioc, fok, post_only };
enum class order_origin : std::uint8_t { client, house, plan, liquidation };
enum class cancel_cause : std::uint8_t {
  none,
  asked,        // by the client
  would_take,   // post_only
  not_filled,   // ioc, fok or market, for want of a counterparty
  replaced,     // a newer reduce-only order took its place, or a modification
  no_position,  // a reduce-only order whose position is gone
  liquidation
};

struct order {
  std::uint64_t id = 0;
  std::string client_id;
  std::size_t symbol = 0;
  side direction = side::buy;  // of the trade
  bool market = false;
  bool reduce_only = false;
  bool closing = false;  // hedge mode: closes the position opposite to `direction`
  position_mode mode = position_mode::one_way;
  time_in_force force = time_in_force::gtc;
  order_origin origin = order_origin::client;
  std::int64_t leverage = 20;
  std::int64_t tick = 0;  // limit price, 0 = market
  std::int64_t lots = 0;
  order_status status = order_status::live;
  cancel_cause cause = cancel_cause::none;
  std::int64_t filled = 0;
  __int128 cost = 0;      // sum of ticks * lots filled
  std::int64_t fees = 0;  // money, positive = paid
  std::int64_t profit = 0;
  std::int64_t take_profit = 0, stop_loss = 0;  // ticks, 0 = none: become plan orders once it is filled
  std::int64_t created = 0, updated = 0;        // UTC ns

  struct last_fill {
    std::int64_t tick = 0, lots = 0, fee = 0, ts = 0;
    std::uint64_t trade_id = 0;
    bool maker = false;
  };
  std::optional<last_fill> last;

  bool open() const { return status == order_status::live || status == order_status::partially_filled; }
  std::int64_t remaining() const { return lots - filled; }
  // The position that the order opens, adds to or closes: buy = long.
  side position_side() const { return closing ? opposite(direction) : direction; }
};

// One fill of one order.
struct execution {
  std::uint64_t trade_id = 0, order_id = 0;
  std::string client_id;
  std::size_t symbol = 0;
  side direction = side::buy;
  position_mode mode = position_mode::one_way;
  bool closing = false, market = false, maker = false;
  order_origin origin = order_origin::client;
  std::int64_t tick = 0, lots = 0;
  std::int64_t fee = 0;     // money, positive = paid
  std::int64_t profit = 0;  // money
  std::int64_t ts = 0;      // UTC ns

  side position_side() const { return closing ? opposite(direction) : direction; }
};

enum class plan_kind : std::uint8_t {
  trigger,      // sends an order of its own
  take_profit,  // closes a part of a position
  stop_loss,
  position_take_profit,  // closes all of it; at most one each for a position
  position_stop_loss
};
enum class plan_status : std::uint8_t { live, executing, executed, failed, canceled };
enum class trigger_price : std::uint8_t { last, mark };

struct plan_order {
  std::uint64_t id = 0;
  std::string client_id;
  std::size_t symbol = 0;
  plan_kind kind = plan_kind::trigger;
  plan_status status = plan_status::live;
  trigger_price by = trigger_price::mark;
  std::int64_t trigger_tick = 0;
  bool rising = true;             // fires at trigger_tick and above, else at it and below
  std::int64_t execute_tick = 0;  // 0 = market
  side direction = side::buy;     // of the order that it sends
  bool closing = false, reduce_only = false;
  position_mode mode = position_mode::one_way;
  std::int64_t lots = 0;                                 // 0 = the whole position
  std::uint64_t order_id = 0;                            // that it sent
  std::int64_t created = 0, updated = 0, triggered = 0;  // UTC ns

  bool closes_position() const { return kind != plan_kind::trigger; }
  bool whole_position() const {
    return kind == plan_kind::position_take_profit || kind == plan_kind::position_stop_loss;
  }
  bool takes_profit() const { return kind == plan_kind::take_profit || kind == plan_kind::position_take_profit; }
};

}  // namespace trapline::paper_venue
